from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.core.vectors import SHORTEST, normalize

ROWS = st.sampled_from([np.float16, np.float32, np.float64]).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=5),
        elements={"min_value": -1000, "max_value": 1000, "allow_subnormal": False},
    )
)


@given(ROWS)
def test_length_is_one_or_zero(rows: np.ndarray) -> None:
    scaled = normalize(rows)
    wide = rows.astype(np.float64)
    length = np.linalg.norm(wide, axis=-1)
    assert scaled.shape == rows.shape
    assert scaled.dtype == (np.float64 if rows.dtype == np.float64 else np.float32)
    clear = np.abs(length - SHORTEST) > 1e-9  # not at the threshold itself, where rounding decides
    expected = (length > SHORTEST).astype(float)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=-1)[clear], expected[clear], atol=1e-5)
    np.testing.assert_allclose(scaled * length[..., None], wide, atol=max(SHORTEST, 1e-5 * 1000))


@given(ROWS)
def test_in_place_gives_the_same_and_no_second_array(rows: np.ndarray) -> None:
    wide = rows.astype(np.float32) if rows.dtype == np.float16 else rows.copy()
    expected = normalize(wide)
    assert normalize(wide, in_place=True) is wide
    np.testing.assert_array_equal(wide, expected)


def test_many_are_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    expected = normalize(rows)
    monkeypatch.setattr("backend.core.vectors._BLOCK", 7)
    np.testing.assert_array_equal(normalize(rows), expected)


@given(ROWS)
def test_direction_survives_any_scale(rows: np.ndarray) -> None:
    rows = np.where(np.abs(rows) < 0.1, 0, rows).astype(np.float64)
    np.testing.assert_allclose(normalize(rows * 8), normalize(rows), rtol=1e-12)
    np.testing.assert_allclose(normalize(normalize(rows)), normalize(rows), rtol=1e-12)
    np.testing.assert_array_equal(normalize(-rows), -normalize(rows))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, SHORTEST / 10, 0])
def test_vector_without_direction_becomes_zeros(value: float) -> None:
    rows = np.array([[value, 0], [3, 4]], dtype=np.float32)
    np.testing.assert_array_equal(normalize(rows), np.float32([[0, 0], [0.6, 0.8]]))


def test_input_is_left_alone() -> None:
    rows = np.array([[3, 4]], dtype=np.float32)
    normalize(rows)
    np.testing.assert_array_equal(rows, [[3, 4]])
    assert normalize([3, 4]).tolist() == pytest.approx([0.6, 0.8])
    assert normalize(np.zeros((0, 4))).shape == (0, 4)
