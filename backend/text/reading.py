"""What is written in an image or said in a sound."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain import Modality
from backend.text.normalise import in_small_letters

# Below this confidence a reading is shown as uncertain.
MIN_READING = 0.5
FULL_PAGE = 0.15  # share of a picture from which text is all that there is
_WIDTHS = {**dict.fromkeys("iIjl.,:;'|!", 0.5), **dict.fromkeys("frt()- ", 0.7)}
_WIDTHS |= dict.fromkeys("mwMW@", 1.5)  # of letters, those not named being 1


@dataclass(frozen=True, slots=True)
class Passage:
    """A line of text in a picture, or what is said in some seconds of a sound.

    Attributes
    ----------
    text : str
    where : tuple of float
        Image: left, top, right, bottom as fractions of the width and height.
        Audio: first and last second of the excerpt.
    confidence : float
        Probability, as the network sees it, that the text is right.
    frame : int
        Image: number of the frame, from 0.
    """

    text: str
    where: tuple[float, ...]
    confidence: float
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What is written in an image, or said in a sound.

    Attributes
    ----------
    text : str
        Empty when there is nothing, or nothing that can be read.
    passages : tuple of Passage
        In the order of reading.
    confidence : float
        How far the text can be trusted, 0 to 1; it weighs the text as evidence.
    share : float
        Share of the picture that is covered with text, or of the sound in which somebody
        speaks, 0 to 1.
    language : str or None
        ISO 639-1 code, where it was detected.
    note : str
        One sentence for the user about what could not be read; empty otherwise.
    """

    text: str = ""
    passages: tuple[Passage, ...] = ()
    confidence: float = 0.0
    share: float = 0.0
    language: str | None = None
    note: str = ""

    @property
    def as_typed(self) -> str:
        """The text for the text encoder, which understands sentences in capitals badly."""
        return "\n".join(map(in_small_letters, self.text.split("\n")))

    @property
    def uncertain(self) -> bool:
        """Whether the text is more a guess than a reading."""
        return bool(self.text) and self.confidence < MIN_READING


def part_of_words(reading: Reading, modality: Modality) -> float:
    """Return how much of an image or a sound its words are, 0 to 1.

    Examples
    --------
    >>> part_of_words(Reading("Hello", share=0.03), Modality.IMAGE)
    0.2
    >>> part_of_words(Reading(share=0.9), Modality.AUDIO)
    0.9
    """
    if modality is Modality.AUDIO:
        return reading.share
    return min(1.0, reading.share / FULL_PAGE) if reading.text else 0.0


def places(reading: Reading) -> list[tuple[int, int]]:
    """Return where each passage starts and ends in the text, in characters.

    Examples
    --------
    >>> lines = (Passage("Good", (0, 0, 1, 1), 1.0), Passage("dog", (0, 0, 1, 1), 1.0))
    >>> places(Reading("Good dog", lines))
    [(0, 4), (5, 8)]
    """
    found, end = [], 0
    for passage in reading.passages:
        start = max(reading.text.find(passage.text, end), end)
        end = start + len(passage.text)
        found.append((start, end))
    return found


def part_of_box(passage: Passage, start: int, end: int) -> tuple[float, ...]:
    """Return the box of some characters of a line in a picture, by the usual widths of letters.

    Examples
    --------
    >>> part_of_box(Passage("so sad", (0.0, 0.0, 0.57, 0.1), 1.0), 3, 6)
    (0.27, 0.0, 0.57, 0.1)
    """
    left, top, right, bottom = passage.where
    widths = [_WIDTHS.get(letter, 1.0) for letter in passage.text]
    scale = (right - left) / max(sum(widths), 1.0)
    first = left + scale * sum(widths[:start])
    return round(first, 4), top, round(first + scale * sum(widths[start:end]), 4), bottom
