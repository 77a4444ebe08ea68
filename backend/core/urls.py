"""Reading paths and the values of URL parameters, which may be anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DIGITS = 9
MANY = 10**DIGITS  # stands for all larger numbers; nothing in a URL counts that far


def parse_int(raw: str) -> int | None:
    """Read a non-negative integer of any length.

    ``int`` refuses strings of thousands of digits.

    Returns
    -------
    int or None
        `MANY` for more than nine digits, None for anything else than digits.

    Examples
    --------
    >>> parse_int("12"), parse_int("9" * 5_000), parse_int("-1"), parse_int("")
    (12, 1000000000, None, None)
    """
    if not raw.isdecimal():
        return None
    return int(raw) if len(raw) <= DIGITS else MANY


def path_in_app(scope: Mapping[str, Any]) -> str:
    """Return the path of an ASGI request, below where the app is mounted.

    Examples
    --------
    >>> path_in_app({"path": "/kindred/search", "root_path": "/kindred"})
    '/search'
    """
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
