"""The schemas of requests and answers, from which the OpenAPI document is generated."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from backend.domain import Kind, Modality
from backend.search import Filter

POSTS = 64  # in one request; for more, use the command line
HITS = 1000
TERMS = 32
VALUES = 100  # of one condition of a filter

Id = Annotated[str, Field(min_length=1, max_length=256)]
Media = Annotated[str, Field(description="The file: base64, or a data URL.", max_length=70 * 2**20)]
# With a limit, lone surrogates are refused too: they cannot be stored or sent.
Name = Annotated[str, Field(max_length=64)]
Value = Annotated[str, Field(max_length=256)]
Values = Annotated[list[Value], Field(max_length=VALUES)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PostIn(_Strict):
    """A post to analyse or embed: any non-empty subset of text, image and audio."""

    id: Id
    text: str | None = None
    image: Media | None = None
    audio: Media | None = None


class PostsIn(_Strict):
    """Several posts. A post that cannot be read gets an error in its place."""

    posts: Annotated[list[PostIn], Field(min_length=1, max_length=POSTS)]


class ErrorOut(BaseModel):
    """Why a request or a post was refused."""

    code: str
    message: str


class ErrorBody(BaseModel):
    """The body of every error response."""

    error: ErrorOut


class SentimentOut(BaseModel):
    """How positive a post is."""

    positive: float
    label: str


class AffectOut(BaseModel):
    """The prediction from one subset of a post's modalities."""

    emotion: dict[str, float]
    neutral: float
    sentiment: SentimentOut
    confidence: float


class PassageOut(BaseModel):
    """A line of text in an image, or what is said in some seconds of a sound."""

    text: str
    where: list[float]
    confidence: float
    frame: int


class ReadingOut(BaseModel):
    """What is written in the image or said in the sound of a post."""

    text: str
    language: str | None
    confidence: float
    share: float
    note: str
    passages: list[PassageOut]


class PredictionOut(BaseModel):
    """A prediction, as the command line writes it, or an error."""

    id: str
    modalities: list[Modality] | None = None
    read: dict[Modality, ReadingOut] | None = None
    emotion: dict[str, float] | None = None
    neutral: float | None = None
    sentiment: SentimentOut | None = None
    confidence: float | None = None
    subsets: dict[str, AffectOut] | None = None
    bundle: str | None = None
    error: ErrorOut | None = None


class VectorOut(BaseModel):
    """A unit vector of a post or of one of its modalities."""

    id: str
    kind: Kind | None = None
    vector: list[float] | None = None
    error: ErrorOut | None = None


class TermIn(_Strict):
    """One signed, weighted part of a query."""

    kind: Kind
    value: str = Field(
        min_length=1,
        max_length=70 * 2**20,
        description="A text, a word, an id, a user's name; for image and audio the file in base64.",
    )
    weight: float = Field(1.0, ge=-100, le=100, allow_inf_nan=False)


class FilterIn(_Strict):
    """Conditions on posts; only posts that meet all of them are hits."""

    users: Values = []
    since: datetime | None = None
    until: datetime | None = None
    languages: Values = []
    emotions: Values = []
    min_probability: float | None = Field(default=None, ge=0, le=1)
    sentiments: Values = []
    sources: Values = []
    modalities: Annotated[list[Modality], Field(max_length=len(Modality))] = []
    tags: Values = []
    numbers: Annotated[list[Value], Field(max_length=TERMS)] = []  # such as likes>100
    words: Annotated[list[Value], Field(max_length=TERMS)] = []  # each must be in the text

    def filter(self) -> Filter:
        """Return these conditions as a `Filter`."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.__dict__.items()
        }
        return Filter(**values)


class SearchIn(_Strict):
    """A query as one line, as terms, or both."""

    query: str | None = Field(None, max_length=20_000, examples=['"lonely" + sunset - people'])
    terms: Annotated[list[TermIn], Field(max_length=TERMS)] = []
    targets: Annotated[list[Kind], Field(min_length=1, max_length=len(Kind))] = [Kind.POST]
    k: int = Field(10, ge=1, le=HITS)
    offset: int = Field(0, ge=0, le=HITS, description="Hits of each target to leave out: pages.")
    posts: bool = Field(False, description="Whether hits carry their post.")
    filters: FilterIn = Field(default_factory=lambda: FilterIn.model_validate({}))
    corpus: Name | None = None


class PostOut(BaseModel):
    """A post of a corpus."""

    id: str
    text: str | None = None
    title: str | None = None
    user: str | None = None
    time: datetime | None = None
    language: str | None = None
    tags: list[str] = []
    labels: dict[str, str] = {}
    licence: str | None = None
    source: str | None = None
    url: str | None = None
    media: dict[Modality, str] = Field({}, description="Addresses below that of the service.")
    prediction: AffectOut | None = None


class PageOut(BaseModel):
    """Some posts of a corpus; `next` is the offset of the following page, if there is one."""

    total: int
    offset: int
    next: int | None = None
    posts: list[PostOut]


class HitOut(BaseModel):
    """One result, ranked within its kind; with the post where that was asked for."""

    id: str
    kind: Kind
    rank: int
    score: float
    percentile: float
    relevance: str = ""
    parts: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()
    post: PostOut | None = None


class SearchOut(BaseModel):
    """The hits of a search."""

    hits: dict[Kind, list[HitOut]]
    candidates: dict[Kind, int]
    totals: dict[Kind, int]


class CorpusOut(BaseModel):
    """The counts of a corpus."""

    name: str
    posts: int
    users: int
    modalities: dict[str, int]
    languages: dict[str, int]
    bundle: str


class HealthOut(BaseModel):
    """Whether the service is up, and with what."""

    status: str
    bundle: str
    device: str
    reason: str
    models_loaded: bool
