"""The domain types, which all other modules use: posts, users, predictions, hits, selections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import combinations

import numpy as np


class Modality(StrEnum):
    """The modalities of a post."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"


class Kind(StrEnum):
    """The kinds of items that have vectors and can be searched."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    POST = "post"
    USER = "user"
    WORD = "word"


# Plutchik's eight, in the order of his wheel.
EMOTIONS = ("joy", "trust", "fear", "surprise", "sadness", "disgust", "anger", "anticipation")
EMOTIONS_AND_NEUTRAL = (*EMOTIONS, "neutral")
EMOTIONS_AND_POSITIVE = (*EMOTIONS, "positive")  # the numbers of a prediction that are compared

SENTIMENTS = ("negative", "neutral", "positive")


class KindredError(Exception):
    """An error with a message for the user.

    Parameters
    ----------
    code : str
        Stable and machine-readable: ``"too_large"``, ``"not_an_image"``, ...
    message : str
        What is wrong, any limit, and what to do.
    retry_after : int, optional
        Seconds after which the same request may succeed.
    """

    def __init__(self, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Picture:
    """A decoded image, GIF or video: one or more frames.

    Attributes
    ----------
    frames : tuple of numpy.ndarray
        Each ``(height, width, 3)`` uint8, RGB, upright, no alpha.
    """

    frames: tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Sound:
    """A decoded sound, mixed to mono and cut to the limit.

    Attributes
    ----------
    samples : numpy.ndarray
        ``(n,)`` float32 in [-1, 1].
    rate : int
        Samples a second.
    start, duration : float
        Where the excerpt begins in the original, and the length of the original, in seconds.
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
    """The decoded content of a post: any non-empty subset of the modalities.

    Attributes
    ----------
    text, image, audio
        The modalities; None where there is none.
    language : str or None
        ISO 639-1 code of the post, where it is known: a hint for who listens to the sound.
    """

    text: str | None = None
    image: Picture | None = None
    audio: Sound | None = None
    language: str | None = None

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The present modalities, in the order text, image, audio."""
        return tuple(m for m in Modality if getattr(self, m.value) is not None)

    @property
    def nbytes(self) -> int:
        """Bytes of the decoded image and sound."""
        frames = self.image.frames if self.image else ()
        return sum(f.nbytes for f in frames) + (self.audio.samples.nbytes if self.audio else 0)

    def only(self, subset: tuple[Modality, ...]) -> Content:
        """Return the content without modalities outside `subset`."""
        kept = {m.value: getattr(self, m.value) for m in subset}
        return Content(**kept, language=self.language)


@dataclass(frozen=True, slots=True)
class Post:
    """A post as stored in a corpus.

    `image` and `audio` are paths relative to the media folder of the corpus.
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
        """The present modalities, in the order text, image, audio."""
        return tuple(m for m in Modality if getattr(self, m.value))


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction of a user to a post.

    Attributes
    ----------
    user, post : str
        Ids, which need not be in the corpus; of a mention, the name of who is mentioned.
    kind : str
        ``like``, ``share``, ``reply``, ``quote`` or ``mention``.
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
        ``negative``, ``neutral`` or ``positive``.
    band : tuple of float, optional
        Between which `positive` this post would be neutral. Not stored with a corpus.
    """

    positive: float
    label: str
    band: tuple[float, float] | None = field(default=None, compare=False)


MIN_EMOTION = 0.2  # probability that the strongest emotion needs to be predicted
WRITTEN = 1_000_000  # a probability is written, and compared, in steps of one of so many parts


def steps_of(probability: float) -> float:
    """Return a probability in steps of one of `WRITTEN` parts; NaN, which is unknown, stays."""
    return round(float(probability) * WRITTEN, 0)


def strongest_emotion(emotion: Mapping[str, float], neutral: float) -> str:
    """Return the most probable emotion, or ``neutral`` if it or `MIN_EMOTION` is written higher."""
    steps = {name: steps_of(emotion[name]) for name in EMOTIONS}
    best = max(EMOTIONS, key=steps.__getitem__)
    return best if steps[best] >= max(steps_of(neutral), steps_of(MIN_EMOTION)) else "neutral"


@dataclass(frozen=True, slots=True)
class Affect:
    """Emotion and sentiment predicted from one subset of a post's modalities.

    Attributes
    ----------
    emotion : mapping of str to float
        Probability of each of `EMOTIONS`; a post can carry several, so they
        need not sum to one.
    neutral : float
        Probability that the post carries no emotion.
    sentiment : Sentiment
    confidence : float
        Calibrated probability that the sentiment label is correct.
    """

    emotion: Mapping[str, float]
    neutral: float
    sentiment: Sentiment
    confidence: float

    @property
    def top(self) -> str:
        """What `strongest_emotion` says of it."""
        return strongest_emotion(self.emotion, self.neutral)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The affect of a post from every subset of the modalities it has.

    Attributes
    ----------
    modalities : tuple of Modality
    subsets : mapping of str to Affect
        By `subset_name`; the entry with all modalities is the prediction.
    bundle : str
        Name of the bundle.
    """

    modalities: tuple[Modality, ...]
    subsets: Mapping[str, Affect]
    bundle: str

    @property
    def affect(self) -> Affect:
        """The prediction from all modalities of the post."""
        return self.subsets[subset_name(self.modalities)]


STANDS_OUT = 0.3  # weight from which a piece is named: it moves 50 % to 57 %, and 90 % to 92 %


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one modality and its contribution to the prediction.

    Attributes
    ----------
    where : tuple of float
        Text: first and last+1 character. Image: left, top, right, bottom as fractions of the
        width and height. Audio: first and last second of the excerpt.
    weight : float
        How much the log-odds of what is explained drop without it; negative where it lowers them.
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
    probability : float
        Of the target.
    spans, words : mapping of Modality to tuple of Span
        `words`: positions in the text that was read in the image or the sound.
    looks_like, sounds_like : tuple of (str, float)
        Concepts recognised in image or sound with their weights, strongest first.
    """

    target: str
    probability: float
    spans: Mapping[Modality, tuple[Span, ...]]
    looks_like: tuple[tuple[str, float], ...] = ()
    sounds_like: tuple[tuple[str, float], ...] = ()
    words: Mapping[Modality, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search, ranked within its kind.

    Attributes
    ----------
    id : str
        Post id for text, image, audio and post; user id; or the word.
    score : float
        How likely it is relevant; of neighbours in one space, the cosine.
    rank, percentile
        From 1; percentage of the candidates of its kind with a lower score.
    relevance, parts, matched, alike
        strong, weak or hardly; what brought it; its words of the query; ids of other posts that
        are nearly the same. Empty for neighbours.
    """

    id: str
    kind: Kind
    rank: int
    score: float
    percentile: float
    relevance: str = ""
    parts: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of posts or users, listed by id.

    Attributes
    ----------
    kind : Kind
        `Kind.POST` or `Kind.USER`.
    ids : tuple of str
        Without duplicates.
    origin : str
        How it was made, for display: ``lasso on the map of users``.
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
    """Return the name of a subset of modalities: alphabetical, joined by ``+``.

    Examples
    --------
    >>> subset_name((Modality.TEXT, Modality.IMAGE))
    'image+text'
    """
    return "+".join(sorted(m.value for m in modalities))


def subsets(modalities: tuple[Modality, ...]) -> list[tuple[Modality, ...]]:
    """Return every non-empty subset, smallest first.

    Examples
    --------
    >>> [subset_name(s) for s in subsets((Modality.TEXT, Modality.AUDIO))]
    ['text', 'audio', 'audio+text']
    """
    return [s for size in range(len(modalities)) for s in combinations(modalities, size + 1)]
