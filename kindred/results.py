"""What an analysis and a search give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend import domain
from backend.domain import Affect, Explanation, Kind, KindredError, Modality, Post, Prediction, User

if TYPE_CHECKING:
    import pandas as pd

    from backend.corpus.readings import PostReadings


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Emotion and sentiment of one post.

    Attributes
    ----------
    emotion : str
        The strongest of Plutchik's eight emotions, or ``neutral``.
    emotions : mapping of str to float
        Probability of each emotion; a post can carry several.
    neutral : float
        Probability that it carries none.
    sentiment : str
        ``negative``, ``neutral`` or ``positive``.
    positive : float
        Probability that it is positive rather than negative.
    confidence : float
        Probability that the sentiment is right.
    by_modality : mapping of str to Analysis
        The same from every subset of what was given, such as ``text`` and ``image+text``.
    read : mapping of str to str
        The words in the image and in the sound.
    bundle : str
        The models.
    """

    emotion: str
    emotions: Mapping[str, float]
    neutral: float
    sentiment: str
    positive: float
    confidence: float
    bundle: str
    by_modality: Mapping[str, Analysis] = field(default_factory=dict)
    read: Mapping[str, str] = field(default_factory=dict)
    _explain: Callable[[str | None], Explanation] | None = None

    @classmethod
    def of(
        cls,
        prediction: Prediction,
        readings: PostReadings,
        explain: Callable[[str | None], Explanation],
    ) -> Analysis:
        """Wrap a prediction."""

        def wrap(affect: Affect, **more: Any) -> Analysis:
            return cls(
                affect.top,
                dict(affect.emotion),
                affect.neutral,
                affect.sentiment.label,
                affect.sentiment.positive,
                affect.confidence,
                prediction.bundle,
                **more,
            )

        return wrap(
            prediction.affect,
            by_modality={name: wrap(affect) for name, affect in prediction.subsets.items()},
            read={m.value: reading.text for m, reading in readings.items() if reading.text},
            _explain=explain,
        )

    def explain(self, target: str | None = None) -> Explanation:
        """Say which words, regions and seconds it rests on; by default for its emotion."""
        if self._explain is None:
            message = "This is a part of an analysis; call explain() of the whole."
            raise KindredError("not_explained", message)
        return self._explain(target)

    def to_dict(self) -> dict[str, Any]:
        """Return the values of one row of a table."""
        return {
            "emotion": self.emotion,
            "sentiment": self.sentiment,
            "positive": self.positive,
            "confidence": self.confidence,
            **self.emotions,
            "neutral": self.neutral,
        }

    def __repr__(self) -> str:
        strongest = sorted(self.emotions.items(), key=lambda pair: -pair[1])[:3]
        emotions = ", ".join(f"{name} {p:.2f}" for name, p in strongest)
        return (
            f"<{self.emotion}, {self.sentiment} (positive {self.positive:.2f}, confidence "
            f"{self.confidence:.2f}); {emotions}>"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """One result of a search.

    Attributes
    ----------
    id : str
        Of the post or the user, or the word.
    kind : str
        ``post``, ``text``, ``image``, ``audio``, ``user`` or ``word``.
    rank : int
        From 1.
    score : float
        How likely it is relevant, from 0 to 1; comparable within one kind only.
    percentile : float
        Percentage of the candidates of that kind with a lower score.
    post : Post or None
        Of a post, and of the text, the image or the sound of one.
    user : User or None
    """

    id: str
    kind: str
    rank: int
    score: float
    percentile: float
    post: Post | None = None
    user: User | None = None
    _media: Callable[[str, Modality], Path] | None = None

    @property
    def text(self) -> str:
        """Text or title of the post, name of the user, or the word."""
        if self.post is not None:
            return self.post.text or self.post.title or ""
        return self.user.name if self.user else self.id

    @property
    def image(self) -> Path | None:
        """File of the image of the post."""
        return self._file(Modality.IMAGE)

    @property
    def audio(self) -> Path | None:
        """File of the sound of the post."""
        return self._file(Modality.AUDIO)

    def _file(self, modality: Modality) -> Path | None:
        if self.post is None or self._media is None or not getattr(self.post, modality.value):
            return None
        return self._media(self.post.id, modality)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id!r}, score {self.score:.3f}: {self.text[:60]!r}>"


class Hits(Sequence[Hit]):
    """The results of a search, best first."""

    def __init__(self, hits: Sequence[Hit], candidates: int) -> None:
        self._hits = list(hits)
        self.candidates = candidates

    def __len__(self) -> int:
        return len(self._hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self._hits)

    def __getitem__(self, index: Any) -> Any:
        found = self._hits[index]
        return Hits(found, self.candidates) if isinstance(index, slice) else found

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for each hit."""
        import pandas as pd

        columns = ["rank", "id", "kind", "score", "percentile", "text", "user"]
        rows = [
            (h.rank, h.id, h.kind, h.score, h.percentile, h.text, h.post and h.post.user)
            for h in self
        ]
        return pd.DataFrame(rows, columns=columns)

    def _repr_html_(self) -> str:
        frame = self.to_pandas()
        frame["text"] = frame["text"].str[:120]
        return frame.to_html(index=False, escape=True)

    def __repr__(self) -> str:
        lines = [f"{len(self)} of {self.candidates:,}"]
        return "\n".join(
            lines + [f"{h.rank:3d}  {h.score:+.3f}  {h.id}  {h.text[:60]}" for h in self]
        )


def kind_of(name: str) -> Kind:
    """Return the kind of a name, in the singular or the plural.

    Raises
    ------
    KindredError
        ``no_kind``.

    Examples
    --------
    >>> kind_of("posts").value
    'post'
    """
    try:
        return domain.Kind(str(name).lower().removesuffix("s"))
    except ValueError:
        message = f"There is no kind {name!r} of results; choose one of {', '.join(Kind)}."
        raise KindredError("no_kind", message) from None
