"""A corpus of any size for benchmarks, sampled from the shipped one; its posts are not real.

    python -m bench.synthetic_corpus HOME --posts 100000 [--map]

writes the corpus ``large`` into the workspace HOME and, with ``--map``, its maps.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.corpus import Corpus
from backend.corpus.schema import to_affects, to_posts
from backend.domain import Kind
from backend.settings import ASSETS, SEED, settings
from bench.synthetic_vectors import sample, shipped_vectors

FIRST = 1_735_689_600  # 2025-01-01, the first of the days on which they are posted


def make(path: Path, size: int) -> Corpus:
    """Write a corpus of `size` posts: texts, tags and predictions of real ones, sampled vectors."""
    bundle = settings().bundle
    ids, real = shipped_vectors()
    rows, vectors = sample(real / np.linalg.norm(real, axis=1, keepdims=True), size)
    shipped = pq.read_table(ASSETS / "corpus" / "posts.parquet")
    posts = {post.id: post for post in to_posts(shipped)}
    affects = to_affects(pq.read_table(ASSETS / "corpus" / "predictions" / f"{bundle}.parquet"))
    corpus = Corpus.create(path, name=path.name)
    names = [f"{ids[row]}-{i}" for i, row in enumerate(rows)]
    times = FIRST + np.random.default_rng(SEED).integers(0, 365 * 86_400, len(rows))
    synthetic = [
        replace(
            posts[ids[row]],
            id=name,
            text=posts[ids[row]].text or name,
            image=None,
            audio=None,
            time=datetime.fromtimestamp(int(times[i]), UTC),
            user=f"made:{int(row) % 5_000}-{i // 40_000}",
        )
        for i, (row, name) in enumerate(zip(rows, names, strict=True))
    ]
    corpus.add(
        synthetic,
        bundle=bundle,
        vectors={Kind.POST: (names, vectors)},
        predictions={n: affects[ids[r]] for n, r in zip(names, rows, strict=True)},
    )
    users = sorted({post.user for post in synthetic if post.user})
    row_of = {user: i for i, user in enumerate(users)}
    total = np.zeros((len(users), vectors.shape[1]), dtype=np.float32)
    np.add.at(total, [row_of[post.user] for post in synthetic if post.user], vectors)
    total /= np.linalg.norm(total, axis=1, keepdims=True)
    corpus.add(bundle=bundle, vectors={Kind.USER: (users, total)})
    return corpus


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--map", action="store_true", help="lay out posts and users too")
    args = parser.parse_args()
    start = time.monotonic()
    corpus = make(args.home / "corpora" / "large", args.posts)
    print(f"{corpus.info().posts:,} posts, {time.monotonic() - start:.0f} s", file=sys.stderr)
    if args.map:
        from backend.maps import build, storage

        for kind in (Kind.POST, Kind.USER):
            start = time.monotonic()
            synthetic = build.make(corpus, settings().bundle, kind, draws=0)
            storage.put(corpus, settings().bundle, {kind: synthetic})
            print(f"map of {kind}s, {time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
