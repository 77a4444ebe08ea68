"""Fusion systems begin at each modality's own optimum and stand up to missing ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from backend.classifiers.multimodal import ALONE, FUSIONS, fuse, recipe
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion
from backend.classifiers.tasks import hidden
from backend.domain import KindredError
from backend.training.loop import LoopConfig

CONFIG = LoopConfig(epochs=3, batch=64, rate=3e-4, patience=3)


def made(n: int = 600) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Two witnesses that err independently; one post in ten lacks the second."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, n)
    sign = (2 * labels - 1)[:, None]
    text = rng.normal(size=(n, 20)) + sign * np.r_[0.9, np.zeros(19)]
    image = rng.normal(size=(n, 300)) + sign * np.r_[0.9, np.zeros(299)]
    image[::10] = np.nan
    return {"text": text.astype(np.float32), "image": image.astype(np.float32)}, labels


@pytest.mark.parametrize("name", FUSIONS)
def test_every_system_learns_and_takes_any_subset(name: str) -> None:
    vectors, labels = made()
    seen, stop, test = np.arange(400), np.arange(400, 480), np.arange(480, 600)
    task = fuse(FUSIONS[name], vectors, labels, seen, stop, 2, device="cpu")
    for kept, least in ((None, 0.68), ([0], 0.55), ([1], 0.45)):
        shares, rows = task.shares(test, kept)
        assert shares.sum(1) == pytest.approx(np.ones(len(rows)), abs=1e-5)
        found = f1_score(labels[rows], shares.argmax(1), average="weighted")
        assert found > least, kept
    assert len(task.shares(test, [1])[1]) == 108  # the rest have no image


def test_a_common_space_begins_at_the_sum_of_the_evidence() -> None:
    vectors, labels = made()
    seen, stop, test = np.arange(400), np.arange(400, 480), np.arange(480, 600)
    config = LoopConfig(epochs=0)
    how = FUSIONS["CommonSpaceFusion"]
    both = fuse(how, vectors, labels, seen, stop, 2, config=config, device="cpu")
    assert isinstance(both.module, CommonSpaceFusion)
    alone = fuse(ALONE, {"text": vectors["text"]}, labels, seen, stop, 2, device="cpu")
    mine, _ = both.shares(test, [0])
    theirs, _ = alone.shares(test)
    assert (mine.argmax(1) == theirs.argmax(1)).mean() > 0.95


def test_an_unreliable_modality_loses_trust() -> None:
    vectors, labels = made()
    noise = np.random.default_rng(1).normal(size=(600, 30)).astype(np.float32)
    # In training the second modality gives the label away, as a memorised picture does.
    noise[:400, 0] += 3 * (2 * labels[:400] - 1)
    given = {"text": vectors["text"], "image": noise}
    task = fuse(
        FUSIONS["CommonSpaceFusion"],
        given,
        labels,
        np.arange(400),
        np.arange(400, 480),
        2,
        config=CONFIG,
        device="cpu",
    )
    trust = task.module.get_buffer("trust")
    assert trust[1] < trust[0]
    assert torch.isfinite(trust).all()


@settings(max_examples=50, deadline=None)
@given(
    mask=st.lists(st.tuples(*[st.booleans()] * 3), min_size=1, max_size=20),
    drop=st.floats(0.0, 1.0),
    seed=st.integers(0, 999),
)
def test_modality_dropout_hides_but_never_all(
    mask: list[tuple[bool, ...]], drop: float, seed: int
) -> None:
    present = np.array(mask)
    kept = hidden(present, drop, np.random.default_rng(seed))
    assert not (kept & ~present).any()
    assert (kept.any(1) == present.any(1)).all()


def test_an_unknown_system_is_told() -> None:
    with pytest.raises(KindredError) as error:
        recipe("middle fusion")
    assert error.value.code == "no_system"
