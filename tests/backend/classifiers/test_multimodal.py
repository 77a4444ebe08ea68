"""Fusion systems learn from a random or a warm start and stand up to missing modalities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from backend.classifiers.context import Context
from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.multimodal import ALONE, FUSIONS, VARIANTS, fuse, fusion_system
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion, common_space_loss
from backend.classifiers.tasks import drop_modalities
from backend.domain import KindredError
from backend.training.feature_cache import FeatureCache

TEST = np.arange(480, 600)


def made(n: int = 600) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Two witnesses that err independently; one post in ten lacks the second."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, n)
    sign = (2 * labels - 1)[:, None]
    text = rng.normal(size=(n, 20)) + sign * np.r_[0.9, np.zeros(19)]
    image = rng.normal(size=(n, 300)) + sign * np.r_[0.9, np.zeros(299)]
    image[::10] = np.nan
    return {"text": text.astype(np.float32), "image": image.astype(np.float32)}, labels


def fold(labels: np.ndarray) -> Fold:
    dataset = LabelledDataset.from_labels(labels, 2)
    return Fold(dataset, 0, np.arange(400), np.arange(400, 480), TEST)


def context(folder: Path, epochs: int) -> Context:
    return Context({}, FeatureCache(folder / "features.sqlite"), device="cpu", epochs=epochs)


@pytest.mark.parametrize("name", [*FUSIONS, *VARIANTS])
def test_every_system_learns_and_takes_any_subset(name: str) -> None:
    vectors, labels = made()
    task = fuse({**FUSIONS, **VARIANTS}[name], vectors, fold(labels))
    for kept, least in ((None, 0.68), ([0], 0.55), ([1], 0.45)):
        probabilities, rows = task.probabilities(TEST, kept)
        assert probabilities.sum(1) == pytest.approx(np.ones(len(rows)), abs=1e-5)
        f1 = f1_score(labels[rows], probabilities.argmax(1), average="weighted")
        assert f1 > least, kept
    assert len(task.probabilities(TEST, [1])[1]) == 108  # the rest have no image


def test_all_trained_systems_start_alike_at_random(tmp_path: Path) -> None:
    vectors, labels = made()
    assert {s.warm for s in FUSIONS.values()} == {False}
    for name in ("JointFusion", "CommonSpaceFusion"):
        first, again, warm = (
            fuse(system, vectors, fold(labels), context(tmp_path / str(i), 0))
            for i, system in enumerate(
                (FUSIONS[name], FUSIONS[name], VARIANTS[f"{name}, warm start"])
            )
        )
        weights = [next(task.module.parameters()).detach() for task in (first, again, warm)]
        assert torch.equal(weights[0], weights[1])  # of the seed
        assert float(weights[0].std()) > 3 * float(weights[2][2:].std())  # no regression in it
        assert first.fingerprint() != warm.fingerprint()


def test_an_auxiliary_task_can_be_left_out() -> None:
    vectors, labels = made()
    with_it, without = (
        fuse(system, vectors, fold(labels))
        for system in (
            FUSIONS["CommonSpaceFusion"],
            VARIANTS["CommonSpaceFusion, no auxiliary task"],
        )
    )
    rows = np.arange(50)
    pulled, free = (float(task.loss(rows, np.random.default_rng(0))) for task in (with_it, without))
    assert isinstance(without.module, CommonSpaceFusion)
    present = without._mask(rows, None)
    common = without.module.common(without._batch(rows), present)
    auxiliary = common_space_loss(common, present, torch.from_numpy(labels[rows]))
    assert float(auxiliary) > 0.01
    assert pulled != pytest.approx(free, abs=1e-3)


def test_a_common_space_begins_at_the_sum_of_the_evidence(tmp_path: Path) -> None:
    vectors, labels = made()
    warm = VARIANTS["CommonSpaceFusion, warm start"]
    both = fuse(warm, vectors, fold(labels), context(tmp_path, 0))
    assert isinstance(both.module, CommonSpaceFusion)
    alone = fuse(ALONE, {"text": vectors["text"]}, fold(labels))
    mine, _ = both.probabilities(TEST, [0])
    theirs, _ = alone.probabilities(TEST)
    assert (mine.argmax(1) == theirs.argmax(1)).mean() > 0.95


def test_an_unreliable_modality_gets_less_weight(tmp_path: Path) -> None:
    vectors, labels = made()
    noise = np.random.default_rng(1).normal(size=(600, 30)).astype(np.float32)
    # In training the second modality gives the label away, as a memorised picture does.
    noise[:400, 0] += 3 * (2 * labels[:400] - 1)
    given = {"text": vectors["text"], "image": noise}
    task = fuse(FUSIONS["CommonSpaceFusion"], given, fold(labels), context(tmp_path, 3))
    weights = task.module.get_buffer("modality_weights")
    assert weights[1] < weights[0]
    assert torch.isfinite(weights).all()


@settings(max_examples=50)
@given(
    mask=st.lists(st.tuples(*[st.booleans()] * 3), min_size=1, max_size=20),
    drop=st.floats(0.0, 1.0),
    seed=st.integers(0, 999),
)
def test_modality_dropout_hides_but_never_all(
    mask: list[tuple[bool, ...]], drop: float, seed: int
) -> None:
    present = np.array(mask)
    kept = drop_modalities(present, drop, np.random.default_rng(seed))
    assert not (kept & ~present).any()
    assert (kept.any(1) == present.any(1)).all()


def test_an_unknown_system_is_told() -> None:
    with pytest.raises(KindredError) as error:
        fusion_system("middle fusion")
    assert error.value.code == "no_system"
