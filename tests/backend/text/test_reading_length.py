"""Dense scripts and emoji count for more than letters, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.text.reading_length import reading_lengths


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("hello é", 7), ("привет", 6), ("雨の日", 6), ("😀!", 5), ("“a”", 9)],
)
def test_lengths(text: str, length: int) -> None:
    assert int(reading_lengths(text).sum()) == length


@given(st.text(st.characters(), max_size=200))
def test_every_character_counts(text: str) -> None:
    lengths = reading_lengths(text)
    assert len(lengths) == len(text)
    assert ((lengths >= 1) & (lengths <= 4)).all()
    assert int(reading_lengths(text + "😀").sum()) == int(lengths.sum()) + 4
