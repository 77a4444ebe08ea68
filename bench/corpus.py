"""A corpus of any size for benchmarks, made of the shipped one: never shown as real posts.

    python -m bench.corpus HOME --posts 100000 [--map]

writes the corpus ``large`` into the workspace HOME; with ``--map`` also its maps.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.corpus import Corpus
from backend.corpus.schema import to_affects, to_posts
from backend.domain import Kind
from backend.settings import ASSETS, settings
from bench.vectors import drawn, shipped_vectors


def make(path: Path, size: int) -> Corpus:
    """Write a corpus of `size` posts: texts, tags and predictions of real ones, made vectors."""
    bundle = settings().bundle
    ids, real = shipped_vectors()
    rows, vectors = drawn(real / np.linalg.norm(real, axis=1, keepdims=True), size)
    shipped = pq.read_table(ASSETS / "corpus" / "posts.parquet")
    posts = {post.id: post for post in to_posts(shipped)}
    affects = to_affects(pq.read_table(ASSETS / "corpus" / "predictions" / f"{bundle}.parquet"))
    corpus = Corpus.create(path, name=path.name)
    names = [f"{ids[row]}-{i}" for i, row in enumerate(rows)]
    made = [
        replace(
            posts[ids[row]],
            id=name,
            text=posts[ids[row]].text or name,
            image=None,
            audio=None,
            user=f"made:{int(row) % 5_000}-{i // 40_000}",
        )
        for i, (row, name) in enumerate(zip(rows, names, strict=True))
    ]
    corpus.add(
        made,
        bundle=bundle,
        vectors={Kind.POST: (names, vectors)},
        predictions={n: affects[ids[r]] for n, r in zip(names, rows, strict=True)},
    )
    users = sorted({post.user for post in made if post.user})
    at = {user: i for i, user in enumerate(users)}
    total = np.zeros((len(users), vectors.shape[1]), dtype=np.float32)
    np.add.at(total, [at[post.user] for post in made if post.user], vectors)
    total /= np.linalg.norm(total, axis=1, keepdims=True)
    corpus.add(bundle=bundle, vectors={Kind.USER: (users, total)})
    return corpus


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--map", action="store_true", help="lay out posts and users too")
    given = parser.parse_args()
    start = time.monotonic()
    corpus = make(given.home / "corpora" / "large", given.posts)
    print(f"{corpus.info().posts:,} posts, {time.monotonic() - start:.0f} s", file=sys.stderr)
    if given.map:
        from backend.maps import build, storage

        for kind in (Kind.POST, Kind.USER):
            start = time.monotonic()
            made = build.make(corpus, settings().bundle, kind, draws=0)
            storage.put(corpus, settings().bundle, {kind: made})
            print(f"map of {kind}s, {time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
