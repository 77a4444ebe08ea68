"""Users as the app serves them, fitted to some posts and tested on others."""

from __future__ import annotations

import numpy as np

from backend.bundles.native import fitted
from backend.core.vectors import normalize
from backend.domain import KindredError
from backend.joint_space.authored_posts import AuthoredPosts
from backend.search.user_space import UserSpace, contrasted, user_vectors

SERVED, NEW = "as the app serves users", "as the app serves new users"


def scores(
    authored: AuthoredPosts, train: np.ndarray, test: np.ndarray, dim: int
) -> dict[str, np.ndarray]:
    """Score all users for posts, ``(test posts, users)`` by system.

    A space of `dim` numbers, as a bundle's, holds the native vectors. New users have the mean of
    their posts until the space is made again: here all have.

    Raises
    ------
    KindredError
        ``too_few`` when hardly any user has two training posts.
    """
    parts = {name: fitted(raw, dim) for name, raw in authored.features.items()}
    owners, users = authored.users[train], len(authored.names)
    space = UserSpace.fit({name: rows[train] for name, rows in parts.items()}, owners)
    if space is None:
        raise KindredError("too_few", "This table needs users with two posts or more.")
    placed = space.posts(parts)
    means = user_vectors(placed[train], owners, users)
    tested = normalize(placed[test])
    return {
        SERVED: tested @ contrasted(placed[train], owners, means).T,
        NEW: tested @ means.T,
    }
