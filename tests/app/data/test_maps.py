"""Where the names of clusters stand."""

from __future__ import annotations

import numpy as np

from app.data.maps import place_of_name


def test_a_name_stands_on_a_member_of_a_bent_cluster() -> None:
    bent = np.array([[0, 0], [0, 50], [0, 100], [50, 100], [100, 100], [100, 50], [100, 0]])
    place = place_of_name(bent)
    assert [place["x"], place["y"]] in bent.tolist()
    assert place["reach"] == 50
