"""The queue finds rare classes sooner than chance, and never asks twice."""

from __future__ import annotations

import numpy as np

from backend.labelling.queue import curve, next_rows

SIZES = (400, 60, 20, 20)


def posts(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(SIZES)), SIZES)
    centres = rng.normal(size=(len(SIZES), 24))
    vectors = centres[labels] + rng.normal(0, 0.7, (len(labels), 24))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def asked(vectors: np.ndarray, labels: np.ndarray, n: int) -> list[int]:
    rows: list[int] = []
    while len(rows) < n:
        rows.append(next_rows(vectors, rows, [str(labels[r]) for r in rows])[0])
    return rows


def test_rare_values_come_sooner_than_by_chance() -> None:
    queue = chance = 0
    for seed in range(5):
        vectors, labels = posts(seed)
        rows = asked(vectors, labels, 24)
        assert len(set(rows)) == 24
        queue += int((labels[rows] >= 2).sum())
        drawn = np.random.default_rng(seed).choice(len(labels), 24, replace=False)
        chance += int((labels[drawn] >= 2).sum())
    assert queue > 2 * chance, (queue, chance)


def test_what_is_skipped_is_not_asked_for() -> None:
    vectors, labels = posts(0)
    first = next_rows(vectors, [], [])[0]
    assert next_rows(vectors, [], [], [first])[0] != first
    everything = list(range(len(labels)))
    assert next_rows(vectors, everything, [str(v) for v in labels]) == []


def test_the_curve_rises_with_labels() -> None:
    vectors, labels = posts(1)
    rows = np.random.default_rng(1).permutation(len(labels))[:200]
    points = curve(vectors[rows], [str(v) for v in labels[rows]])
    assert points[0].labels == 10 and points[-1].labels == 200
    assert points[-1].accuracy > points[-1].majority
    assert points[-1].high - points[-1].low < points[0].high - points[0].low
    assert all(p.low <= p.accuracy <= p.high + 1e-9 for p in points)
    assert curve(vectors[:50], ["same"] * 50) == []
