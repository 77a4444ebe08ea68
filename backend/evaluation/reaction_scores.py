"""What each system says of who reacts to a new post, and who wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from backend.bundles.native import fitted
from backend.core.vectors import normalize
from backend.joint_space import fit_users
from backend.joint_space.authored_posts import AuthoredPosts
from backend.joint_space.fit import Classes
from backend.joint_space.model import JointSpaceConfig
from backend.search.user_space import UserSpace, contrasted, user_vectors

TEMPERATURE = 0.05  # of the similarity of posts
JOINT, SERVED = "joint", "as the app serves users"


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of users for tested posts.

    Attributes
    ----------
    system : str
    reactions : bool
        Whether reactions were trained on.
    by_post, by_author : numpy.ndarray
        ``(tested posts, users)``.
    by_likes : numpy.ndarray, optional
        ``(tested posts, users)``: by the posts, in this space, that a user reacted to.
    run : int
    """

    system: str
    reactions: bool
    by_post: np.ndarray
    by_author: np.ndarray
    by_likes: np.ndarray | None = None
    run: int = 0


def counted(authored: AuthoredPosts, train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Return what counting the reactions to the training posts says, by system."""
    reacted = authored.take(train).reactions
    assert reacted is not None
    there = (reacted > 0).astype(np.float64)
    most = np.asarray(there.sum(axis=0)).ravel()
    owners = authored.users[train]
    to_author = np.zeros((len(authored.names), len(authored.names)))
    np.add.at(to_author, owners, there.toarray())
    # Where nobody else reacted to the author, who reacts most goes first.
    of_author = to_author[authored.users[test]] + most / (most.sum() + 1.0)
    return {
        "most reactions": np.tile(most, (int(test.sum()), 1)),
        "reacted to the author before": of_author,
    }


def trained(
    authored: AuthoredPosts,
    train: np.ndarray,
    test: np.ndarray,
    classes: Classes | None,
    runs: int,
) -> Iterator[Scores]:
    """Train the joint space without reactions and with them, once for each run."""
    mine = authored.take(train)
    assert mine.reactions is not None
    for run in range(runs):
        config = replace(fit_users.SCHEDULE, seed=fit_users.SCHEDULE.seed + run)
        for some in (replace(mine, reactions=None), mine):
            space = fit_users.train(some, classes, config=config)
            users = space.users().detach().numpy()
            posts = space.learned(space.posts(authored.features))
            near = np.exp((posts[test] @ posts[train].T - 1.0) / TEMPERATURE)
            yield Scores(
                JOINT,
                some.reactions is not None,
                posts[test] @ users.T,
                users[authored.users[test]] @ users.T,
                np.asarray(near @ (mine.reactions > 0).astype(np.float64).toarray()),
                run,
            )


def served(authored: AuthoredPosts, train: np.ndarray, test: np.ndarray) -> list[Scores]:
    """Return what the app's own space of users says; nothing where too few have two posts."""
    dim = JointSpaceConfig(inputs={}).dim
    parts = {name: fitted(raw, dim) for name, raw in authored.features.items()}
    mine = authored.take(train)
    space = UserSpace.fit({name: rows[train] for name, rows in parts.items()}, mine.users)
    if space is None:
        return []
    placed = space.posts(parts)
    means = user_vectors(placed[train], mine.users, len(authored.names))
    wrote = np.isin(np.arange(len(means)), mine.users)  # the app has no vectors of others
    assert mine.reactions is not None
    by_writers = mine.reactions.multiply(wrote[None].astype(np.float32)).tocsr()
    found = []
    for reactions in (None, by_writers):
        users = contrasted(placed[train], mine.users, means, reactions)
        users[~wrote] = 0.0
        by_post = normalize(placed[test]) @ users.T
        by_author = users[authored.users[test]] @ users.T
        found.append(Scores(SERVED, reactions is not None, by_post, by_author))
    return found
