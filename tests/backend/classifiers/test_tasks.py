"""Batches of a text network: every post once, texts of like length together."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.networks.bigru import BiGRU, BiGRUConfig
from backend.classifiers.networks.ngrams import Ngrams, NgramsConfig
from backend.classifiers.tasks import ClassificationTask


def task(lengths: list[int], lines: bool = False) -> ClassificationTask:
    words = np.zeros((len(lengths), 30), dtype=np.int64)
    for row, length in zip(words, lengths, strict=True):
        row[:length] = 3
    inputs = np.stack([words, np.zeros_like(words)], axis=1) if lines else words
    return ClassificationTask(BiGRU(BiGRUConfig(5, 4)), [inputs], fold(len(lengths)))


def fold(posts: int) -> Fold:
    """All posts to train on, none to validate or test."""
    dataset = LabelledDataset.from_labels(np.zeros(posts, dtype=np.int64), 2)
    return Fold(dataset, 0, np.arange(posts), np.arange(0), np.arange(0))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=300), st.integers(1, 40), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_post_is_learnt_from_once(lengths: list[int], size: int, lines: bool) -> None:
    found = list(task(lengths, lines).batches(size, np.random.default_rng(0)))
    assert sorted(np.concatenate(found)) == list(range(len(lengths)))
    assert all(0 < len(batch) <= 2 * size for batch in found)


def test_texts_of_like_length_are_together_and_an_epoch_is_its_own() -> None:
    lengths = np.random.default_rng(0).integers(1, 31, 640)
    some = task([*lengths])
    spread = [np.ptp(lengths[batch]) for batch in some.batches(16, np.random.default_rng(0))]
    assert np.mean(spread) < 8  # 28 where chance decides
    one, again, other = (list(some.batches(16, np.random.default_rng(i))) for i in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(np.sort(a), np.sort(b)) for a in one for b in other)


@pytest.mark.parametrize(
    ("module", "kind"),
    [(torch.nn.Linear(4, 2), np.float32), (Ngrams(NgramsConfig(5, 4, buckets=8)), np.int64)],
)
def test_what_is_not_read_word_by_word_is_shuffled_as_ever(
    module: torch.nn.Module, kind: type
) -> None:
    inputs = np.tril(np.ones((50, 50), kind))  # of fifty lengths
    plain = ClassificationTask(module, [inputs], fold(50))
    found = list(plain.batches(10, np.random.default_rng(0)))
    wanted = np.array_split(np.random.default_rng(0).permutation(50), 5)
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
