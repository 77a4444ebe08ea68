"""Which labels models can be held against, and what the others lack."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.domain import Post
from backend.error_analysis.ground_truth import labels_of, lacking


def carrying(path: Path, values: Sequence[str]) -> Corpus:
    corpus = Corpus.create(path / "made")
    corpus.add([Post(f"p{i}", text="a", labels={"mood": v}) for i, v in enumerate(values)])
    return corpus


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"], "mood: 1 post carries it, at least 20 are needed"),
        (["a", "b"] * 7 + ["a"], "mood: 15 posts carry it, at least 20 are needed"),
        (["a"] * 20, "mood: all 20 posts say 'a', two classes are needed"),
        (
            [f"v{i}" for i in range(20)],
            "mood: 20 values on 20 posts, at most 5 can be classes of so many",
        ),
    ],
)
def test_a_label_that_is_not_enough_says_what_it_lacks(
    tmp_path: Path, values: Sequence[str], said: str
) -> None:
    corpus = carrying(tmp_path, values)
    assert not labels_of(corpus)
    assert lacking(corpus) == (said,)


def test_a_label_that_is_enough_lacks_nothing(tmp_path: Path) -> None:
    corpus = carrying(tmp_path, ["a", "b"] * 10)
    assert [info.name for info in labels_of(corpus)] == ["mood"]
    assert lacking(corpus) == ()
