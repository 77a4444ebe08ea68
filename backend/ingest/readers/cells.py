"""Normalise the cells of tables that anybody may have written."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from backend.ingest.readers.html import to_text

# How programs write that a cell is empty: pandas, R, SQL, spreadsheets.
_NOTHING = frozenset(
    ("nan", "NaN", "NAN", "NA", "<NA>", "N/A", "#N/A", "null", "NULL", "None", "NaT", "\\N")
)
_EXACT = 2**53  # floats hold whole numbers up to here exactly
# Tags of posts; "a <b" in a text is none of them.
_MARKUP = re.compile(
    r"</?(?:p|br|a|b|i|u|em|strong|span|div|img|ul|ol|li|blockquote|h[1-6]|code|pre|del|s|font"
    r"|table|t[rdh]|script|style)(?:\s[^<>]*|/|\s*)>|<!--",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d?);", re.IGNORECASE)
# A letter that UTF-8 begins with, and a byte that follows it, both read as Windows-1252.
_MOJIBAKE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013-\u203a\u20ac\u2122]"
)
_INNER = ("text", "content", "body", "rendered", "value", "plain", "caption", "#text", "$t")
_NAMES = ("text", "name", "tag", "hashtag", "title", "label", "value", "slug")
_ITEMS = 200  # of a list


def is_nothing(value: Any) -> bool:
    """Whether a cell is empty, however its program writes that.

    Examples
    --------
    >>> is_nothing(float("nan")), is_nothing("NULL"), is_nothing(0)
    (True, True, False)
    """
    if isinstance(value, np.ndarray):
        return False  # a vector
    if value is None or value == "":
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and (value in _NOTHING or not value.strip())


def plain(value: Any) -> Any:
    """Return a cell without what is due to its program: NaN is nothing, 12345.0 is 12345."""
    if isinstance(value, str):
        return None if value in _NOTHING else value
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if value == int(value) if math.isfinite(value) else False:
            return int(value) if abs(value) <= _EXACT else value
    return value


def identifier(value: Any) -> str:
    """Return an id or a name without what a program added to a whole number.

    Examples
    --------
    >>> identifier("12345.0"), identifier(77.0), identifier(" anna ")
    ('12345', '77', 'anna')
    """
    shown = str(plain(value)).strip()
    return shown[:-2] if shown.endswith(".0") and shown[:-2].isdecimal() else shown


def text(value: Any) -> str | None:
    r"""Return the text of a cell: of markup, of a list of pieces, of an object.

    Examples
    --------
    >>> text("Fish &amp; chips<br>for all")
    'Fish & chips\nfor all'
    >>> text(["Look at ", {"type": "link", "text": "https://x.example"}, "!"])
    'Look at https://x.example!'
    """
    value = plain(value)
    if value is None or isinstance(value, bytes | bool):
        return None
    if isinstance(value, Mapping):
        inner = next((value[key] for key in _INNER if isinstance(value.get(key), str)), None)
        return text(inner)
    if isinstance(value, list | tuple):
        pieces = [text(item) or "" for item in value[:_ITEMS]]
        # Pieces of one text have objects among them; else each is a text of its own.
        one = any(isinstance(item, Mapping) for item in value[:_ITEMS])
        return ("" if one else "\n").join(pieces) or None
    return repaired(_shown(str(value)))


def _shown(text_: str) -> str:
    """Return what a page would show of markup; other texts are as they are."""
    if "<" in text_ and _MARKUP.search(text_):
        return to_text(text_)
    if "&" in text_ and _ENTITY.search(text_):
        # Without tags every line end counts.
        return "\n".join(to_text(line) if "&" in line else line for line in text_.split("\n"))
    return text_


def repaired(text_: str) -> str:
    """Return a text in which UTF-8 was read as Latin-1 or Windows-1252 as it was meant.

    Only where it is certain; see `ftfy.fix_encoding`.

    Examples
    --------
    >>> repaired("schÃ¶n"), repaired("Ã la carte")
    ('schön', 'Ã la carte')
    """
    if text_.isascii() or not _MOJIBAKE.search(text_):
        return text_
    from ftfy import fix_encoding

    return fix_encoding(text_)


def names(value: Any) -> list[str]:
    """Return the names in a cell of tags or labels: a list, a list in a text, objects.

    Examples
    --------
    >>> names("['sun', 'sea']"), names([{"text": "sun"}]), names(12.0)
    (['sun', 'sea'], ['sun'], ['12'])
    """
    value = plain(value)
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        value = _from_json(value.strip())
    if is_nothing(value) or isinstance(value, bytes):
        return []
    if isinstance(value, Mapping):
        value = [next((value[key] for key in _NAMES if value.get(key)), None)]
    if not isinstance(value, list | tuple | set):
        value = [value]
    found = []
    for item in list(value)[:_ITEMS]:
        if isinstance(item, Mapping):
            item = next((item[key] for key in _NAMES if item.get(key)), None)
        item = plain(item)
        if not is_nothing(item) and not isinstance(item, bytes | list | dict):
            found.append(str(item).strip())
    return found


def _from_json(text_: str) -> Any:
    for candidate in (text_, text_.replace("'", '"').replace("None", "null")):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return text_
