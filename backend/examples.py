"""Posts to try for those who bring nothing: our sentences with media of the shipped corpus."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A post to try.

    Attributes
    ----------
    title : str
    text : str or None
    image, audio : str or None
        Ids of shipped posts whose image or sound is taken.
    image_key, audio_key : str or None
        Their keys among the uploads, once kept there.
    """

    title: str
    text: str | None = None
    image: str | None = None
    audio: str | None = None
    image_key: str | None = None
    audio_key: str | None = None


EXAMPLES: tuple[Example, ...] = ()
