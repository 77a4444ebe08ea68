"""Maps are coloured by labels that are numbers, whatever their number of values."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.corpus import label_numbers
from backend.domain import Kind
from backend.maps import columns
from tests.backend.ingest import samples
from tests.backend.ingest.test_runner import ingest


def test_counts_and_classes(tmp_path: Path) -> None:
    rows = [
        {"id": f"p{i}", "text": f"words number {i}", "author": f"u{i % 2}", "likes": 10 * i,
         "label": str(i % 3)}
        for i in range(70)
    ]  # fmt: skip
    corpus = ingest(tmp_path / "h", samples.lines(tmp_path / "posts.jsonl", rows))
    assert label_numbers.names(corpus) == ["likes"]
    assert {"label: likes", "label: label"} <= set(columns.names(Kind.POST, corpus))
    ids = np.array(["p3", "p69", "nobody"], dtype=object)
    likes = columns.column(Kind.POST, ids, corpus, "toy-1", "label: likes")
    assert likes.categories is None
    assert likes.values[:2].tolist() == [30, 690]
    assert np.isnan(likes.values[2])
    users = np.array(["u0", "u1"], dtype=object)
    means = columns.column(Kind.USER, users, corpus, "toy-1", "label: likes")
    assert means.values.tolist() == [340, 350]
    label = columns.column(Kind.POST, ids, corpus, "toy-1", "label: label")
    assert label.categories is not None
