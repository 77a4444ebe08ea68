"""Filter posts by their columns and predictions."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import label_numbers
from backend.corpus.model_outputs import strongest
from backend.domain import EMOTIONS, EMOTIONS_AND_NEUTRAL, SENTIMENTS, KindredError, Modality

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge, "<=": operator.le, "≥": operator.ge, "≤": operator.le, "=": operator.eq,
    ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_NUMBER = re.compile(
    rf"([^<>=≤≥]{{1,200}}?)\s*({'|'.join(_SIGNS)})\s*(-?\d{{1,15}}(?:\.\d{{1,15}})?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Conditions that must all hold; a condition with several values holds for any of them.

    Attributes
    ----------
    users : tuple of str
        Ids of the authors.
    since, until : datetime or None
        Inclusive and exclusive; a post without a time fails both.
    languages, sources : tuple of str
    emotions : tuple of str
        Of `EMOTIONS` or ``neutral``: the strongest emotion of the post, or, with
        `min_probability`, any that reaches it.
    min_probability : float or None
        Without `emotions`, any of the eight must reach it.
    sentiments : tuple of str
        Of `SENTIMENTS`.
    modalities : tuple of Modality
        The post must have all of these.
    tags : tuple of str
        Whole tags, ignoring case.
    words : tuple of str
        Substrings of the text, the title, or what was read in the image or the sound,
        ignoring case.
    numbers : tuple of str
        Conditions on labels that are numbers, such as ``likes>100``, all of which must hold; the
        signs are ``<``, ``<=``, ``=``, ``>=`` and ``>``.
    posts : tuple of str
        Ids, such as those of a selection.
    """

    users: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    languages: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    min_probability: float | None = None
    sentiments: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    modalities: tuple[Modality, ...] = ()
    tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default == ():  # an empty string is not a condition
                object.__setattr__(self, field.name, tuple(v for v in value if v))
        _only(self.emotions, EMOTIONS_AND_NEUTRAL, "emotion")
        _only(self.sentiments, SENTIMENTS, "sentiment")
        _only(self.modalities, tuple(Modality), "modality")
        if self.min_probability is not None and not 0 <= self.min_probability <= 1:
            message = f"A probability is between 0 and 1, not {self.min_probability}."
            raise KindredError("filter", message)
        for condition in self.numbers:
            _condition(condition)
        for name in ("since", "until"):  # a time without a zone is UTC, as in the corpus
            time = getattr(self, name)
            if time is not None:
                try:
                    zoned = time.tzinfo is not None
                    aware = time.astimezone(UTC) if zoned else time.replace(tzinfo=UTC)
                except OverflowError:
                    raise KindredError("filter", f"{time} is out of range.") from None
                object.__setattr__(self, name, aware)
        object.__setattr__(self, "modalities", tuple(Modality(m) for m in self.modalities))

    def __bool__(self) -> bool:
        return self != Filter()

    @property
    def columns(self) -> list[str]:
        """Names of the columns of posts that `mask` needs, and ``id`` and ``user``."""
        needed = {
            "time": self.since or self.until,
            "language": self.languages,
            "source": self.sources,
            "tags": self.tags,
            "labels": self.numbers,
            "text": self.words or Modality.TEXT in self.modalities,
            "title": self.words,
            "written": self.words,
            "said": self.words,
            "image": Modality.IMAGE in self.modalities,
            "audio": Modality.AUDIO in self.modalities,
        }
        return ["id", "user", *(name for name, wanted in needed.items() if wanted)]

    @property
    def needs_predictions(self) -> bool:
        """Whether `mask` needs predictions."""
        return bool(self.emotions or self.sentiments or self.min_probability is not None)

    def mask(self, posts: pa.Table, predictions: pa.Table | None = None) -> np.ndarray:
        """Find the posts that satisfy every condition.

        Parameters
        ----------
        posts : pyarrow.Table
            With `columns`.
        predictions : pyarrow.Table, optional
            In any order; a post without a prediction fails every condition on
            emotion or sentiment.

        Returns
        -------
        numpy.ndarray
            ``(len(posts),)`` bool.
        """
        conditions: list[pa.ChunkedArray] = []
        for column, values in (
            ("id", self.posts),
            ("user", self.users),
            ("language", self.languages),
            ("source", self.sources),
        ):
            if values:
                conditions.append(pc.is_in(posts[column], value_set=pa.array(values, pa.string())))
        if self.since:
            conditions.append(pc.greater_equal(posts["time"], _scalar(self.since)))
        if self.until:
            conditions.append(pc.less(posts["time"], _scalar(self.until)))
        conditions += [pc.is_valid(posts[modality.value]) for modality in self.modalities]
        if self.tags:
            conditions.append(_tagged(posts["tags"], self.tags))
        if self.words:
            conditions.append(_any([_contains(posts, word) for word in self.words]))
        passes = np.ones(len(posts), dtype=bool)
        for condition in conditions:
            passes &= pc.fill_null(condition, False).to_numpy().astype(bool)
        for name, compare, number in map(_condition, self.numbers):
            with np.errstate(invalid="ignore"):
                passes &= compare(label_numbers.numbers(posts["labels"], name), number)
        if self.needs_predictions:
            passes &= self._passes_prediction(posts["id"], predictions)
        return passes

    def _passes_prediction(self, ids: pa.ChunkedArray, predictions: pa.Table | None) -> np.ndarray:
        if predictions is None or not len(predictions):
            return np.zeros(len(ids), dtype=bool)
        passes = np.ones(len(predictions), dtype=bool)
        if self.emotions or self.min_probability is not None:
            passes &= self._emotion(predictions)
        if self.sentiments:
            passes &= np.isin(predictions["label"].to_numpy(), list(self.sentiments))
        wanted = predictions["id"].filter(pa.array(passes))
        return pc.is_in(ids, value_set=wanted.combine_chunks()).to_numpy().astype(bool)

    def _emotion(self, predictions: pa.Table) -> np.ndarray:
        names = EMOTIONS_AND_NEUTRAL
        probability = np.stack([predictions[name].to_numpy() for name in names], axis=1)
        if self.min_probability is not None:
            chosen = [names.index(name) for name in self.emotions or EMOTIONS]
            reached = probability[:, chosen] >= np.float32(self.min_probability)
            return np.asarray(reached.any(axis=1))
        return np.isin(strongest(probability), [names.index(name) for name in self.emotions])

    def to_params(self) -> dict[str, str]:
        """Return the conditions that are set, as URL parameters."""
        params = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == ():
                continue
            if isinstance(value, tuple):
                params[field.name] = ",".join(_escape(item) for item in value)
            elif isinstance(value, datetime):
                params[field.name] = value.isoformat()
            else:
                params[field.name] = repr(value)
        return params

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> Filter:
        """Read what `to_params` wrote; other parameters are ignored.

        Raises
        ------
        KindredError
            ``filter`` for a value that cannot be parsed.
        """
        values: dict[str, object] = {}
        for field in fields(cls):
            text = params.get(field.name)
            if not text:
                continue
            try:
                if field.name in ("since", "until"):
                    values[field.name] = datetime.fromisoformat(text)
                elif field.name == "min_probability":
                    values[field.name] = float(text)
                else:
                    values[field.name] = _split(text)
            except ValueError:
                message = f"{text[:40]!r} is not a valid value of the filter {field.name}."
                raise KindredError("filter", message) from None
        return cls(**values)  # type: ignore[arg-type]


def _only(values: tuple[str, ...], allowed: tuple[str, ...], what: str) -> None:
    if wrong := [value for value in values if value not in allowed]:
        message = f"{wrong[0]!r} is no {what}; choose from {', '.join(allowed)}."
        raise KindredError("filter", message)


def _condition(text: str) -> tuple[str, Callable[[Any, Any], Any], float]:
    """Return the label, the comparison and the number of a condition.

    Raises
    ------
    KindredError
        ``filter`` for a text that is none.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        message = f"{text[:40]!r} is no condition on a number; write it as likes>100."
        raise KindredError("filter", message)
    return match[1].strip(), _SIGNS[match[2]], float(match[3])


def _scalar(time: datetime) -> pa.Scalar:
    return pa.scalar(time, pa.timestamp("us", tz="UTC"))


def _any(masks: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    return functools.reduce(pc.or_, masks)


def _contains(posts: pa.Table, word: str) -> pa.ChunkedArray:
    hits = [
        pc.fill_null(pc.match_substring(pc.utf8_lower(posts[column]), word.lower()), False)
        for column in ("text", "title", "written", "said")
        if column in posts.column_names
    ]
    return _any(hits)


def _tagged(column: pa.ChunkedArray, tags: tuple[str, ...]) -> pa.ChunkedArray:
    wanted = pa.array([tag.lower() for tag in tags], pa.string())
    masks = []
    for chunk in column.chunks:
        hit = pc.is_in(pc.utf8_lower(chunk.flatten()), value_set=wanted).to_numpy(False)
        rows = pc.list_parent_indices(chunk).to_numpy()
        mask = np.zeros(len(chunk), dtype=bool)
        mask[rows[hit]] = True
        masks.append(pa.array(mask))
    return pa.chunked_array(masks, pa.bool_())


def _escape(item: str) -> str:
    return str(item).replace("\\", "\\\\").replace(",", "\\,")


def _split(text: str) -> tuple[str, ...]:
    items, item, escaped = [], "", False
    for character in text:
        if escaped or character not in "\\,":
            item, escaped = item + character, False
        elif character == "\\":
            escaped = True
        else:
            items.append(item)
            item = ""
    return (*items, item)
