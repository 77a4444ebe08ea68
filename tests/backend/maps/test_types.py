"""Which clusters a map opens with."""

from __future__ import annotations

import numpy as np
import pytest

from backend.domain import Kind
from backend.maps.types import Cluster, Level, Map


def _map(**sizes: int) -> Map:
    levels = tuple(
        Level(
            name,
            np.full(4, -1, np.int32),
            tuple(Cluster(i, "dog", (), 2, np.nan, (), ()) for i in range(clusters)),
        )
        for name, clusters in sizes.items()
    )
    xy, ids = np.zeros((4, 2), np.float32), np.array(list("abcd"), dtype=object)
    return Map(Kind.USER, ids, xy, levels, {}, "b1", 4)


@pytest.mark.parametrize(
    ("sizes", "opens"),
    [
        ({"broad": 1, "medium": 2, "fine": 3}, "medium"),
        ({"broad": 0, "medium": 0, "fine": 2}, "fine"),
        ({"broad": 1, "medium": 0, "fine": 2}, "broad"),
        ({"broad": 0, "medium": 0, "fine": 0}, "medium"),
    ],
)
def test_a_map_opens_with_clusters_if_a_level_has_some(sizes: dict[str, int], opens: str) -> None:
    made = _map(**sizes)
    assert made.level().name == opens
    assert made.level("medium").name == "medium"
