"""How the vectors of a corpus are searched, in one quiet line."""

from __future__ import annotations

from collections.abc import Sequence

from backend.domain import Kind
from backend.search import IndexChoice

_NAMES = {
    Kind.TEXT: "texts",
    Kind.IMAGE: "images",
    Kind.AUDIO: "sounds",
    Kind.POST: "posts",
    Kind.USER: "users",
    Kind.WORD: "words",
}
_ORDER = (("lists", True), ("lists", False), ("store", True), ("store", False), ("exact", True))


def told(choices: Sequence[IndexChoice]) -> str:
    """Which kinds are searched exactly and which not, and what that costs.

    >>> told([Choice(Kind.POST, 4_000, "exact")])
    'Search: exact'
    >>> told([Choice(Kind.POST, 10**6, "lists", True, 0.992), Choice(Kind.WORD, 9, "exact")])
    'Search: posts by lists that find 99.2% of the ten nearest, words exact'
    >>> told([Choice(Kind.POST, 10**6, "lists", False)])
    'Search: posts exact until their index is made'
    """
    if all(choice.way == "exact" for choice in choices):
        return "Search: exact" if choices else ""
    parts = []
    for way, ready in _ORDER:
        some = [c for c in choices if (c.way, c.ready) == (way, ready)]
        if not some:
            continue
        names = _NAMES[some[0].kind]
        if len(some) > 1:
            names = ", ".join(_NAMES[c.kind] for c in some[:-1]) + " and " + _NAMES[some[-1].kind]
        found = [c.recall for c in some if c.recall is not None]
        share = f"{min(found):.1%} of the ten nearest" if found else "most of the nearest"
        if way == "exact":
            parts.append(f"{names} exact")
        elif not ready and way == "store":
            parts.append(
                f"{names} by reading all vectors, which exceed the memory allowed, until "
                "`python -m backend index` is run"
            )
        elif not ready:
            parts.append(f"{names} exact until their index is made")
        elif way == "lists":
            least = "at least " if len(some) > 1 else ""
            parts.append(f"{names} by lists that find {least}{share}")
        else:
            parts.append(f"{names} by the store's own index: they exceed the memory allowed")
    return "Search: " + ", ".join(parts)
