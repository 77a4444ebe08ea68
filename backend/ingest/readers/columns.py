"""Guess the fields of the columns of an unknown table, by what they hold and their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from backend.ingest.readers import cells, count_columns, date_columns
from backend.ingest.readers import column_names as words
from backend.ingest.readers.base import ColumnMapping, Row
from backend.ingest.readers.column_names import normalise
from backend.ingest.readers.field_names import NAMES

# Endings of media, where they name files at all: contents decide in the end.
# fmt: off
IMAGE_ENDINGS = (
    "jpg", "jpeg", "jpe", "jfif", "jpg_large", "png", "apng", "webp", "gif", "bmp", "dib", "tif",
    "tiff", "heic", "heif", "avif", "jp2", "j2k", "jpx", "mp4", "m4v", "mov", "qt", "webm", "mkv",
    "avi", "wmv", "asf", "mpg", "mpeg", "mpe", "m2v", "ts", "mts", "m2ts", "3gp", "3g2", "ogv",
    "flv",
)
SOUND_ENDINGS = (
    "wav", "wave", "mp3", "ogg", "oga", "opus", "flac", "m4a", "m4b", "aac", "aif", "aiff", "aifc",
    "amr", "awb", "caf", "au", "snd", "mka", "wma",
)
# fmt: on
_IMAGES = re.compile(rf"\.({'|'.join(IMAGE_ENDINGS)})(\?.*)?$", re.IGNORECASE)
_SOUNDS = re.compile(rf"\.({'|'.join(SOUND_ENDINGS)})(\?.*)?$", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+$", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:e[+-]?\d+)?%?$", re.IGNORECASE)
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+$", re.IGNORECASE)
_DATED = re.compile(r"\D{0,30}\d.{3,80}$")  # as long as a date, with a digit
_DAY = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}( |,|$)")
_EXACT = 2**53
UNNAMED = re.compile(r"column \d+|split")  # as readers name columns without a name
_NO_TEXTS = frozenset(
    name
    for field_ in ("id", "image", "audio", "user", "name", "time", "language", "tags", "url")
    for name in NAMES[field_]
)
# Addresses of pictures of people, as networks write them.
_PORTRAIT = re.compile(
    r"https?://\S*(avatar|profile_?(image|photo|pic|banner)|userpic|gravatar\.com|ggpht\.com)",
    re.IGNORECASE,
)
_LINK_STARTS = ("http://", "https://")


@dataclass(frozen=True)
class Profile:
    """What some values of a column look like."""

    name: str
    values: Sequence[Any] = field(repr=False)

    @cached_property
    def texts(self) -> list[str]:
        """The values as texts."""
        found = (v if isinstance(v, str) else cells.text(v) for v in self.values)
        return [t.strip() for t in found if t]

    @cached_property
    def distinct(self) -> int:
        """How many values differ."""
        return len({str(v) for v in self.values})

    @cached_property
    def words(self) -> float:
        """Mean words of a value; in scripts without spaces, a third of the characters."""
        lengths = (
            max(len(t.split()), sum(c > "\u0e00" for c in t[:200]) / 3 if not t.isascii() else 0)
            for t in self.texts
        )
        return sum(lengths) / max(1, len(self.texts))

    def fraction(self, pattern: re.Pattern[str]) -> float:
        """Return the fraction of values that match a pattern."""
        matching = sum(len(t) < 2000 and bool(pattern.match(t)) for t in self.texts)
        return matching / max(1, len(self.values))

    @cached_property
    def is_text(self) -> bool:
        """Whether the values may be texts: no numbers, constants, categories, links or dates."""
        texts, count = self.texts, len(self.values)
        if not texts or len(texts) < 0.5 * count:
            return False
        if any(self.fraction(p) > 0.5 for p in (_NUMBER, _DAY, _LINK)):
            return False
        lettered = sum(any(map(str.isalpha, t[:500])) for t in texts)
        if lettered < 0.5 * len(texts):
            return not any(map(str.isascii, texts))  # emoji alone
        if self.words < 1.5 and count > 2:
            if self.distinct < 0.5 * count:
                return False
            return sum(map(len, texts)) / len(texts) < 25  # not hashes
        return self.distinct > 1 or count < 3 or self.words >= 3

    @cached_property
    def is_wordless_text(self) -> bool:
        """Whether the values are letters at least, if not words of texts."""
        patterns = (_NUMBER, _DAY, _LINK)
        return bool(self.texts) and not any(self.fraction(p) > 0.5 for p in patterns)

    @cached_property
    def is_short(self) -> bool:
        """Whether the values are single numbers or short names."""
        return bool(self.values) and all(
            isinstance(v, int | float | str) and not isinstance(v, bool) for v in self.values
        ) and self.words <= 4 and all(len(t) <= 120 for t in self.texts)  # fmt: skip

    @cached_property
    def rounded(self) -> bool:
        """Whether some values are numbers that a program has rounded (1.15701E+18)."""
        return any(
            (isinstance(v, float) and abs(v) > _EXACT)
            or (isinstance(v, str) and bool(_ROUNDED.match(v.strip())))
            for v in self.values
        )

    def media(self, pattern: re.Pattern[str]) -> bool:
        """Whether more than half of the values are names of files that match a pattern."""
        matching = 0
        for value in self.values:
            first = value[0] if isinstance(value, list) and value else value
            path = first.get("path") if isinstance(first, dict) else first
            if isinstance(path, str):
                matching += len(path) < 2000 and bool(pattern.search(path.strip()))
        return matching > 0.5 * len(self.values) > 0


class _Guesser:
    def __init__(self, columns: Sequence[str], samples: Sequence[Row]) -> None:
        self.profiles = {
            c: Profile(
                c, [v for r in samples if not cells.is_nothing(v := r.cells.get(c))]
            )
            for c in columns
        }  # fmt: skip
        self._samples = samples
        self.open = [c for c in columns if self.profiles[c].values or not samples]
        self.mapping: dict[str, tuple[str, ...]] = {}

    def assign(self, field_: str, *columns: str) -> None:
        for column in columns:
            self.mapping[field_] = (*self.mapping.get(field_, ()), column)
            self.open.remove(column)

    def is_mostly_unique(self, profile: Profile) -> bool:
        """Whether a column tells the rows of a file apart; a few rows may come twice."""
        values = [
            (row.file, str(value))
            for row in self._samples
            if not cells.is_nothing(value := row.cells.get(profile.name))
        ]
        return len(values) - len(set(values)) <= max(1, 0.1 * len(values))

    def named(self, field_: str) -> list[str]:
        """Return open columns whose names suggest a field, best first."""
        of_user = field_ in ("user", "name")
        ranked = []
        for i, column in enumerate(self.open):
            own = normalise(column)
            nested = words.is_nested(column)
            if words.is_of_another(column) or (words.is_of_owner(column) and not of_user):
                continue
            if own in NAMES[field_]:
                rank = NAMES[field_].index(own)
            elif nested and not of_user and words.leaf(column) in NAMES[field_]:
                rank = NAMES[field_].index(words.leaf(column))
            else:
                continue
            # The post is at the top; what is inside objects comes second.
            ranked.append((nested and not of_user, rank, i, column))
        return [column for *_, column in sorted(ranked)]

    def take(self, field_: str) -> None:
        for column in self.named(field_):
            if self.fits(field_, self.profiles[column]):
                self.assign(field_, column)
                return

    def fits(self, field_: str, profile: Profile) -> bool:
        """Whether the values of a column fit a field that its name suggests."""
        values = profile.values
        if not values:
            return True
        if field_ == "id":
            return profile.is_short and self.is_mostly_unique(profile) and not profile.rounded
        if field_ in ("image", "audio"):
            # Recognised by values already; by name only for addresses and embedded files.
            portrait = words.is_portrait(profile.name) or profile.fraction(_PORTRAIT) > 0.5
            return not portrait and all(
                isinstance(v, dict | bytes) or str(v).lower().startswith(_LINK_STARTS)
                for v in values
            )
        if field_ in ("user", "name", "language", "licence"):
            return profile.is_short and not profile.fraction(_LINK) > 0.5
        if field_ == "reply_to":  # no post has it unless posts have ids
            return "id" in self.mapping and profile.is_short and not profile.rounded
        if field_ == "url":
            return all(str(v).lower().startswith(_LINK_STARTS) for v in values)
        if field_ == "title":
            return profile.is_text or profile.words >= 1.5
        return field_ == "tags"

    # ---- the fields ---------------------------------------------------------

    def media(self) -> None:
        """Columns of media are recognised by their values, whatever their names."""
        for field_, pattern in (("image", _IMAGES), ("audio", _SOUNDS)):
            found = [
                column
                for column in self.open
                if not words.is_portrait(column)
                and not words.is_of_another(column)
                and not self.profiles[column].fraction(_PORTRAIT) > 0.5
                and self.profiles[column].media(pattern)
            ]
            names = NAMES[field_]

            def order(column: str, names: tuple[str, ...] = names) -> tuple[bool, int]:
                own = normalise(column)
                linked = self.profiles[column].fraction(_LINK) > 0.5
                return linked, names.index(own) if own in names else len(names)

            self.assign(field_, *sorted(found, key=order))

    def time(self) -> None:
        named = self.named("time")
        columns = [c for c in named if self._is_time(c)] or [
            c
            for c in self.open
            if c not in named
            and not words.is_other_date(c)
            and not words.is_of_another(c)
            and self._is_time(c, 0.9)
            and self.profiles[c].fraction(_NUMBER) < 0.5
        ]
        if not columns:
            return
        self.assign("time", columns[0])
        if date_columns.are_days(self.profiles[columns[0]].values):
            clocks = [c for c in self.open if normalise(c) in NAMES["clock"]]
            for column in clocks:
                if date_columns.are_clocks(self.profiles[column].values):
                    self.assign("time", column)
                    return

    def _is_time(self, column: str, least: float = 0.5) -> bool:
        values = self.profiles[column].values
        if not values:
            return normalise(column) in NAMES["time"]
        if self.profiles[column].fraction(_DATED) < 0.5 and not any(
            isinstance(v, int | float | date) for v in values
        ):
            return False  # without looking closer, which takes time
        named = words.tokens(column)
        style = date_columns.evidence(values).style(may_be_days=may_be_days(named))
        return date_columns.fraction_read(values, style) > least

    def text(self) -> None:
        ranked: list[tuple[int, float, int, str]] = []
        for i, column in enumerate(self.open):
            profile = self.profiles[column]
            if words.is_of_another(column) or words.is_of_owner(column):
                continue
            level, rank = self._text_rank(column)
            if level == 6:
                continue
            if profile.values and not profile.is_text:
                # Better a column with the name than none.
                if level > 1 or not profile.is_wordless_text:
                    continue
                level = 5
            ranked.append((level, rank - (profile.words if level > 1 else 0), i, column))
        if ranked:
            self.assign("text", min(ranked)[-1])

    def _text_rank(self, column: str) -> tuple[int, float]:
        """Return how well a name suggests texts: level (0 is best), and rank in the level."""
        own, inner = normalise(column), words.leaf(column)
        for level, name in enumerate((own, inner)):
            if name in NAMES["text"]:
                return level, float(NAMES["text"].index(name))
        if words.is_textual(column):
            return 2, 0.0
        wordy = self.profiles[column].words > 2 and own not in _NO_TEXTS
        return (6 if not wordy else 4 if words.is_derived(column) else 3), 0.0

    def unnamed(self) -> None:
        """Guess ids and users in a table without names by their values."""
        for field_ in ("id", "user"):
            for column in list(self.open):
                profile = self.profiles[column]
                texts = profile.texts
                if len(texts) < 2 or not profile.is_short or profile.words > 1:
                    continue
                if profile.fraction(_LINK) or profile.fraction(_DAY):
                    continue
                numbers = profile.fraction(_NUMBER)
                is_id = numbers == 1 and profile.distinct == len(texts) and len(texts[0]) > 3
                is_name = not numbers and len(texts) == len(profile.values)
                if is_id if field_ == "id" else is_name and profile.distinct > 0.3 * len(texts):
                    self.assign(field_, column)
                    break

    def labels(self) -> None:
        for column in list(self.open):
            profile = self.profiles[column]
            if words.is_label(column) and not words.is_of_owner(column):
                short = all(len(n) <= 60 for v in profile.values for n in cells.names(v))
                if short and not profile.fraction(_LINK) > 0.2:
                    self.assign("label", column)

    def counts(self) -> None:
        """Columns of counts, such as likes, and of grades become labels that are numbers."""
        for column in list(self.open):
            profile = self.profiles[column]
            if not profile.values:
                continue
            counted = count_columns.is_count(column) and all(
                map(count_columns.number, profile.values)
            )
            graded = count_columns.is_rating(column) and profile.fraction(_NUMBER) == 1
            if counted or graded:
                self.assign("label", column)


def may_be_days(named: Sequence[str]) -> bool:
    """Whether the words of a name say that its numbers may be days, as spreadsheets count."""
    return bool(set(named) & {"date", "datum", "fecha", "data", "datetime", "created", "дата"})


def guess(columns: Sequence[str], samples: Sequence[Row]) -> ColumnMapping:
    """Guess the columns of each field.

    Parameters
    ----------
    columns : sequence of str
    samples : sequence of Row
        Some rows; their values can overrule the names.

    Returns
    -------
    mapping of str to tuple of str
        Columns by field; a missing field has no entry. ``time`` may have two: the day
        and the clock.
    """
    guesser = _Guesser(columns, samples)
    guesser.media()
    for field_ in ("id", "language", "licence"):
        guesser.take(field_)
    guesser.time()
    guesser.labels()
    guesser.counts()
    guesser.text()
    for field_ in ("title", "image", "audio", "user", "name", "tags", "url", "reply_to"):
        if field_ not in guesser.mapping:
            guesser.take(field_)
    mapping = guesser.mapping
    if columns and all(map(UNNAMED.fullmatch, columns)) and "text" in mapping:
        guesser.unnamed()
    if "text" not in mapping and "title" in mapping:
        mapping["text"] = mapping.pop("title")
    if "user" not in mapping and "name" in mapping:
        mapping["user"] = mapping.pop("name")
    return mapping
