"""The domain: what a post, a user, a prediction and a hit are.

Nothing in here reads a file, imports a model or knows a store. Every other
module speaks in these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import combinations

import numpy as np


class Modality(StrEnum):
    """What a post can be made of."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"


class Kind(StrEnum):
    """What a search can ask for and a vector can stand for."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    POST = "post"
    USER = "user"
    WORD = "word"


# Plutchik's eight, in the order of his wheel.
EMOTIONS = (
    "joy",
    "trust",
    "fear",
    "surprise",
    "sadness",
    "disgust",
    "anger",
    "anticipation",
)

SENTIMENTS = ("negative", "neutral", "positive")


class KindredError(Exception):
    """A failure with a sentence that can be shown to the person who caused it.

    Parameters
    ----------
    code : str
        Stable, machine-readable: ``"too_large"``, ``"not_an_image"``, ...
    message : str
        One clear sentence, naming the limit and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded image, GIF or video: one or more frames.

    Attributes
    ----------
    frames : tuple of numpy.ndarray
        Each ``(height, width, 3)`` uint8, RGB, upright, no alpha.
    """

    frames: tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A decoded sound, mixed to mono and cut to the limit.

    Attributes
    ----------
    samples : numpy.ndarray
        ``(n,)`` float32 in [-1, 1].
    rate : int
        Samples a second.
    start : float
        Where in the original the excerpt begins, in seconds.
    duration : float
        Length of the original in seconds.
    """

    samples: np.ndarray
    rate: int
    start: float = 0.0
    duration: float = 0.0

    @property
    def seconds(self) -> float:
        """Length of the excerpt in seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a post says, decoded: any non-empty subset of the modalities."""

    text: str | None = None
    image: Picture | None = None
    audio: Sound | None = None

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities that are there, in the order text, image, audio."""
        return tuple(m for m in Modality if getattr(self, m.value) is not None)

    @property
    def nbytes(self) -> int:
        """Bytes that the decoded image and sound take."""
        frames = self.image.frames if self.image else ()
        return sum(f.nbytes for f in frames) + (self.audio.samples.nbytes if self.audio else 0)

    def only(self, subset: tuple[Modality, ...]) -> Content:
        """The same content with every modality outside `subset` removed."""
        return Content(**{m.value: getattr(self, m.value) for m in subset})


@dataclass(frozen=True, slots=True)
class Post:
    """One published item as a corpus keeps it.

    Media are named, not held: paths relative to the corpus's media folder.
    """

    id: str
    text: str | None = None
    image: str | None = None
    audio: str | None = None
    user: str | None = None
    time: datetime | None = None
    language: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    licence: str | None = None
    source: str | None = None
    url: str | None = None

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities that are there, in the order text, image, audio."""
        return tuple(m for m in Modality if getattr(self, m.value))


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a user did with a post.

    Attributes
    ----------
    user, post : str
        Ids; neither need be in the corpus.
    kind : str
        ``like``, ``share`` or ``reply``.
    """

    user: str
    post: str
    kind: str


@dataclass(frozen=True, slots=True)
class User:
    """An author of posts."""

    id: str
    name: str
    posts: int = 0
    source: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentiment:
    """How positive a post is.

    Attributes
    ----------
    positive : float
        Calibrated probability that the post is positive rather than negative.
    label : str
        ``negative``, ``neutral`` (inside the band around one half) or
        ``positive``.
    """

    positive: float
    label: str


# An emotion less likely than this is no answer, even when it is the strongest.
FAINT = 0.2


@dataclass(frozen=True, slots=True)
class Affect:
    """What one subset of a post's modalities says about emotion and sentiment.

    Attributes
    ----------
    emotion : mapping of str to float
        A probability for each of `EMOTIONS`; a post can carry several, so
        they need not sum to one.
    neutral : float
        Probability that the post carries no emotion that the evidence shows.
    sentiment : Sentiment
    confidence : float
        Calibrated probability that the sentiment label is right.
    """

    emotion: Mapping[str, float]
    neutral: float
    sentiment: Sentiment
    confidence: float

    @property
    def top(self) -> str:
        """The strongest emotion, or ``neutral`` when none reaches it or `FAINT`."""
        best = max(EMOTIONS, key=lambda e: self.emotion[e])
        return best if self.emotion[best] >= max(self.neutral, FAINT) else "neutral"


def strongest(probabilities: np.ndarray) -> np.ndarray:
    """As `Affect.top` for many: ``(n, 9)``, `EMOTIONS` then neutral, to ``(n,)`` indices."""
    best = probabilities[:, :-1].argmax(axis=1)
    reached = probabilities[np.arange(len(best)), best]
    clear = reached >= np.maximum(probabilities[:, -1], np.float32(FAINT))
    return np.where(clear, best, len(EMOTIONS))


@dataclass(frozen=True, slots=True)
class Prediction:
    """The affect of a post from every subset of the modalities it has.

    Attributes
    ----------
    modalities : tuple of Modality
    subsets : mapping of str to Affect
        Keyed by `subset_name`; the entry with all modalities is the
        prediction.
    bundle : str
        Name of the bundle that made it.
    """

    modalities: tuple[Modality, ...]
    subsets: Mapping[str, Affect]
    bundle: str

    @property
    def affect(self) -> Affect:
        """The prediction from everything that is there."""
        return self.subsets[subset_name(self.modalities)]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one modality with what it adds to the prediction.

    Attributes
    ----------
    where : tuple of float
        Text: first and last+1 character. Image: left, top, right, bottom as
        shares of the width and height. Audio: first and last second of the
        excerpt.
    weight : float
        How much the explained probability drops without the piece, in
        [-1, 1]; negative where the piece speaks against it.
    label : str
        The word itself, or what the region or second looks or sounds like.
    """

    where: tuple[float, ...]
    weight: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a post got its prediction.

    Attributes
    ----------
    target : str
        The emotion or sentiment label that is explained.
    spans : mapping of Modality to tuple of Span
    looks_like, sounds_like : tuple of (str, float)
        The concepts that stand between the image or sound and its emotion,
        strongest first, each with its share.
    """

    target: str
    spans: Mapping[Modality, tuple[Span, ...]]
    looks_like: tuple[tuple[str, float], ...] = ()
    sounds_like: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search, ranked within its kind.

    Attributes
    ----------
    id : str
        Post id for text, image, audio and post; user id; or the word.
    kind : Kind
    rank : int
        From 1.
    score : float
        Cosine with the query, comparable within one kind only.
    percentile : float
        Share of the candidates of that kind that score lower, 0 to 100.
    """

    id: str
    kind: Kind
    rank: int
    score: float
    percentile: float


@dataclass(frozen=True, slots=True)
class Selection:
    """An explicit set of posts or users.

    Attributes
    ----------
    kind : Kind
        `Kind.POST` or `Kind.USER`.
    ids : tuple of str
        Each once.
    origin : str
        What made it, for a reader: ``lasso on the map of users``.
    corpus : str
        Name of the corpus that the ids belong to.
    name : str
        Empty until it is saved.
    """

    kind: Kind
    ids: tuple[str, ...]
    origin: str
    corpus: str
    name: str = ""

    def __post_init__(self) -> None:
        if self.kind not in (Kind.POST, Kind.USER):
            raise KindredError("selection", f"A selection holds posts or users, not {self.kind}s.")
        object.__setattr__(self, "ids", tuple(dict.fromkeys(self.ids)))

    def __len__(self) -> int:
        return len(self.ids)


def subset_name(modalities: tuple[Modality, ...]) -> str:
    """Name a subset of modalities: alphabetical, joined by ``+``.

    Examples
    --------
    >>> subset_name((Modality.TEXT, Modality.IMAGE))
    'image+text'
    """
    return "+".join(sorted(m.value for m in modalities))


def subsets(modalities: tuple[Modality, ...]) -> list[tuple[Modality, ...]]:
    """Every non-empty subset, smallest first.

    Examples
    --------
    >>> [subset_name(s) for s in subsets((Modality.TEXT, Modality.AUDIO))]
    ['text', 'audio', 'audio+text']
    """
    return [
        subset
        for size in range(1, len(modalities) + 1)
        for subset in combinations(modalities, size)
    ]
