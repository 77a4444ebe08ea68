"""Hits that are nearly the same post: one is shown, and how many are like it."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence

from backend.text.search_tokens import BREAK, STEM

ALIKE = 0.8  # share of the words of two posts that both have (Jaccard)
_LEAST = 5  # words of a text that can be called nearly the same
_SALTS = (0x0, 0x9E3779B9, 0x7F4A7C15)  # of the hashes that find candidates (Broder 1997)


def text_of(tokens: str) -> frozenset[str]:
    """Return the words of a post from its tokens in the full-text index.

    What copies of a post differ in is left out: accounts, hashtags, emoji and numbers.

    Examples
    --------
    >>> sorted(text_of("good morning @anna #sun 2024 ~morn"))
    ['good', 'morning']
    """
    words = tokens.split(" ")
    return frozenset(w for w in words if w != BREAK and not w.startswith(STEM) and w.isalpha())


def first_of_alike(
    ids: Sequence[str],
    groups: Sequence[int],
    texts: Mapping[str, str],
    limit: int,
    gone: Collection[int] = (),
) -> list[tuple[int, tuple[str, ...]]]:
    """Return the rows of the best of posts that are alike, each with the ids of the others.

    Parameters
    ----------
    ids : sequence of str
        Best first.
    groups : sequence of int
        Duplicate group of each.
    texts : mapping of str to str
        Tokens of some, as in the full-text index.
    limit : int
        Rows at most.
    gone : collection of int
        Groups that are no hits.
    """
    rows: list[int] = []
    others: list[list[str]] = []
    of_group: dict[int, int] = {}
    of_hash: dict[tuple[int, int], list[int]] = {}
    words: list[frozenset[str]] = []
    for row, (id_, group) in enumerate(zip(ids, groups, strict=True)):
        if group in gone:
            continue
        place = of_group.get(group)
        text = text_of(texts[id_]) if id_ in texts else frozenset()
        keys = _keys(text)
        if place is None:
            near = {place for key in keys for place in of_hash.get(key, ())}
            place = next((p for p in sorted(near) if _share(text, words[p]) >= ALIKE), None)
        if place is not None:
            others[place].append(id_)
            of_group.setdefault(group, place)
        elif len(rows) < limit:
            of_group[group] = len(rows)
            for key in keys:
                of_hash.setdefault(key, []).append(len(rows))
            rows.append(row)
            words.append(text)
            others.append([])
    return [(row, tuple(some)) for row, some in zip(rows, others, strict=True)]


def _keys(text: frozenset[str]) -> list[tuple[int, int]]:
    """Return hashes of which two texts that are alike nearly always share one."""
    if len(text) < _LEAST:
        return []
    sums = [zlib.crc32(word.encode()) for word in text]
    return [(salt, min(number ^ salt for number in sums)) for salt in _SALTS]


def _share(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / max(1, len(one | two))
