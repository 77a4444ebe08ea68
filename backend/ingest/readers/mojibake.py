"""Mend texts whose UTF-8 was written as Latin-1, as in the exports of Meta."""

from __future__ import annotations

import re
from typing import Any

_FIRST_BYTES = re.compile(r"[\u00c2-\u00f4][\u0080-\u00bf]")


def mended(value: Any) -> Any:
    r"""Mend texts, and those in lists and objects, that turn back without loss.

    Examples
    --------
    >>> mended({"a": ["Caf\u00c3\u00a9", "Zo\u00e9"]})
    {'a': ['Café', 'Zoé']}
    """
    if isinstance(value, str):
        if value.isascii() or not _FIRST_BYTES.search(value):
            return value
        try:
            return value.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return value
    if isinstance(value, list):
        return [mended(item) for item in value]
    if isinstance(value, dict):
        return {mended(name): mended(item) for name, item in value.items()}
    return value
