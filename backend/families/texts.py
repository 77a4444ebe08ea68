"""Near-copies among texts, by MinHash of their letters."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from datasketch import MinHash, MinHashLSH
from scipy.cluster.hierarchy import DisjointSet

from backend.core.progress import Progress
from backend.settings import SEED
from backend.text.search_tokens import fold

# A shorter text is no copy of another: many people say "good morning".
LEAST = 24  # letters and digits
SHARED = 0.5  # of the shingles of both texts
CONTAINED = 0.8  # of the shingles of the shorter one, in a longer one
_SHINGLE = 5  # characters
# 24 bands of 3 values: of the pairs that share half of their shingles, 96 % are compared.
_BANDS, _ROWS = 24, 3
_ADDRESSED = re.compile(r"https?://\S+|(?<!\w)@[\w.]+")
_SIGNS = re.compile(r"[\W_]+")
_PART = 2_000  # texts between two reports of the progress
# Bounds where thousands of texts follow one template: of a group, so many texts are compared with
# later ones, and each of those with so many of them.
_STANDING, _TRIES = 50, 8


def form(text: str | None) -> str:
    """Return a text without case, accents, signs, links and mentions; empty if it is short.

    Examples
    --------
    >>> form("BISCUIT is missing!! Small, brown dog https://a.example"), form("Good morning")
    ('biscuit is missing small brown dog', '')
    """
    flat = _flat(text)
    return flat if len(flat) >= LEAST else ""


def short_form(text: str | None) -> str:
    """Return a text of any length as `form` does, or its signs where it has nothing else.

    Examples
    --------
    >>> short_form("Good morning!! @anna"), short_form("😡"), short_form("https://a.example")
    ('good morning', '😡', '')
    """
    return _flat(text) or _ADDRESSED.sub(" ", text or "").strip()


def _flat(text: str | None) -> str:
    return _SIGNS.sub(" ", fold(_ADDRESSED.sub(" ", text or ""))).strip()


def pairs(forms: Sequence[str], progress: Progress | None = None) -> np.ndarray:
    """Find pairs of near-copies among different forms that connect all copies of a text.

    Parameters
    ----------
    forms : sequence of str
        As `form` returns them, each once and none empty.
    progress : callable, optional

    Returns
    -------
    numpy.ndarray
        ``(m, 2)`` int64 indices of texts that are near-copies.
    """
    index = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
    first = MinHash(num_perm=_BANDS * _ROWS, seed=SEED % 2**32, hashfunc=zlib.crc32)
    found: list[tuple[int, int]] = []
    group = DisjointSet()
    standing: dict[int, int] = {}  # texts in the index, by group
    for number, one in enumerate(forms):
        signature = first.copy()
        signature.update_batch([piece.encode() for piece in _shingles(one)])
        group.add(number)
        for other in _candidates(sorted(index.query(signature)), group):
            if not group.connected(other, number) and are_copies(forms[other], one):
                found.append((other, number))
                count = sum(standing.pop(group[i], 0) for i in (other, number))
                group.merge(other, number)
                standing[group[number]] = count
        if standing.get(group[number], 0) < _STANDING:
            index.insert(number, signature, check_duplication=False)
            standing[group[number]] = standing.get(group[number], 0) + 1
        if progress is not None and number % _PART == 0:
            progress(number, len(forms))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _candidates(near: Sequence[int], group: DisjointSet) -> Iterator[int]:
    """Yield some of the texts that may be copies, a few of each group."""
    tried: dict[int, int] = {}
    root = {other: group[other] for other in near}
    for other in near:
        tried[root[other]] = tried.get(root[other], 0) + 1
        if tried[root[other]] <= _TRIES:
            yield other


def are_copies(one: str, other: str) -> bool:
    """Whether two forms are near-copies: much of both is shared, or one holds the other."""
    a, b = _shingles(one), _shingles(other)
    both = len(a & b)
    return both >= SHARED * (len(a) + len(b) - both) or both >= CONTAINED * min(len(a), len(b))


def _shingles(one: str) -> set[str]:
    return {one[i : i + _SHINGLE] for i in range(max(1, len(one) - _SHINGLE + 1))}
