"""Choose the words of a corpus from the tags and texts of its posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from backend.domain import EMOTIONS
from backend.text.tokens import LONE_WORD

MAX_WORDS = 2_000
POSTS_A_WORD = 10  # a corpus has at most a tenth as many words as posts
_READ = 2_000  # characters of a text that are read
_COMMON = 0.1  # share of the posts above which a word is too common


def words(tables: Iterable[pa.Table]) -> list[str]:
    """Choose the most frequent tags, then the most frequent words of texts.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Posts with the columns ``text`` and ``tags``.

    Returns
    -------
    list of str
        Sorted; always with the names of the emotions.
    """
    tags: Counter[str] = Counter()
    text_words: Counter[str] = Counter()
    posts = 0
    for table in tables:
        for row in table.to_pylist():
            posts += 1
            tags.update({t.lower() for t in row["tags"] or () if len(t) < 40 and not t.isdigit()})
            text_words.update(set(LONE_WORD.findall((row["text"] or "")[:_READ].lower())))
    room = min(MAX_WORDS, max(20, posts // POSTS_A_WORD))
    chosen = [tag for tag, n in _ranked(tags) if n > 1][:room]
    limit = max(3, _COMMON * posts)
    chosen += [w for w, n in _ranked(text_words) if 2 < n < limit and w not in tags][
        : room - len(chosen)
    ]
    return sorted({*chosen, *EMOTIONS})


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))
