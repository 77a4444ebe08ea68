"""Full-text and hybrid search among a million texts: ``python -m bench full_text [--size N]``.

Texts of twelve words each, drawn from the shipped posts, in a corpus with small vectors
(`bench.hybrid_corpus`), indexed as the app does (`backend.corpus.full_text`); queries of two words
that a text has, and phrases of two. The peer, in the same run and in turns: SQLite's FTS5 with
what the index has of each text, ranked by BM25. Also: what a filter adds to a query, of 2,000
ids or of every other post; and hybrid search as the app does it after the encoders
(`HybridSearcher`: words, related words, meaning, joint space, their rank). Beside a median stands
its limit, where there is one, and the processor time, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend.corpus import Corpus
from backend.corpus.full_text import TABLE, FullTextReader
from backend.domain import Kind
from backend.search import Searcher
from backend.search.hybrid.full_text import full_text_of, make_full_text, open_full_text
from backend.search.hybrid.searcher import HybridSearcher
from backend.search.hybrid.words import Allowed, find_words
from backend.search.index.ids import strings
from backend.settings import ASSETS, SEED
from backend.text.search_tokens import search_tokens
from bench import hybrid_corpus
from bench.hybrid_corpus import BUNDLE
from bench.index_process import resident

SIZE, QUERIES, WARM, LIMIT, LENGTH, FEW = 1_000_000, 100, 5, 200, 12, 2_000
LIMITS = {"two words": 10, "hybrid search without the encoders": 40}
Ask = Callable[[Sequence[str], str], object]


def make_texts(size: int) -> list[str]:
    """Return texts of words of the shipped posts, as often as those have them."""
    shipped = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["text", "title"])
    joined = (f"{row['title'] or ''} {row['text'] or ''}" for row in shipped.to_pylist())
    words = np.array([word for text in joined for word in search_tokens(text)], dtype=object)
    chosen = np.random.default_rng(SEED).integers(0, len(words), (size, LENGTH))
    return [" ".join(words[row]) for row in chosen]


def timed(searches: dict[str, Callable[[int], object]]) -> None:
    """Print the times of some searches, which take turns, so that load affects all alike."""
    wall: dict[str, list[float]] = {name: [] for name in searches}
    used: dict[str, list[float]] = {name: [] for name in searches}
    for n in (*range(WARM), *range(QUERIES)):
        for name, search in searches.items():
            start, before = time.perf_counter(), time.process_time()
            search(n)
            wall[name].append(1e3 * (time.perf_counter() - start))
            used[name].append(1e3 * (time.process_time() - before))
    print(f"{'milliseconds':42} {'median':>7} {'limit':>5} {'95 %':>7} {'processor':>9}")
    for name in searches:
        middle, most = np.percentile(wall[name][WARM:], (50, 95))
        limit = LIMITS.get(name, "")
        used_ms = np.median(used[name][WARM:])
        print(f"{name:42} {middle:7.2f} {limit:>5} {most:7.2f} {used_ms:9.2f}", flush=True)


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
    corpus = hybrid_corpus.make(folder / "corpus", texts)
    picked = np.random.default_rng(1).choice(size, QUERIES, replace=False)
    queries = [texts[row].split(" ")[:2] for row in picked]
    del texts
    took = stopwatch()
    make_full_text(corpus, BUNDLE)
    print(f"{size:,} texts indexed in {took()}; {_megabytes(full_text_of(corpus).folder)} on disk")
    before = resident()
    reader = open_full_text(corpus, BUNDLE)
    assert reader is not None
    for query in queries:
        reader.search(query, LIMIT)
    own, files = (resident()[name] - before[name] for name in ("own", "files"))
    print(f"opened and asked {QUERIES} times: {own:.0f} MB of its own, {files:.0f} of mapped files")
    took = stopwatch()
    ask = _peer(corpus, folder / "peer.sqlite")
    print(f"SQLite FTS5 filled in {took()}; {_megabytes(folder / 'peer.sqlite')} on disk")
    took = stopwatch()
    hybrid_corpus.prepare_vectors(corpus)
    print(f"vectors indexed in {took()}")
    _time(corpus, reader, queries, ask)


def _time(
    corpus: Corpus, reader: FullTextReader, queries: Sequence[Sequence[str]], ask: Ask
) -> None:
    searcher = Searcher(corpus, BUNDLE, centre=True)
    hybrid, vectors = HybridSearcher(searcher), searcher.index(Kind.POST)
    ids = strings(corpus.table(["id"])["id"])
    half = ids.filter(pa.array(np.arange(len(ids)) % 2 == 0))
    allowed = Allowed(half, lambda some: vectors.passes(some, half))
    rows = np.sort(np.random.default_rng(3).choice(len(ids), min(FEW, len(ids) // 2), False))
    few = ids.take(pa.array(rows)).to_pylist()
    encoded = hybrid_corpus.encoded([" ".join(query) for query in queries])
    print(f"hits of hybrid search: {len(hybrid.search(encoded[0], [Kind.POST]).hits[Kind.POST])}")
    timed(
        {
            "two words": lambda n: reader.search(queries[n], LIMIT),
            "a phrase of two": lambda n: reader.phrase(queries[n], LIMIT),
            "two words among 2,000 ids": lambda n: reader.search(queries[n], LIMIT, allowed=few),
            "all of the part of words": lambda n: find_words(
                reader, encoded[n].terms, ("en",), LIMIT
            ),
            "the same among half of them": lambda n: find_words(
                reader, encoded[n].terms, ("en",), LIMIT, allowed
            ),
            "hybrid search without the encoders": lambda n: hybrid.search(encoded[n], [Kind.POST]),
            "SQLite FTS5, two words": lambda n: ask(queries[n], " OR "),
            "SQLite FTS5, a phrase of two": lambda n: ask(queries[n], " + "),
        }
    )


def _peer(corpus: Corpus, path: Path) -> Ask:
    """Fill SQLite's index with what the index has of each text; return how to ask it."""
    index = full_text_of(corpus)
    head = index.head()
    assert head is not None
    table = lancedb.connect(index.folder / head.folder).open_table(TABLE)
    database = sqlite3.connect(path)
    split = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'"  # at spaces only
    database.execute(
        f'create virtual table posts using fts5(id unindexed, words, tokenize="{split}")'
    )
    for rows in table.search().select(["id", "words"]).to_batches():
        pairs = zip(rows["id"].to_pylist(), rows["words"].to_pylist(), strict=True)
        database.executemany("insert into posts values (?, ?)", pairs)
    database.commit()
    line = "select id, words from posts where posts match ? order by rank limit ?"

    def ask(query: Sequence[str], join: str) -> object:
        return database.execute(line, (join.join(f'"{w}"' for w in query), LIMIT)).fetchall()

    return ask


def stopwatch() -> Callable[[], str]:
    """Return what tells the seconds since now, and those of the processor."""
    start, before = time.perf_counter(), time.process_time()
    return lambda: (
        f"{time.perf_counter() - start:.0f} s, {time.process_time() - before:.0f} of the processor"
    )


def _megabytes(path: Path) -> str:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return f"{sum(each.stat().st_size for each in files) / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
