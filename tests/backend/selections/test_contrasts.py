"""What sets a selection apart, by intervals and tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, t, ttest_ind

from backend.selections.contrasts import contrasts, over_represented, without_repeated_tags
from backend.selections.types import OverRepresented


def test_p_is_that_of_fishers_exact_test() -> None:
    names = np.array(["one"], dtype=object)
    found, tested = over_represented(names, np.array([8]), np.array([3]), 20, 100)
    wanted = fisher_exact([[8, 12], [3, 97]], alternative="greater")
    assert tested == 1 and found[0].p == pytest.approx(wanted.pvalue)
    assert found[0].share == 0.4 and found[0].rest_share == 0.03 and found[0].odds > 10


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_chance_alone_is_rarely_significant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = np.array([f"t{i}" for i in range(200)], dtype=object)
    everywhere = rng.uniform(0.01, 0.3, 200)
    inside, outside = rng.binomial(50, everywhere), rng.binomial(500, everywhere)
    found, _ = over_represented(names, inside, outside, 50, 500)
    assert len(found) <= 4  # false discoveries are controlled


def test_a_tag_is_not_told_again_as_a_word() -> None:
    def terms(*names: str) -> list[OverRepresented]:
        return [OverRepresented(name, 2, 0, 1.0, 0.0, 9.0, 0.01) for name in names]

    words = terms("#Storm", "storm", "#stormy", "roof")
    kept = without_repeated_tags(words, terms("storm", "sea"))
    assert [word.term for word in kept] == ["storm", "#stormy", "roof"]
    assert [word.term for word in without_repeated_tags(words, [])] == [w.term for w in words]


def test_nothing_to_test() -> None:
    nothing = np.array([], dtype=object)
    assert over_represented(nothing, np.array([]), np.array([]), 3, 4) == ([], 0)
    names = np.array(["a"], dtype=object)
    assert over_represented(names, np.array([3]), np.array([0]), 3, 0) == ([], 0)


def test_intervals_hold_the_mean_about_19_times_in_20() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        told = contrasts(["a"], rng.beta(2, 5, (40, 1)), rng.beta(2, 5, (300, 1)))[0]
        inside += told.low <= 2 / 7 <= told.high
    assert 0.91 < inside / 400 < 0.98


def test_means_of_one_and_of_none() -> None:
    one = contrasts(["a", "b"], np.array([[0.2, 0.9]]), np.full((4, 2), 0.5))
    assert (one[0].mean, one[0].low, one[0].high) == (0.2, 0.0, 1.0)
    none = contrasts(["a"], np.array([[np.nan]]), np.full((4, 1), 0.5))
    assert np.isnan(none[0].mean) and none[0].rest == 0.5


def test_means_are_compared_as_scipy_does() -> None:
    rng = np.random.default_rng(3)
    inside, outside = rng.beta(2, 5, (30, 1)), rng.beta(3, 5, (200, 1))
    told = contrasts(["a"], inside, outside)[0]
    assert told.p == pytest.approx(ttest_ind(inside, outside, equal_var=False).pvalue[0])
    low, high = t.interval(0.95, 29, inside.mean(), inside.std(ddof=1) / np.sqrt(30))
    assert (told.low, told.high) == (pytest.approx(low), pytest.approx(high))
