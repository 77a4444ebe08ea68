"""Which labels of a corpus models can be trained on."""

from __future__ import annotations

from pathlib import Path

from backend.classifiers.label_columns import labels_of
from backend.corpus import Corpus
from backend.domain import Post


def test_counts_are_no_classes(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "made")
    corpus.add(
        [
            Post(f"p{i}", text="a", labels={"likes": str(i % 3), "stars": str(i % 2)})
            for i in range(60)
        ]
    )
    problems = {label.name: label.problem for label in labels_of(corpus)}
    assert problems == {
        "stars": "",
        "likes": "The values of likes are numbers; a model learns classes.",
    }
