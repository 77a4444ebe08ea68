"""The kernel on landmarks, on vectors whose targets are known."""

from __future__ import annotations

import numpy as np
import pytest

from backend.affect.fitting import landmarks
from backend.affect.fitting.landmarks import fit_landmarks
from backend.affect.lexical import EMOJIS, RATINGS
from backend.affect.text import from_landmarks

WIDTH = 6


def circles(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts within a ring or on it, which no plane tells apart."""
    rng = np.random.default_rng(seed)
    outside = np.arange(n) % 2 == 0
    rows = rng.normal(size=(n, WIDTH))
    rows *= (
        np.where(outside, 1.6, 0.4)[:, None] * WIDTH**0.5 / np.linalg.norm(rows, axis=1)[:, None]
    )
    features = np.concatenate([rows, np.zeros((n, EMOJIS + RATINGS))], axis=1).astype(np.float32)
    emotion = np.tile(0.1, (n, 9))
    emotion[:, 0] = outside
    sentiment = np.stack([~outside, np.zeros(n), outside], axis=1).astype(np.float64)
    return features, emotion, sentiment


@pytest.mark.parametrize("sample", [40, 10_000])
def test_landmarks_tell_what_no_plane_does(monkeypatch: pytest.MonkeyPatch, sample: int) -> None:
    monkeypatch.setattr(landmarks, "LANDMARKS", sample)
    features, emotion, sentiment = circles(300, 0)
    fitted = fit_landmarks(features, (emotion, sentiment), np.ones(300), np.arange(200))
    assert len(fitted["landmarks"]) == min(sample, 200)
    found = from_landmarks(fitted, circles(100, 1)[0])
    assert found.shape == (100, 12) and np.isfinite(found).all()
    outside = circles(100, 1)[1][:, 0] > 0.5
    assert ((found[:, 0] > 0) == outside).mean() > 0.95
    assert ((found[:, 11] > found[:, 9]) == outside).mean() > 0.95


def test_what_is_not_labelled_teaches_nothing() -> None:
    features, emotion, sentiment = circles(200, 0)
    emotion[::4] = np.nan
    wrong = emotion.copy()
    wrong[::4] = np.nan
    wrong[0, 1:] = 1.0  # one label of a row is missing, so none of it counts
    first, second = (
        fit_landmarks(features, (e, sentiment), np.ones(200), np.arange(200))
        for e in (emotion, wrong)
    )
    assert (first["kernel_weight"] == second["kernel_weight"]).all()


def test_a_heavier_text_counts_more() -> None:
    features, emotion, sentiment = circles(200, 0)
    features[:] = features[0]
    weight = np.where(emotion[:, 0] > 0.5, 9.0, 1.0)
    fitted = fit_landmarks(features, (emotion, sentiment), weight, np.arange(200))
    share = 1.0 / (1.0 + np.exp(-from_landmarks(fitted, features[:1])[0, 0]))
    assert share == pytest.approx(0.9, abs=0.02)
