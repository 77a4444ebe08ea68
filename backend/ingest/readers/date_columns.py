"""Decide how a column writes times, from all of its values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import dates
from backend.ingest.readers.date_words import DOUBTFUL_ZONES, LANGUAGES, words
from backend.ingest.readers.dates import WORD, Style

_ORDER = re.compile(r"(?<![\d.:/-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d:/-])")
_DIGIT = re.compile(r"\d")
_HALF = re.compile(r"\d\s?[ap]\.?\s?m\b", re.IGNORECASE)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_CLOCK_ALONE = re.compile(r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?:\s?[ap]\.?m\.?)?", re.I)
_DAY_ALONE = re.compile(r"[^:T]*\d{4}[^:T]*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}", re.IGNORECASE)
_UNREAD = 60  # values with unknown words that are kept to find their language
_EXCEL_DAYS = (20_000, 60_000)  # 1954 to 2064


@dataclass(slots=True)
class Evidence:
    """What the values of a column show of how it writes times; give it all of them in order."""

    count: int = 0
    day_first: int = 0  # values that are dates only with the day first
    month_first: int = 0
    open: int = 0
    example: str = ""  # of the open ones
    halves: int = 0
    units: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    excel: int = 0
    # Of the dates, read day first and month first: steps backwards and forwards, the last
    # day, and days gone in all.
    _steps: dict[str, list[int]] = field(
        default_factory=lambda: {"day": [0, 0, 0, 0], "month": [0, 0, 0, 0]}
    )

    def add(self, value: Any) -> None:
        """Take a value into account."""
        self.count += 1
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._add_number(value)
            return
        if not isinstance(value, str):
            return
        text = value.strip()
        if text[4:5] == "-" == text[7:8] and not text[10:].strip("TZ 0123456789:.,+-"):
            return  # as most dates are written: nothing is open
        number = text.replace(",", ".", 1)
        if number.lstrip("+-").replace(".", "", 1).isdecimal() and len(number) < 30:
            self._add_number(float(number))
        elif match := _ORDER.search(text):
            self._add_order(int(match[1]), int(match[3]), match, text)
        if len(text) <= dates.LENGTH and _DIGIT.search(text) and any(map(str.isalpha, text)):
            self.halves += bool(_HALF.search(text))
            self._add_words(text)

    def _add_number(self, number: float) -> None:
        size = abs(number)
        if not 1e8 <= size < 1e20:
            self.excel += _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]
            return
        if size < 1e16 and _is_digits(number):
            return
        unit = "s" if size < 1e11 else "ms" if size < 1e14 else "us" if size < 1e17 else "ns"
        self.units[unit] += 1

    def _add_order(self, a: int, b: int, match: re.Match[str], text: str) -> None:
        if a > 12 >= b:
            self.day_first += 1
        elif b > 12 >= a:
            self.month_first += 1
        elif a != b and match[2] != ".":
            self.open += 1
            self.example = self.example or text[:40]
        year = int(match[4])
        for name, month, day in (("day", b, a), ("month", a, b)):
            try:
                at = date(year if year > 99 else 2000 + year, month, day).toordinal()
            except ValueError:
                continue
            back, forth, last, gone = self._steps[name]
            if last:
                back, forth, gone = back + (at < last), forth + (at > last), gone + abs(at - last)
            self._steps[name] = [back, forth, at, gone]

    def _add_words(self, text: str) -> None:
        english = words("en")
        for word in WORD.findall(text.casefold()):
            word = word.strip("./")
            if not any(map(str.isalpha, word)):
                continue
            if word in DOUBTFUL_ZONES:
                self.zones[word] += 1
            elif len(self.unread) < _UNREAD and not (
                word in english.months or word in english.others or word in english.halves
            ):
                self.unread.append(text)
                return

    def style(self, *, may_be_days: bool = False) -> Style:
        """Return how the column writes times.

        Parameters
        ----------
        may_be_days : bool
            Whether numbers such as 44270 may be days, as spreadsheets count them.
        """
        style = Style(day_first=self._day_first(), language=self._language())
        if self.units:
            (unit, times), *_ = self.units.most_common(1)
            if times >= 0.9 * self.count:
                style = replace(style, unit=unit)
        elif may_be_days and self.excel >= 0.9 * self.count > 0:
            style = replace(style, unit="days")
        return style

    def _day_first(self) -> bool | None:
        if self.day_first and self.month_first:
            return None
        if self.day_first or self.month_first:
            return self.day_first > 0
        # Exports are sorted: read in the right order, the dates go one way.
        turns = {name: min(steps[:2]) for name, steps in self._steps.items()}
        if self.open > 2 and turns["day"] != turns["month"] and min(turns.values()) == 0:
            return turns["day"] < turns["month"]
        gone = {name: steps[3] for name, steps in self._steps.items()}
        if self.open > 2 and max(gone.values()) > 5 * min(gone.values()):
            return gone["day"] < gone["month"]
        return self.language_says_day_first()

    def language_says_day_first(self) -> bool:
        """Whether the words of the dates are of a language that writes the day first."""
        return not self.halves and self._language() != "en"

    def _language(self) -> str:
        return language_of(tuple(self.unread)) if self.unread else "en"

    def doubts(self, column: str, style: Style) -> list[str]:
        """Return what is a guess about a column, as sentences."""
        found = []
        if self.day_first and self.month_first:
            found.append(
                f"The times of {column} have the day first in some rows and the month first in "
                f"others; {self.open:,} that could be either are not used."
            )
        elif self.open and not self.day_first and not self.month_first:
            order = "day" if style.day_first else "month"
            found.append(
                f"The times of {column}, such as {self.example!r}, may be day first or month "
                f"first; they are read {order} first, which is a guess."
            )
        for word, times in self.zones.items():
            hours, meanings = DOUBTFUL_ZONES[word]
            found.append(
                f"The zone {word.upper()} of {times:,} times of {column} has several meanings "
                f"({meanings}); it is read as UTC{hours:+g}, which is a guess."
            )
        if style.unit == "days":
            found.append(
                f"The numbers of {column} are read as days, as spreadsheets count them, which is "
                "a guess."
            )
        return found


def _is_digits(number: float) -> bool:
    """Whether a number is a date in digits, such as 20240531."""
    return number == int(number) and dates.from_digits(str(int(number))) is not None


@lru_cache(maxsize=64)
def language_of(values: tuple[str, ...]) -> str:
    """Return the language of `LANGUAGES` in which the most of some times can be read."""
    best, most = "en", 0
    folded = " ".join(values).casefold()
    found = {word.strip("./'’") for word in WORD.findall(folded)}
    found |= {word.replace(".", "") for word in found}
    english = words("en")
    found -= english.months.keys() | english.halves.keys()
    for language in LANGUAGES:
        known = words(language)
        names = found & known.months.keys() or found & known.halves.keys()
        if language != "en" and not names and not any(p in folded for p in known.phrases):
            continue
        read = sum(_reads(value, language) for value in values)
        if read > most:
            best, most = language, read
        if most == len(values):
            break
    return best


def _reads(value: str, language: str) -> bool:
    try:
        dates.parse_text(value.strip()[: dates.LENGTH], Style(language=language))
    except (ValueError, OverflowError):
        return False
    return True


def evidence(values: Iterable[Any]) -> Evidence:
    """Return the evidence of values."""
    found = Evidence()
    for value in values:
        found.add(value)
    return found


def fraction_read(values: Sequence[Any], style: Style) -> float:
    """Return the fraction of values that are times."""
    read = 0
    for value in values:
        try:
            dates.parse(value, style)
            read += 1
        except KindredError:
            continue
    return read / max(1, len(values))


def are_days(values: Sequence[Any]) -> bool:
    """Whether all values are days without a clock."""
    texts = [v.strip() for v in values if isinstance(v, str)]
    return bool(texts) and len(texts) == len(values) and all(map(_DAY_ALONE.fullmatch, texts))


def are_clocks(values: Sequence[Any]) -> bool:
    """Whether all values are hours of a day, without the day."""
    texts = [v.strip() for v in values if isinstance(v, str)]
    return (
        bool(texts)
        and len(texts) == len(values)
        and all(_CLOCK_ALONE.fullmatch(t) and int(re.split(r"\D", t)[0]) < 24 for t in texts)
    )
