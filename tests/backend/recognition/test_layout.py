from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backend.recognition.layout import blocks


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [[10, 20 * row, 200, 20 * row + 15] for row in range(3)]
    right = [[300, 20 * row + 2, 500, 20 * row + 17] for row in range(3)]
    assert blocks(np.array([*right, *left])) == [[3, 4, 5], [0, 1, 2]]


def test_parts_of_a_line_belong_together() -> None:
    assert blocks(np.array([[120, 3, 200, 20], [10, 0, 110, 18]])) == [[1, 0]]


def test_a_headline_is_a_block_of_its_own() -> None:
    assert blocks(np.array([[0, 0, 400, 60], [0, 70, 400, 90]])) == [[0], [1]]


numbers = st.integers(0, 400)


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=20))
def test_every_line_is_in_one_block(corners: list[tuple[int, ...]]) -> None:
    boxes = np.array([(x, y, x + w + 1, y + h + 1) for x, y, w, h in corners]).reshape(-1, 4)
    found = blocks(boxes)
    assert sorted(i for block in found for i in block) == list(range(len(boxes)))
