"""Whether two corpora hold the same."""

from __future__ import annotations

import pytest

from backend.corpus import Corpus
from backend.corpus.bulk_commit import IMPORTS


def assert_same(one: Corpus, two: Corpus) -> None:
    """Posts, users, vectors and media to the last bit; predictions to seven digits.

    Predictions are matrix products over a batch, whose last bit changes with
    the size of the batch and the number of threads.
    """
    assert set(one._view.snapshot.head.tables) == set(two._view.snapshot.head.tables)
    for name in set(one._view.snapshot.head.tables) - {IMPORTS}:
        rows, others = _rows(one, name), _rows(two, name)
        if name.startswith("predictions."):
            assert [r["id"] for r in rows] == [r["id"] for r in others]
            for row, other in zip(rows, others, strict=True):
                assert row == pytest.approx(other, abs=1e-6)
        else:
            assert rows == others, name
    for row in _rows(one, "posts"):
        for media in filter(None, (row["image"], row["audio"])):
            assert one.media_path(media).read_bytes() == two.media_path(media).read_bytes()


def _rows(corpus: Corpus, name: str) -> list[dict]:
    rows = corpus._view.snapshot.read(name).to_pylist()
    kept = [{k: v for k, v in row.items() if k != "added"} for row in rows]
    return sorted(kept, key=lambda row: (row["id"], row.get("kind") or ""))
