"""The labelled sets are deterministic, and no group is on both sides of a split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.classifiers import shipped_datasets
from backend.classifiers.dataset import (
    FOLDS,
    LabelledDataset,
    encode_labels,
    grouped_folds,
    merge_rare,
)
from backend.domain import KindredError
from backend.settings import ASSETS


@pytest.mark.parametrize(
    "read", [shipped_datasets.paired, shipped_datasets.tuxpaint, shipped_datasets.sounds]
)
def test_a_set_is_the_same_each_time_and_splits_cleanly(
    read: Callable[[], LabelledDataset],
) -> None:
    posts = read()
    assert posts.digest() == read().digest()
    assert set(posts.folds) == set(range(FOLDS))
    for run in (0, 9):
        fold = posts.fold(run)
        train, val, test = fold.train_rows, fold.val_rows, fold.test_rows
        assert not set(posts.groups[train]) & set(posts.groups[test])
        assert not set(posts.groups[val]) & set(posts.groups[test])
        assert not set(train) & set(val)
        assert posts.tested[test].all()
    for paths in (posts.images, posts.audios):
        assert all(path.is_file() for path in paths[:50] if path is not None)


def test_no_tested_emoji_was_trained_on_in_any_style() -> None:
    posts = shipped_datasets.paired()
    pairs = pq.read_table(ASSETS / "training" / "pairs.parquet").to_pylist()
    code = {str(ASSETS / "training" / "images" / r["image"]): r["hexcode"] for r in pairs}
    emoji = np.array(
        [code.get(str(path), posts.supports[i]) for i, path in enumerate(posts.images)]
    )
    names = np.array(posts.supports)
    for run in range(FOLDS):
        fold = posts.fold(run)
        train, val, test = fold.train_rows, fold.val_rows, fold.test_rows
        rest = np.concatenate([train, val])
        assert not set(emoji[rest]) & set(emoji[test])
        assert not set(names[rest]) & set(names[test])


def test_text_and_image_agree() -> None:
    posts = shipped_datasets.paired()
    labels = pq.read_table(ASSETS / "labels" / "emoji.parquet").to_pylist()
    many = [r for r in labels if (r["positive"] or 0) + (r["negative"] or 0) >= 2]
    balance: dict[str, set[bool]] = {}
    for row in many:  # a few emoji share a name
        balance.setdefault(row["name"], set()).add(row["positive"] > row["negative"])
    assert all(bool(y) in balance[n] for n, y in zip(posts.supports, posts.labels, strict=True))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), min_size=1, max_size=80))
def test_folds_keep_groups_together(rows: list[tuple[int, int]]) -> None:
    groups = [str(g) for g, _ in rows]
    labels = np.array([y for _, y in rows])
    folds = grouped_folds(groups, labels, count=4)
    assert ((folds >= 0) & (folds < 4)).all()
    assert all(len({f for f, g in zip(folds, groups, strict=True) if g == n}) == 1 for n in groups)


def test_labels_that_are_too_few_are_told() -> None:
    assert merge_rare(["a", "a", "b"], 2) == ["a", "a", "other"]
    assert encode_labels(["x", "y"] * 10)[1] == ("x", "y")
    with pytest.raises(KindredError) as error:
        encode_labels(["x"] * 20)
    assert error.value.code == "few_labels"
