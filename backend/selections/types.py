"""The types of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain import Selection


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One line of a legend, such as ``47 / 412``.

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
    """A mean inside and outside a selection, each with its 95 % interval.

    Attributes
    ----------
    name : str
        An emotion, or ``positive``.
    mean, low, high : float
        Of the selection; NaN when it has no predictions. The interval of a single
        post or user is 0 to 1.
    rest, rest_low, rest_high : float
        Of the rest or the other selection.
    p : float
        Of Welch's test, adjusted over the contrasts of a profile (Benjamini &
        Hochberg 1995).
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
    """A word or tag that a selection has more often than the rest.

    Attributes
    ----------
    term : str
    count, rest_count : int
        Number of posts (or users, in a selection of users) that have it.
    share, rest_share : float
        The same, as shares of all posts or users.
    odds : float
        Odds ratio, with one half added to each of the four counts.
    p : float
        Of a one-sided exact test (hypergeometric), adjusted over all tested words or all
        tested tags (Benjamini & Hochberg 1995).
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
    """What sets a selection apart from the rest of its corpus.

    Attributes
    ----------
    selection : Selection
    count, total : int
        Number of posts or users in the selection and in the corpus.
    missing : int
        Number of ids that the corpus does not have (any more); ignored otherwise.
    posts : int
        Number of posts in the selection, or by its users.
    against : str
        What it is compared with: ``the rest of commons``, or another selection.
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
        Over-represented, with an adjusted p below .05, strongest first.
    tested : int
        Number of tested words and tags.
    images : tuple of str
        Ids of posts with an image that are most similar to the selection and least
        similar to the rest, without duplicates.
    sounds : tuple of str
        The same for posts with a sound.
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
    """Two selections, each compared with the other.

    Attributes
    ----------
    one, two : Profile
        Of the ids that are in only one of them.
    common : int
        Number of ids in both.
    similarity : float
        Cosine of their mean joint vectors, centred by the mean of the corpus, -1 to 1.
    """

    one: Profile
    two: Profile
    common: int
    similarity: float
