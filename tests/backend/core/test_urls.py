"""Whatever is written in an address is a number or is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.urls import DIGITS, MANY, parse_int


@given(st.integers(0, 10**DIGITS - 1))
def test_a_number_is_read(n: int) -> None:
    assert parse_int(str(n)) == n


@given(st.text())
def test_anything_else_is_none_or_too_many(raw: str) -> None:
    found = parse_int(raw)
    assert (found is None) == (not raw.isdecimal())
    assert found is None or 0 <= found <= MANY


@pytest.mark.parametrize("raw", ["9" * 10, "9" * 5_000])
def test_more_digits_than_anything_has(raw: str) -> None:
    assert parse_int(raw) == MANY
