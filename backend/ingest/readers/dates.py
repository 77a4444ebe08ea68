"""Parse times in the formats of common exports."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from backend.corpus.schema import as_utc
from backend.domain import KindredError

# Twitter, RFC 2822, Flickr, spreadsheets; ISO 8601 is tried first.
_FORMATS = (
    "%a %b %d %H:%M:%S %z %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %Y %H:%M:%S %z",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%B %d, %Y",
    "%d %B %Y",
)
_DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d-%m-%Y")
_MONTH_FIRST = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y")
_NUMBER = re.compile(r"-?\d{9,17}(\.\d{1,9})?")
_FRACTION = re.compile(r"\.\d$")


def parse(value: Any, *, day_first: bool = False) -> datetime:
    """Parse a time.

    Parameters
    ----------
    value : str, number or datetime
        A text in a known format, or seconds, milliseconds or microseconds since 1970.
    day_first : bool
        Whether 03/04/2020 is in April (3 April).

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
    >>> parse("3.4.2020", day_first=True).date().isoformat()
    '2020-04-03'
    """
    time: datetime | None = None
    if isinstance(value, datetime):
        time = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        time = _from_epoch(value)
    else:
        text = str(value).strip()
        if len(text) <= 64:
            is_number = _NUMBER.fullmatch(text)
            time = _from_epoch(float(text)) if is_number else _parse_text(text, day_first)
    try:
        if time is not None and 1 < (zoned := as_utc(time)).year < 9999:
            return zoned
    except (ValueError, OverflowError):
        pass  # out of range: raise below
    # Python refuses to print a number of many thousand digits.
    is_huge = isinstance(value, int) and value.bit_length() > 200
    shown = "A number of this size" if is_huge else repr(str(value)[:40])
    raise KindredError(
        "bad_time", f"{shown} is not a time in a known format, such as 2024-05-31T18:00:00Z."
    )


def _from_epoch(number: float) -> datetime | None:
    size = abs(number)
    scale = 1 if size < 1e11 else 1e3 if size < 1e14 else 1e6
    try:
        return datetime.fromtimestamp(number / scale, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _parse_text(text: str, day_first: bool) -> datetime | None:
    iso = _FRACTION.sub("", text.removesuffix(" UTC"))
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        pass  # not ISO 8601: try the formats below
    slash_formats = (*_DAY_FIRST, *_MONTH_FIRST) if day_first else (*_MONTH_FIRST, *_DAY_FIRST)
    for format_ in (*_FORMATS, *slash_formats):
        try:
            return datetime.strptime(iso, format_)
        except ValueError:
            continue
    return None
