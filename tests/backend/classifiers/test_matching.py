"""Matching learns which candidate belongs to a query, and fakes are of other songs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

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


def test_the_loss_is_that_of_each_true_pair_and_of_one_random_other_candidate() -> None:
    songs = (np.arange(240) // 3).astype(str)
    matching, rows = task(songs), np.array([0, 5, 60, 61, 62, 199, 120])
    matching.module.eval()
    seen: list[dict[str, np.ndarray]] = []
    logits: list[np.ndarray] = []
    matching.module.register_forward_pre_hook(
        lambda _, given: seen.append({k: v.numpy() for k, v in given[0].items()})
    )
    matching.module.register_forward_hook(
        lambda _, given, scores: logits.append(scores.detach().numpy().astype(np.float64))
    )
    query, answer = made()
    taken = []
    for seed in range(40):
        seen.clear()
        logits.clear()
        loss = float(matching.loss(rows, np.random.default_rng(seed)).detach())
        given = {k: np.concatenate([some[k] for some in seen]) for k in seen[0]}
        scores = np.concatenate(logits)
        assert len(scores) == 2 * len(rows)  # one fake for each query
        for name in ("image", "caption"):
            np.testing.assert_array_equal(given[name], query[np.r_[rows, rows]])
        np.testing.assert_array_equal(given["song"][: len(rows)], answer[rows])
        for place, candidate in zip(rows, given["song"][len(rows) :], strict=True):
            if np.isnan(candidate[0]):
                continue
            same = int(np.flatnonzero((answer == candidate).all(1))[0])
            assert songs[same] != songs[place] and same < 200  # another song of the training
            taken.append(same)
        chance = 1.0 / (1.0 + np.exp(scores[:, 0] - scores[:, 1]))
        true = np.repeat([1.0, 0.0], len(rows))
        wanted = -(true * np.log(chance) + (1 - true) * np.log(1 - chance)).mean()
        assert loss == pytest.approx(wanted, abs=1e-5)
    assert len(set(taken)) > 60  # drawn again each time


def test_scores_say_how_likely_query_and_candidate_match() -> None:
    matching = task()
    matching.module.eval()
    query, answer = (torch.from_numpy(some) for some in made())
    wanted = np.zeros((2, 3))
    for i, q in enumerate((4, 200)):
        for j, c in enumerate((7, 9, 201)):
            given = {"image": query[[q]], "caption": query[[q]], "song": answer[[c]]}
            present = torch.tensor([[True, True, not bool(answer[c, 0].isnan())]])
            no, yes = matching.module(given, present)[0].tolist()
            wanted[i, j] = yes - no
    got = matching.scores(np.array([4, 200]), np.array([7, 9, 201]))
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    rows = np.arange(200, 240)
    losses = np.logaddexp(0, -np.diag(matching.scores(rows, rows)))
    found = matching.score()
    assert found is not None and found == matching.score()  # the same fakes each time
    assert found < -losses.mean()  # fakes cost, too
