"""How the vectors of a corpus are searched, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from app.common.palette import KIND_NAMES
from backend.search import IndexChoice

_ORDER = (("lists", True), ("lists", False), ("store", True), ("store", False), ("exact", True))


def search_status(choices: Sequence[IndexChoice]) -> str:
    """Say which kinds are searched exactly, and what share of the nearest the others find.

    >>> from backend.domain import Kind
    >>> search_status([IndexChoice(Kind.POST, 4_000, "exact")])
    'Search: exact'
    >>> posts = IndexChoice(Kind.POST, 10**6, "lists", True, 0.992)
    >>> search_status([posts, IndexChoice(Kind.WORD, 9, "exact")])
    'Search: posts approximate (finds 99.2% of the ten nearest), words exact'
    >>> search_status([IndexChoice(Kind.POST, 10**6, "lists", False)])
    'Search: posts exact until their index is built'
    """
    if all(choice.way == "exact" for choice in choices):
        return "Search: exact" if choices else ""
    parts = []
    for way, ready in _ORDER:
        some = [c for c in choices if (c.way, c.ready) == (way, ready)]
        if not some:
            continue
        *first, last = (KIND_NAMES[choice.kind][1] for choice in some)
        names = f"{', '.join(first)} and {last}" if first else last
        recalls = [c.recall for c in some if c.recall is not None]
        share = f"{min(recalls):.1%} of the ten nearest" if recalls else "most of the nearest"
        if way == "exact":
            parts.append(f"{names} exact")
        elif not ready and way == "store":
            parts.append(
                f"{names} slow, because their vectors exceed the memory limit; "
                "run `python -m backend index`"
            )
        elif not ready:
            parts.append(f"{names} exact until their index is built")
        elif way == "lists":
            least = "at least " if len(some) > 1 else ""
            parts.append(f"{names} approximate (finds {least}{share})")
        else:
            parts.append(f"{names} by an index on disk, as their vectors exceed the memory limit")
    return "Search: " + ", ".join(parts)
