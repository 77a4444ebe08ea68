"""What is told of a selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain import Selection


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One line of a legend: so many of so many, ``47 / 412``.

    Attributes
    ----------
    name : str
    count : int
        In the selection.
    total : int
        In the whole corpus, the selection included.
    """

    name: str
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Contrast:
    """A mean inside and outside, each with its 95 % interval.

    Attributes
    ----------
    name : str
        An emotion, or ``positive``.
    mean, low, high : float
        Of the selection; NaN when nothing in it has a prediction. A selection
        of one has an interval from 0 to 1.
    rest, rest_low, rest_high : float
        Of what it is held against.
    p : float
        That both are the same by chance (Welch's test), corrected over the
        contrasts of a profile (Benjamini & Hochberg 1995).
    """

    name: str
    mean: float
    low: float
    high: float
    rest: float
    rest_low: float
    rest_high: float
    p: float


@dataclass(frozen=True, slots=True)
class OverRepresented:
    """A word or a tag that a selection has more often than the rest.

    Attributes
    ----------
    term : str
    count, rest_count : int
        Posts (or users, in a selection of users) that have it.
    share, rest_share : float
        The same as shares.
    odds : float
        Odds ratio, with one half added to each of the four counts.
    p : float
        One-sided exact test (hypergeometric), corrected over all words, or all tags, that
        were tested (Benjamini & Hochberg 1995).
    """

    term: str
    count: int
    rest_count: int
    share: float
    rest_share: float
    odds: float
    p: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What a selection has in common, against the rest of its corpus.

    Attributes
    ----------
    selection : Selection
    count, total : int
        Posts or users in it, and of the corpus.
    missing : int
        Ids that the corpus does not have (any more); they are in no figure.
    posts : int
        Posts in it, or by the users in it.
    against : str
        What it is held against: ``the rest of commons``, or another
        selection.
    legends : mapping of str to tuple of LegendLine
        ``modality``, ``language``, ``source``, ``emotion``, ``sentiment``
        and, where there is a map, ``cluster``; every value of the corpus,
        most frequent in the selection first. A post counts for each of its
        modalities.
    emotions : tuple of Contrast
        Each of the eight, in Plutchik's order.
    sentiment : Contrast
        The probability of being positive.
    words, tags : tuple of OverRepresented
        Over-represented ones with a corrected p below .05, strongest first.
    tested : int
        Words and tags that were tested.
    images : tuple of str
        Ids of posts with an image that are most like the selection and least
        like the rest, each thing once.
    sounds : tuple of str
        The same of posts with a sound.
    """

    selection: Selection
    count: int
    total: int
    missing: int
    posts: int
    against: str
    legends: Mapping[str, tuple[LegendLine, ...]]
    emotions: tuple[Contrast, ...]
    sentiment: Contrast
    words: tuple[OverRepresented, ...]
    tags: tuple[OverRepresented, ...]
    tested: int
    images: tuple[str, ...]
    sounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two selections, each held against the other.

    Attributes
    ----------
    one, two : Profile
        Of what only one of them has; what both have is left out of both.
    common : int
        Ids in both.
    similarity : float
        Cosine of their mean joint vectors around the mean of the corpus, -1 to 1.
    """

    one: Profile
    two: Profile
    common: int
    similarity: float
