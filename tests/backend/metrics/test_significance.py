"""Tests of many terms, against those of SciPy."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from backend.metrics.significance import corrected, tail


def test_corrected_p_values_are_those_of_benjamini_and_hochberg() -> None:
    made = corrected(np.array([0.01, 0.04, np.nan, 0.03, 0.5]))
    assert np.allclose(made, [0.04, 0.16 / 3, np.nan, 0.16 / 3, 0.5], equal_nan=True)


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_the_tail_is_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(20, 5_000))
    drawn = int(rng.integers(1, size))
    having = rng.integers(1, size, 30)
    expected = drawn * having / size
    found = np.minimum(np.ceil(expected + 1e-9 + rng.integers(0, 9, 30)), np.minimum(drawn, having))
    more = found > expected
    ours = tail(found[more], having[more], drawn, size)
    wanted = hypergeom.sf(found[more] - 1, size, having[more], drawn)
    assert np.allclose(ours, wanted, rtol=1e-5, atol=1e-14)
