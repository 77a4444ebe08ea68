"""Batches of a text network, and the losses that networks are trained with."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.networks.bigru import BiGRU, BiGRUConfig
from backend.classifiers.networks.fusion import Fusion, FusionConfig, LateFusion
from backend.classifiers.networks.joint_fusion import (
    CommonSpaceFusion,
    JointFusion,
    common_space_loss,
)
from backend.classifiers.networks.ngrams import Ngrams, NgramsConfig
from backend.classifiers.tasks import ClassificationTask, FusionTask, drop_modalities


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
@settings(max_examples=40)
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


def test_equation_four() -> None:
    labels = np.array([0, 1, 1, 0, 1])
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    everything = Fold(
        LabelledDataset.from_labels(labels, 2),
        0,
        np.array([0, 1, 2]),
        np.array([3, 4]),
        np.arange(0),
    )
    torch.manual_seed(0)
    network = torch.nn.Linear(4, 2)
    learnt = ClassificationTask(network, [inputs], everything)
    scores = network(torch.from_numpy(inputs)).detach().numpy().astype(np.float64)
    positive = 1.0 / (1.0 + np.exp(scores[:, 0] - scores[:, 1]))
    terms = labels * np.log(positive) + (1 - labels) * np.log(1 - positive)
    got = learnt.loss(np.array([2, 0, 1]), np.random.default_rng(0))
    assert float(got.detach()) == pytest.approx(-terms[:3].mean(), abs=1e-6)
    with torch.inference_mode():
        assert learnt.score() == pytest.approx(terms[3:].mean(), abs=1e-6)


def fusion_task(network: type[Fusion], **options: float) -> FusionTask:
    """Twelve posts of three classes, some without one of two modalities; weights that matter."""
    noise = np.random.default_rng(3)
    vectors = {"text": noise.normal(size=(12, 5)), "image": noise.normal(size=(12, 4))}
    vectors["text"][[1, 6, 10]], vectors["image"][[2, 4, 11]] = np.nan, np.nan
    labels = np.arange(12) % 3
    posts = Fold(
        LabelledDataset.from_labels(labels, 3), 0, np.arange(9), np.arange(9, 12), np.arange(0)
    )
    given_ = {k: v.astype(np.float32) for k, v in vectors.items()}
    module = network(FusionConfig({"text": 5, "image": 4}, 3, size=6, dropout=0.0))
    made = FusionTask(module, given_, posts, **options)
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_()
    return made


def cross_entropy(scores: torch.Tensor, labels: np.ndarray) -> float:
    rows = scores.detach().numpy().astype(np.float64)
    log_shares = rows - np.log(np.exp(rows).sum(1, keepdims=True))
    return -float(log_shares[np.arange(len(labels)), labels].mean())


@pytest.mark.parametrize("network", [JointFusion, CommonSpaceFusion])
@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_fusion_is_trained_on_what_is_kept_and_its_auxiliary_task_on_what_is_there(
    network: type[Fusion], drop: float
) -> None:
    posts = np.array([8, 3, 0, 5, 1, 2, 6])
    weighted = [fusion_task(network, drop=drop, auxiliary=a) for a in (0.0, 0.3, 1.0)]
    losses = [float(some.loss(posts, np.random.default_rng(5)).detach()) for some in weighted]
    module, labels = weighted[0].module, torch.from_numpy(posts % 3)
    vectors, present = weighted[0]._batch(posts), weighted[0]._mask(posts, None)
    kept = drop_modalities(present.numpy(), drop, np.random.default_rng(5))
    assert (kept != present.numpy()).any() == bool(drop)
    main = cross_entropy(module(vectors, torch.from_numpy(kept)), posts % 3)
    assert losses[0] == pytest.approx(main, abs=1e-5)
    if isinstance(module, CommonSpaceFusion):
        auxiliary = common_space_loss(module.common(vectors, present), present, labels)
        assert float(auxiliary.detach()) > 0.1
        for loss, weight in zip(losses, (0.0, 0.3, 1.0), strict=True):
            assert loss == pytest.approx(main + weight * float(auxiliary.detach()), abs=1e-5)
    else:
        assert losses[1:] == pytest.approx([main, main], abs=1e-5)


def test_late_fusion_trains_each_classifier_on_the_posts_that_have_its_modality() -> None:
    learnt, posts = fusion_task(LateFusion), np.arange(9)
    assert isinstance(learnt.module, LateFusion)
    present = learnt._mask(posts, None).numpy()
    shares = learnt.module.decisions(learnt._batch(posts), torch.from_numpy(present))
    rows = shares.detach().numpy()
    wanted = np.mean([-rows[i, m, i % 3] for i in posts for m in (0, 1) if present[i, m]])
    got = learnt.loss(posts, np.random.default_rng(0))
    assert float(got.detach()) == pytest.approx(wanted, abs=1e-5)


def test_fusion_is_scored_by_every_subset_that_it_is_trained_for() -> None:
    posts = np.arange(9, 12)
    for drop, subsets in ((0.3, [[0], [1], [0, 1]]), (0.0, [[0, 1]])):
        learnt = fusion_task(CommonSpaceFusion, drop=drop)
        losses = []
        for kept in subsets:
            mask = learnt._mask(posts, kept)
            rows = posts[mask.any(1).numpy()]
            scores = learnt.module(learnt._batch(rows), mask[mask.any(1)])
            losses.append(cross_entropy(scores, rows % 3))
        assert learnt.score() == pytest.approx(-np.mean(losses), abs=1e-5)
