"""Posts with planted bursts and drifts in feeling, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain import EMOTIONS_AND_POSITIVE

NAMES = EMOTIONS_AND_POSITIVE
DAY = 86_400
START = 1_767_225_600  # 2026-01-01


@dataclass(frozen=True)
class Planted:
    """Dated posts in their order; `bursts` and `drifts` are (group, time)."""

    seconds: np.ndarray
    labels: np.ndarray
    affect: np.ndarray
    bursts: tuple[tuple[int, int], ...]
    drifts: tuple[tuple[int, int], ...]


def planted(seed: int, *, posts: int = 2_500, days: int = 90, groups: int = 10) -> Planted:
    """Three bursts of 25 posts in half a day, and one group whose joy falls for good."""
    rng = np.random.default_rng(seed)
    seconds = START + rng.integers(0, days * DAY, posts)
    labels = rng.choice(groups + 1, posts, p=_shares(rng, groups + 1)) - 1  # -1: in no group
    bursts = []
    for group in rng.choice(groups, 3, replace=False):
        at = int(START + rng.integers(5, days - 5) * DAY)
        seconds = np.append(seconds, at + rng.integers(0, DAY // 2, 25))
        labels = np.append(labels, np.full(25, group))
        bursts.append((int(group), at))
    order = np.argsort(seconds, kind="stable")
    seconds, labels = seconds[order].astype(np.int64), labels[order].astype(np.int64)
    means = rng.uniform(0.05, 0.45, (groups + 1, len(NAMES)))
    affect = np.clip(means[labels] + rng.normal(0, 0.15, (len(labels), len(NAMES))), 0, 1)
    group, at = int(rng.integers(groups)), int(START + rng.integers(35, 55) * DAY)
    later = (labels == group) & (seconds >= at)
    affect[later, 0] = np.clip(affect[later, 0] + (0.2 if means[group, 0] < 0.25 else -0.2), 0, 1)
    return Planted(seconds, labels, affect.astype(np.float32), tuple(bursts), ((group, at),))


def _shares(rng: np.random.Generator, groups: int) -> np.ndarray:
    shares = rng.uniform(0.5, 1.5, groups)
    return shares / shares.sum()
