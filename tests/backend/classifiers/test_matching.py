"""Matching learns which candidate belongs to a query, and fakes are of other songs."""

from __future__ import annotations

import numpy as np

from backend.classifiers.context import seed_networks
from backend.classifiers.matching import Match
from backend.classifiers.networks.cmfap import CMFAP
from backend.classifiers.networks.fusion import FusionConfig
from backend.training.loop import LoopConfig, fit


def made(n: int = 240) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 4, n)
    query = rng.normal(size=(n, 12)) * 0.3 + np.eye(12)[kind] * 2
    answer = rng.normal(size=(n, 10)) * 0.3 + np.eye(10)[kind] * 2
    answer[::9] = np.nan
    return query.astype(np.float32), answer.astype(np.float32)


def task(songs: np.ndarray | None = None) -> Match:
    query, answer = made()
    seed_networks(0)
    module = CMFAP(FusionConfig({"image": 12, "caption": 12, "song": 10}, 2, size=16, dropout=0.1))
    songs = np.arange(240).astype(str) if songs is None else songs
    given = {"image": query, "caption": query}
    return Match(module, given, {"song": answer}, songs, np.arange(200), np.arange(200, 240))


def test_it_learns_what_belongs_together() -> None:
    matching = task()
    before = matching.score()
    fit(matching, LoopConfig(epochs=12, batch=32, rate=3e-3, patience=12), device="cpu")
    after = matching.score()
    assert before is not None and after is not None
    assert after > before
    scores = matching.scores(np.arange(200, 204), np.arange(200, 240))
    assert scores.shape == (4, 40)
    assert np.isfinite(scores).all()


def test_a_fake_is_never_of_the_same_song() -> None:
    songs = (np.arange(240) % 3).astype(str)
    matching = task(songs)
    rng = np.random.default_rng(1)
    mine = np.arange(200)
    fakes = matching._fakes(mine, mine, rng)
    assert (songs[fakes] != songs[mine]).mean() > 0.99
