"""How to combine signed terms, judged by tags: ``python -m bench.signed_queries``.

For pairs of tags A and B, each way to make a query "A - B" from the vectors of the
two words is judged by its ten nearest posts: how many have A but not B (wanted), and
how many have B (unwanted). "A + B" is judged by how many have both.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from backend.corpus import Corpus
from backend.domain import Kind
from backend.search import VectorIndex, combine
from backend.search.index.vectors import combine_apart
from backend.settings import ASSETS, SEED, settings

K = 10
PAIRS = 400
MIN_ONLY = 8  # posts with A but not B
WEIGHTS = (0.0, -0.25, -0.5, -1.0, 1.0)
MIN_BOTH = 4  # posts with both; with none, minus changes nothing


def read_tags(corpus: Corpus, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return post ids, and ``(posts, words)`` bool: which post has which tag."""
    table = corpus.table(["id", "tags"]).sort_by("id")
    column = {word: i for i, word in enumerate(words)}
    ids = np.array(table["id"].to_pylist(), dtype=object)
    has = np.zeros((len(ids), len(words)), dtype=bool)
    for row, tags in enumerate(table["tags"].to_pylist()):
        has[row, [column[t.lower()] for t in tags or () if t.lower() in column]] = True
    return ids, has


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", default=settings().bundle)
    parser.add_argument("--target", type=Kind, default=Kind.POST)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus.import_shipped(ASSETS / "corpus", Path(folder) / "corpus")
        words, terms = corpus.vectors(args.bundle, Kind.WORD)
        ids, vectors = corpus.vectors(args.bundle, args.target)
        all_ids, has = read_tags(corpus, list(words))
    has = has[np.searchsorted(all_ids, ids)]
    both = has.T.astype(np.int32) @ has
    only = has.sum(axis=0)[:, None] - both
    a, b = np.nonzero((both >= MIN_BOTH) & (only >= MIN_ONLY) & ~np.eye(len(words), dtype=bool))
    chosen = np.random.default_rng(SEED).permutation(len(a))[:PAIRS]
    if not len(chosen):
        raise SystemExit("The bundle has too few words that are tags of posts.")
    print(f"{len(chosen)} pairs, {len(ids)} {args.target} vectors, bundle {args.bundle}")
    print("centred  query        wanted  has A  has B  both")
    names = VectorIndex(words, terms)
    row_of = {id_: row for row, id_ in enumerate(ids)}
    for centre in (False, True):
        index = VectorIndex(ids, vectors, centre=centre)
        means = np.stack([names.mean, names.mean]) if centre else None
        ways = {f"A {weight:+.2f} * B": (combine, weight) for weight in WEIGHTS}
        ways["A apart B"] = (combine_apart, -1.0)
        for name, (add, weight) in ways.items():
            figures = []
            for i, j in zip(a[chosen], b[chosen], strict=True):
                query = add(terms[[i, j]], [1.0, weight], means=means)
                rows = [row_of[id_] for id_ in index.search(query, K).ids]
                with_a, with_b = has[rows, i], has[rows, j]
                figures.append(
                    [part.mean() for part in (with_a & ~with_b, with_a, with_b, with_a & with_b)]
                )
            shown = "  ".join(f"{value:.3f}" for value in np.mean(figures, axis=0))
            print(f"{centre!s:7}  {name:12}  {shown}")


if __name__ == "__main__":
    main()
