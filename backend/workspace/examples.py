"""Example posts to analyse: our own sentences with media of the shipped corpus."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """An example post.

    Attributes
    ----------
    title : str
    text : str or None
    image, audio : str or None
        Ids of the shipped posts with its image and sound.
    clip : str or None
        Id of the shipped post whose video gives both.
    image_key, audio_key : str or None
        Their keys among the uploads, once added.
    """

    title: str
    text: str | None = None
    image: str | None = None
    audio: str | None = None
    clip: str | None = None
    image_key: str | None = None
    audio_key: str | None = None


EXAMPLES: tuple[Example, ...] = (
    Example(
        "Everything together",
        text="Third night of thunder, the power is out and something keeps moving in the attic.",
        image="tux-0066",
        audio="wes-into-the-shadows-1",
    ),
    Example("A meme", image="kin-meme-monday"),
    Example("A voice note", audio="kin-voice-house"),
    Example("A clip", image="kin-clip-puppy", clip="kin-clip-puppy"),
    Example(
        "Good news",
        text="We got the keys! First night in our own place and the cake survived the move.",
        image="oca-002790",
        audio="wes-heroes-rite-1",
    ),
    Example(
        "Meant or mocked?",
        text="Wonderful. Exactly what my Monday was missing.",
        image="tux-0862",
    ),
    Example(
        "In Spanish",
        text="Abrí la nevera y el arroz tenía pelo verde. Y alguien ya se había servido.",
    ),
    Example("Only a photo", image="tux-0121"),
    Example("Only a sound", audio="wes-frantic-1"),
)
