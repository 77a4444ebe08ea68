"""Which labels models can be scored against, and why the others cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.domain import Post
from backend.error_analysis.ground_truth import labels_of, unusable_labels


def carrying(path: Path, values: Sequence[str]) -> Corpus:
    corpus = Corpus.create(path / "made")
    corpus.add([Post(f"p{i}", text="a", labels={"mood": v}) for i, v in enumerate(values)])
    return corpus


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["a"], "mood: 1 post has it, at least 20 are needed"),
        (["a", "b"] * 7 + ["a"], "mood: 15 posts have it, at least 20 are needed"),
        (["0", "3", "40"] * 10, "mood: its values are numbers, not classes"),
        (["a"] * 20, "mood: all 20 posts have 'a', two classes are needed"),
        (
            [f"v{i}" for i in range(20)],
            "mood: 20 values on 20 posts, at most 5 classes are possible for so many posts",
        ),
    ],
)
def test_an_unusable_label_has_a_reason(tmp_path: Path, values: Sequence[str], reason: str) -> None:
    corpus = carrying(tmp_path, values)
    assert not labels_of(corpus)
    assert unusable_labels(corpus) == (reason,)


@pytest.mark.parametrize("values", [["a", "b"] * 10, ["0", "4"] * 10])
def test_a_usable_label_has_no_reason(tmp_path: Path, values: Sequence[str]) -> None:
    corpus = carrying(tmp_path, values)
    assert [info.name for info in labels_of(corpus)] == ["mood"]
    assert unusable_labels(corpus) == ()
