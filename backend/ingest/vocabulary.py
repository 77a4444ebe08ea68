"""The words of a corpus: what several of its posts are tagged with or say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from backend.domain import EMOTIONS

MOST = 2_000
POSTS_A_WORD = 10  # a corpus has at most a tenth as many words as posts
_WORD = re.compile(r"(?<![\w@#/.])[^\W\d_]{3,24}(?![\w@])")
_READ = 2_000  # characters of a text
_COMMON = 0.1  # a word in more of the posts than this says nothing


def words(tables: Iterable[pa.Table]) -> list[str]:
    """Choose the words: tags first, then words of texts, the most frequent.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Posts with the columns ``text`` and ``tags``.

    Returns
    -------
    list of str
        Sorted; the names of the emotions are always there.
    """
    tags: Counter[str] = Counter()
    said: Counter[str] = Counter()
    posts = 0
    for table in tables:
        for row in table.to_pylist():
            posts += 1
            tags.update({t.lower() for t in row["tags"] or () if len(t) < 40 and not t.isdigit()})
            said.update(set(_WORD.findall((row["text"] or "")[:_READ].lower())))
    room = min(MOST, max(20, posts // POSTS_A_WORD))
    found = [tag for tag, n in _ranked(tags) if n > 1][:room]
    limit = max(3, _COMMON * posts)
    found += [w for w, n in _ranked(said) if 2 < n < limit and w not in tags][: room - len(found)]
    return sorted({*found, *EMOTIONS})


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))
