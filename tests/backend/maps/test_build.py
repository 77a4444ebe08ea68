"""What is typical of a cluster."""

from __future__ import annotations

import numpy as np

from backend.maps.build import medoids


def test_the_posts_most_like_all_others_are_typical() -> None:
    angles = np.deg2rad([0, 4, 8, 12, 16, 90, 180])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    ids = np.array(list("abcdefg"), dtype=object)
    members = np.array([True] * 6 + [False])
    order = medoids(ids, vectors, members, set())
    means = (vectors[:6] @ vectors[:6].T).mean(axis=1)
    assert order == tuple(ids[np.argsort(-means)])
    assert order[-1] == "f" and "g" not in order
    assert medoids(ids, vectors, members, {"e"})[0] == "e"
    assert medoids(ids, vectors, ~members & False, set()) == ()
