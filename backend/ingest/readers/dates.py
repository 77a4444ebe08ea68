"""Parse times in the formats of common exports.

What a value leaves open (is 03/04 in March or in April?) its column decides: see
`backend.ingest.readers.date_columns`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from backend.corpus.schema import as_utc
from backend.domain import KindredError
from backend.ingest.readers.date_words import DOUBTFUL_ZONES, ZONES, words

LENGTH = 90  # characters: as long as JavaScript writes a date
_NUMBER = re.compile(r"[+-]?\d{6,25}(?:[.,]\d{1,12})?")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?", re.ASCII)
_NUMERIC = re.compile(
    r"(?<![\d.:/-])(\d{1,4})(\s?[-/.年년]\s?)(\d{1,2})(\s?[-/.月월]\s?)(\d{1,4})(?![\d:/-])"
    r"(?:\s?[日일]|\.(?!\d))?"
)
_ZONE = r"(?:(?:gmt|utc)?\s?[+\-−]\d{1,2}(?::?\d\d)?(?!\d)|z\b)"
_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})(?:(?:\s?[:h時时시点點]\s?|\.)(\d{2})(?:(?:\s?[:.m分분]\s?)(\d{2})[秒초]?"
    rf"(?:[.,](\d{{1,12}}))?)?[分분]?)(?![\d:])\s?({_ZONE})?",
)
_HOUR = re.compile(rf"(?<![\d:.])(\d{{1,2}})\s?(?=[ap]\.?\s?m\b)({_ZONE})?")
_HALF = re.compile(r"(?<![^\W\d])([ap])\.?\s?m\b\.?")
_OFFSET = re.compile(r"(?:gmt|utc)?\s?([+\-−])(\d{1,2}):?(\d\d)?")
_REMARK = re.compile(r"\([^()]*\)")
WORD = re.compile(r"[^\s\d,:;()+\-–—]+")
_LOG = re.compile(r"(\d{4}):(?=\d\d:)")
# The most frequent forms, which the general way reads ten times slower.
_QUICK = re.compile(
    r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:,? (\d{1,2}):(\d\d)(?::(\d\d))?)?", re.ASCII
)
_TWITTER = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) \+0000 (\d{4})", re.ASCII
)
_DIGITS = re.compile(r"\d+")
_MONTH_TOKEN = [
    "",
    *["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0.001}  # microseconds each


@dataclass(frozen=True, slots=True)
class Style:
    """How a column writes times.

    Attributes
    ----------
    day_first : bool or None
        Whether 03/04/2020 is in April; None: nobody knows, so it is no time.
    language : str
        Of the names of months.
    unit : str
        Of numbers since 1970, one of `UNITS`; ``days``: since 1900, as spreadsheets count;
        empty: by the size of each.
    """

    day_first: bool | None = False
    language: str = "en"
    unit: str = ""


DEFAULT = Style()


class Ambiguous(ValueError):
    """A day and a month that may be exchanged."""


def parse(value: Any, style: Style = DEFAULT) -> datetime:
    """Parse a time.

    Parameters
    ----------
    value : str, number or datetime
        A text in a known format, or seconds, milliseconds, microseconds or nanoseconds
        since 1970.
    style : Style
        How its column writes times.

    Returns
    -------
    datetime.datetime
        In UTC; a time without a zone is taken as UTC.

    Raises
    ------
    KindredError
        ``bad_time``.

    Examples
    --------
    >>> parse("Wed Aug 27 13:08:45 +0000 2008").isoformat()
    '2008-08-27T13:08:45+00:00'
    >>> parse("3/4/2020 4:05 PM", Style(day_first=True)).isoformat()
    '2020-04-03T16:05:00+00:00'
    """
    reason = "is not a time in a known format, such as 2024-05-31T18:00:00Z"
    try:
        time = _parse(value, style)
        if 1 < (zoned := as_utc(time)).year < 9999:
            return zoned
    except Ambiguous:
        reason = "may be day first or month first, and the column has both; write 2024-05-31"
    except (ValueError, OverflowError, OSError):
        pass  # raise below
    # Python refuses to print a number of many thousand digits.
    is_huge = isinstance(value, int) and value.bit_length() > 200
    shown = "A number of this size" if is_huge else repr(str(value)[:40])
    raise KindredError("bad_time", f"{shown} {reason}.")


def _parse(value: Any, style: Style) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_number(value, style)
    text = str(value).strip()
    if not 4 <= len(text) <= LENGTH:
        raise ValueError
    if _ISO.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # with a zone by name, or a clock that is read below
    number = text.replace(",", ".")
    if _NUMBER.fullmatch(text) or (style.unit == "days" and _is_number(number)):
        whole = number.lstrip("+-").isdecimal()
        return from_number(int(number) if whole else float(number), style)
    if _ROUNDED.fullmatch(text):
        raise ValueError  # a spreadsheet has rounded it
    return _quick(text, style) or parse_text(text, style)


def _quick(text: str, style: Style) -> datetime | None:
    """Parse a time in one of the most frequent forms; None for any other."""
    if match := _QUICK.fullmatch(text):
        a, b, year = int(match[1]), int(match[3]), int(match[4])
        day, month = (a, b) if day_is_first(a, b, match[2], style.day_first) else (b, a)
        hour, minute, second = int(match[5] or 0), int(match[6] or 0), int(match[7] or 0)
        if hour == 24:
            return None
    elif match := _TWITTER.fullmatch(text):
        month = words("en").months.get(match[1].lower(), 0)
        day, hour, minute, second, year = map(int, match.groups()[1:])
    else:
        return None
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def from_number(number: float, style: Style) -> datetime:
    """Return the time of a number: since 1970, or its digits are a date (20240531).

    Raises
    ------
    ValueError, OverflowError
    """
    if style.unit == "days":
        return _EXCEL + timedelta(days=number)
    if not style.unit and number == int(number) and (day := from_digits(str(int(number)))):
        return day
    size = abs(number)
    if size < 1e8:
        raise ValueError
    unit = style.unit or ("s" if size < 1e11 else "ms" if size < 1e14 else "us")
    if not style.unit and size >= 1e17:
        unit = "ns"
    micros = number * UNITS[unit] if unit != "ns" else number // 1000
    return _EPOCH + timedelta(microseconds=micros)


def from_digits(digits: str) -> datetime | None:
    """Return the time of 20240531, 202405311800 or 20240531180000; else None."""
    if len(digits) not in (8, 12, 14) or not "1900" < digits[:4] < "2100":
        return None
    year, *others = int(digits[:4]), *(int(digits[i : i + 2]) for i in range(4, len(digits), 2))
    try:
        return datetime(year, *others)  # type: ignore[arg-type]
    except ValueError:
        return None


def parse_text(text: str, style: Style) -> datetime:
    """Parse a date in words or numbers, with or without a clock.

    Raises
    ------
    ValueError
    """
    known = words(style.language)
    rest = _LOG.sub(r"\1 ", text.casefold())
    for phrase, number in known.phrases.items():
        if phrase in rest:
            rest = re.sub(rf"{re.escape(phrase)}(?!\d)", f" {_MONTH_TOKEN[number]} ", rest)
            break
    named = any(_stripped(word) in known.months for word in WORD.findall(rest))
    clock, rest = _clock(rest, named)
    zone: tzinfo | None = clock.zone if clock else None
    if zone is not None:
        rest = _REMARK.sub(" ", rest)
    day: tuple[int, int, int] | None = None
    if not named and (match := _NUMERIC.search(rest)):
        day = numeric_day(match, style.day_first)
        rest = rest[: match.start()] + " " + rest[match.end() :]
    month, half = 0, None if clock is None else clock.half
    for word in map(_stripped, WORD.findall(rest)):
        if word in known.months and not day and not month:
            month = known.months[word]
        elif (plain := word.replace(".", "")) in known.halves and half is None:
            half = known.halves[plain]
        elif word in known.others or word in known.months or word in ("", "t"):
            continue
        elif (zone := zone or _zone(word, text)) is None:
            raise ValueError
    numbers = _DIGITS.findall(rest)
    if day is None:
        day = _day_of(month, numbers)
    elif numbers:
        raise ValueError
    time = datetime(*day)
    if clock is not None:
        time += clock.delta(half)
    return time.replace(tzinfo=zone)


def _stripped(word: str) -> str:
    return word.strip("./'’\"،")


def numeric_day(match: re.Match[str], day_first: bool | None) -> tuple[int, int, int]:
    """Return year, month and day of a date in numbers.

    Raises
    ------
    ValueError
        `Ambiguous` where day and month may be exchanged and `day_first` is None.
    """
    first, middle, last = match[1], int(match[3]), match[5]
    if len(first) > 2:
        if len(last) > 2:
            raise ValueError
        return _full(first), *(_swapped(middle, int(last)))
    a, b = int(first), middle
    if len(last) in (1, 3) or (len(last) == 2 and a > 31):
        raise ValueError
    if day_is_first(a, b, match[2], day_first):
        return _full(last), b, a
    return _full(last), a, b


def day_is_first(a: int, b: int, separator: str, day_first: bool | None) -> bool:
    """Whether `a` is the day of a date ``a/b/year``, by its values and as the column has it.

    Raises
    ------
    Ambiguous
        Where nothing tells.
    """
    if a > 12 or b > 12 or a == b:
        return a > 12
    if "." in separator:
        return True  # where dots are used, the day is first
    if day_first is None:
        raise Ambiguous
    return day_first


def _swapped(month: int, day: int) -> tuple[int, int]:
    return (day, month) if month > 12 else (month, day)


def _full(year: str) -> int:
    number = int(year)
    return number if len(year) > 2 else number + (2000 if number < 69 else 1900)


def _day_of(month: int, numbers: list[str]) -> tuple[int, int, int]:
    """Return the day of a named month: the other numbers are a day and a year."""
    if not month or len(numbers) != 2:
        raise ValueError
    years = [n for n in numbers if len(n) == 4]
    year = years[0] if len(years) == 1 else numbers[1]
    numbers.remove(year)
    return _full(year), month, int(numbers[0])


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int = 0
    second: int = 0
    micros: int = 0
    half: int | None = None
    zone: tzinfo | None = None

    def delta(self, half: int | None) -> timedelta:
        hour = self.hour
        if half is not None and hour <= 12:
            hour = hour % 12 + half
        if hour > 24 or self.minute > 59 or self.second > 60:
            raise ValueError
        return timedelta(
            hours=hour, minutes=self.minute, seconds=self.second, microseconds=self.micros
        )


def _clock(text: str, named: bool) -> tuple[_Clock | None, str]:
    """Find the clock of a time, `named` if its month is; return it, and the text without it."""
    # A date with dots may look like a clock: the clock comes last, the year may follow it.
    matches = list(_CLOCK.finditer(text))
    match = next((m for m in matches if ":" in m[0]), matches[-1] if matches else None)
    if match and not named and "." in match[0] and ":" not in match[0]:
        day = _NUMERIC.search(text)
        if day and day.start() <= match.start() < day.end():
            match = None
    found: _Clock | None = None
    if match:
        fraction = (match[4] or "0")[:6].ljust(6, "0")
        found = _Clock(
            int(match[1]), int(match[2]), int(match[3] or 0), int(fraction), None, _offset(match[5])
        )
    elif match := _HOUR.search(text):
        found = _Clock(int(match[1]), zone=_offset(match[2]))
    if found is None or match is None:
        return None, text
    rest = text[: match.start()] + " " + text[match.end() :]
    if half := _HALF.search(rest):
        after = rest[half.end() :]
        zone = found.zone
        if zone is None and (following := re.match(rf"\s*({_ZONE})", after)):
            zone, after = _offset(following[1]), after[following.end() :]
        rest = rest[: half.start()] + " " + after
        found = _Clock(
            found.hour, found.minute, found.second, found.micros, 12 * (half[1] == "p"), zone
        )
    return found, rest


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "z":
        return UTC
    match = _OFFSET.fullmatch(text.strip())
    assert match is not None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    if match[3] is None and len(match[2]) > 2:
        raise ValueError
    return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))


def _zone(word: str, text: str) -> tzinfo | None:
    if word in ZONES:
        return timezone(timedelta(hours=ZONES[word]))
    if word in DOUBTFUL_ZONES:
        return timezone(timedelta(hours=DOUBTFUL_ZONES[word][0]))
    if "/" in word:
        return _named_zone(text[text.casefold().find(word) :][: len(word)])
    return None


@lru_cache(maxsize=64)
def _named_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
