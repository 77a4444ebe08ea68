"""Which bundles a corpus was encoded with as a whole, and which vectors its owner brought."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from backend.corpus.corpus import Corpus
from backend.corpus.model_outputs import OWN
from backend.domain import Kind

__all__ = ["OWN", "best_bundle", "mark_complete", "post_counts", "unmark"]

_TABLE = "encodings"
_SCHEMA = pa.schema(
    [("bundle", pa.string()), ("posts", pa.int64()), ("time", pa.timestamp("us", tz="UTC"))]
)


def post_counts(corpus: Corpus) -> dict[str, int]:
    """Return how many posts have a vector, for each bundle that has some."""
    counts = {name: kinds.get(Kind.POST, 0) for name, kinds in corpus.info().bundles.items()}
    return {name: count for name, count in counts.items() if count}


def best_bundle(corpus: Corpus, active: str) -> str:
    """Return the bundle whose vectors a corpus is used with.

    Vectors that came with the posts go first, unless the corpus was encoded as a whole since. Then
    comes the active bundle, unless another one has encoded more posts: the corpus is being encoded
    anew, or waits for it.
    """
    counts = post_counts(corpus)
    if active in counts and active in _complete(corpus):
        return active
    most = max(counts.values(), default=0)
    if OWN in counts and counts[OWN] == most:
        return OWN
    if counts.get(active, 0) == most:
        return active
    return max(sorted(counts), key=lambda name: counts[name])


def mark_complete(corpus: Corpus, bundle: str) -> None:
    """Note that all posts of a corpus were encoded with a bundle, as far as they can be."""
    row = {"bundle": bundle, "posts": corpus.info().posts, "time": datetime.now(UTC)}
    with corpus.transaction() as change:
        change.delete_in(_TABLE, "bundle", [bundle])
        change.append(_TABLE, pa.Table.from_pylist([row], schema=_SCHEMA))
    corpus.refresh()


def unmark(corpus: Corpus, bundle: str) -> None:
    """Take back `mark_complete`: the corpus is used with its other vectors again."""
    with corpus.transaction() as change:
        change.delete_in(_TABLE, "bundle", [bundle])
    corpus.refresh()


def _complete(corpus: Corpus) -> set[str]:
    table = corpus.side_table(_TABLE)
    return set(table["bundle"].to_pylist()) if table is not None else set()
