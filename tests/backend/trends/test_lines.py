"""Shares in each step of time."""

from __future__ import annotations

import numpy as np

from backend.trends import FEWEST, lines


def test_a_step_of_a_few_posts_has_no_share() -> None:
    steps = np.repeat([0, 1, 2], [10, FEWEST, FEWEST - 1])
    member = np.zeros(len(steps), dtype=bool)
    member[[0, 10, -1]] = True
    line = lines.share("tram", member, steps, 3)
    assert line.values[:2].tolist() == [1 / 10, 1 / FEWEST]
    assert np.isnan(line.values[2]), "a share of three posts"
    assert line.counts.tolist() == [1, 1, 1]
