"""Lines of text on a picture in the order of reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_SAME_HEIGHT = 2.0  # at most so many times as high
_GAP = 1.1  # between lines of a block, in heights of a line
_SPACE = 1.6  # between parts of a line, in heights of a line


def blocks(boxes: np.ndarray) -> list[list[int]]:
    """Group lines into blocks, such as a caption, a speech bubble or a column.

    Parameters
    ----------
    boxes : numpy.ndarray
        ``(n, 4)``: left, top, right, bottom.

    Returns
    -------
    list of list of int
        Rows of `boxes`, in the order of reading: blocks from the top, lines from the top,
        parts of a line from the left.

    Examples
    --------
    >>> blocks(np.array([[0, 14, 50, 24], [200, 0, 300, 10], [0, 0, 60, 10]]))
    [[2, 0], [1]]
    """
    count = len(boxes)
    block = list(range(count))

    def find(i: int) -> int:
        while block[i] != i:
            block[i] = block[block[i]]
            i = block[i]
        return i

    for i in range(count):
        for j in range(i):
            if _adjoin(boxes[i], boxes[j]):
                block[find(i)] = find(j)
    groups: dict[int, list[int]] = {}
    for i in range(count):
        groups.setdefault(find(i), []).append(i)
    ordered = [_lines(boxes, group) for group in groups.values()]
    return sorted(ordered, key=lambda group: (boxes[group, 1].min(), boxes[group, 0].min()))


def _adjoin(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two boxes are lines, or parts of a line, of the same block."""
    heights = sorted((one[3] - one[1], other[3] - other[1]))
    if heights[1] > _SAME_HEIGHT * heights[0]:
        return False
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if down > 0.5 * heights[0]:
        return bool(across > -_SPACE * heights[0])
    widths = min(one[2] - one[0], other[2] - other[0])
    return bool(across > 0.3 * widths and down > -_GAP * heights[0])


def _lines(boxes: np.ndarray, group: Sequence[int]) -> list[int]:
    """Sort the boxes of a block by line, then from the left."""
    middle = {i: float(boxes[i, 1] + boxes[i, 3]) / 2 for i in group}
    height = float(np.median([boxes[i, 3] - boxes[i, 1] for i in group]))
    lines: list[list[int]] = []
    for i in sorted(group, key=lambda i: middle[i]):
        if lines and middle[i] - middle[lines[-1][0]] < 0.5 * height:
            lines[-1].append(i)
        else:
            lines.append([i])
    return [i for line in lines for i in sorted(line, key=lambda i: float(boxes[i, 0]))]
