"""A corpus of any size for benchmarks, made of the shipped one: never shown as real posts.

    python -m bench.large HOME --posts 100000 [--map]

writes the corpus ``large`` into the workspace HOME; with ``--map`` also its maps.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.corpus import Corpus
from backend.corpus.schema import to_affects, to_matrix, to_posts
from backend.maps import graph
from backend.posts import Kind
from backend.settings import ASSETS, SEED, settings

NEAR = 10  # neighbours that a made vector may lie between
NOISE = 0.5  # length of the noise, as a share of the distance to the fifth neighbour


def drawn(real: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors between real ones and their neighbours, with noise.

    Parameters
    ----------
    real : numpy.ndarray
        ``(n, dim)`` of unit length.
    size : int

    Returns
    -------
    rows : numpy.ndarray
        ``(size,)``: the real one that each begins at.
    vectors : numpy.ndarray
        ``(size, dim)`` float32 of unit length.
    """
    found, distances = graph.neighbours(real, NEAR + 1)
    rng = np.random.default_rng(SEED)
    rows = np.arange(size) % len(real)
    others = found[rows, rng.integers(1, NEAR + 1, size)]
    share = rng.random((size, 1)).astype(np.float32) / 2
    mixed = (1 - share) * real[rows] + share * real[others]
    # 1 - cos is half the squared distance between unit vectors.
    scale = NOISE * np.sqrt(2 * distances[rows, 5] / real.shape[1])
    mixed += scale[:, None] * rng.normal(size=mixed.shape).astype(np.float32)
    return rows, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def shipped_vectors(kind: Kind = Kind.POST) -> tuple[list[str], np.ndarray]:
    """Ids and joint vectors of the shipped corpus, unit length."""
    table = pq.read_table(ASSETS / "corpus" / "vectors" / f"{settings().bundle}.parquet")
    table = table.filter(pc.equal(table["kind"], kind.value))
    return table["id"].to_pylist(), to_matrix(table["vector"])


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
        from backend.maps import making, storing

        for kind in (Kind.POST, Kind.USER):
            start = time.monotonic()
            made = making.make(corpus, settings().bundle, kind, draws=0)
            storing.put(corpus, settings().bundle, {kind: made})
            print(f"map of {kind}s, {time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
