"""Full-text search among a million texts: ``python -m bench full_text [--size N]``.

Texts of twelve words each, drawn from the shipped posts, indexed as the app does
(`backend.corpus.full_text`); queries of two words that a text has, and phrases of two. The
peer, in the same run: SQLite's FTS5 on the same tokens, ranked by BM25. Also: what a filter
that passes every other post adds to a query.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend.corpus.full_text import FullText
from backend.domain import Kind
from backend.search import VectorIndex
from backend.search.hybrid.encoded import EncodedTerm
from backend.search.hybrid.full_text import nothing_seen
from backend.search.hybrid.words import Allowed, find_words
from backend.settings import ASSETS, SEED
from backend.text.search_tokens import search_tokens

SIZE, QUERIES, LIMIT, LENGTH = 1_000_000, 100, 200, 12


def make_texts(size: int) -> list[str]:
    """Return texts of words of the shipped posts, as often as those have them."""
    shipped = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["text", "title"])
    joined = (f"{row['title'] or ''} {row['text'] or ''}" for row in shipped.to_pylist())
    words = np.array([word for text in joined for word in search_tokens(text)], dtype=object)
    chosen = np.random.default_rng(SEED).integers(0, len(words), (size, LENGTH))
    return [" ".join(words[row]) for row in chosen]


def stand_in(texts: Sequence[str]) -> Any:
    """Return what an index reads of a corpus."""
    empty = pa.nulls(len(texts), pa.string())
    columns = dict.fromkeys(("title", "written", "said", "user", "group"), empty)
    table = pa.table(
        {
            "id": [f"p{i:07d}" for i in range(len(texts))],
            "text": texts,
            "tags": pa.nulls(len(texts), pa.list_(pa.string())),
            "language": pa.array(["en"] * len(texts)),
            "added": pa.array(np.zeros(len(texts), np.int64)).cast(pa.timestamp("us")),
            **columns,
        }
    )
    head = SimpleNamespace(tables={}, uid="bench", origin="")
    return SimpleNamespace(
        table=lambda names, ids=None: table.select(list(names)),
        info=lambda: SimpleNamespace(posts=len(texts)),
        user_names=dict,
        head=head,
        name="bench",
        ids=table["id"].combine_chunks(),
    )


def timed(calls: Sequence[Callable[[], object]]) -> str:
    """Return the median and the 95th percentile of some calls in milliseconds."""
    seconds = []
    for call in calls:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return f"{1e3 * np.median(seconds):7.2f} {1e3 * np.percentile(seconds, 95):7.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench full_text", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE)
    size = parser.parse_args().size
    folder = Path(tempfile.mkdtemp(prefix="kindred-bench-"))
    try:
        _run(size, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(size: int, folder: Path) -> None:
    texts = make_texts(size)
    corpus, index = stand_in(texts), FullText(folder / "index")
    start = time.perf_counter()
    index.make(corpus, "bench", nothing_seen)
    print(f"{size:,} texts indexed in {time.perf_counter() - start:.0f} s")
    reader = index.open()
    assert reader is not None
    picked = np.random.default_rng(1).choice(size, QUERIES, replace=False)
    queries = [texts[row].split(" ")[:2] for row in picked]
    terms = [EncodedTerm(Kind.TEXT, 1.0, np.zeros(1), {}, " ".join(query)) for query in queries]
    reader.search(queries[0], LIMIT)
    print(f"{'milliseconds':32} {'median':>7} {'95 %':>7}")
    print(f"{'two words':32} {timed([lambda q=q: reader.search(q, LIMIT) for q in queries])}")
    print(f"{'a phrase of two':32} {timed([lambda q=q: reader.phrase(q, LIMIT) for q in queries])}")
    every = [lambda t=t: find_words(reader, [t], ("en",), LIMIT) for t in terms]
    print(f"{'all of the part of words':32} {timed(every)}")
    vectors = VectorIndex(corpus.ids.to_pylist(), np.ones((size, 2), np.float32))
    half = corpus.ids.filter(pa.array(np.arange(size) % 2 == 0))
    allowed = Allowed(half, lambda ids: vectors.passes(ids, half))
    allowed.passes(["p0000000"])  # the first search with a filter locates its posts
    among = [lambda t=t: find_words(reader, [t], ("en",), LIMIT, allowed) for t in terms]
    print(f"{'the same among half of them':32} {timed(among)}")
    print(f"{'SQLite FTS5, two words':32} {timed(_peer(texts, queries, folder))}")


def _peer(
    texts: Sequence[str], queries: Sequence[Sequence[str]], folder: Path
) -> list[Callable[[], object]]:
    database = sqlite3.connect(folder / "peer.sqlite")
    database.execute("create virtual table posts using fts5(words)")
    database.executemany("insert into posts values (?)", ((text,) for text in texts))
    database.commit()
    line = "select rowid from posts where posts match ? order by rank limit ?"

    def ask(query: Sequence[str]) -> object:
        words = " OR ".join(f'"{word}"' for word in query)
        return database.execute(line, (words, LIMIT)).fetchall()

    return [lambda q=q: ask(q) for q in queries]


if __name__ == "__main__":
    main()
