"""Communities of users who react to each other, and the users who join them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score

from backend.reactions.network import Network
from backend.settings import SEED

LEAST = 3  # users of a community
BRIDGES = 100  # that are told, at most
NONE = -1


@dataclass(frozen=True, slots=True)
class Community:
    """Users who react to each other more than to others.

    Attributes
    ----------
    id : int
        From 0, the largest first.
    users : tuple of str
        Those with most reactions inside first.
    inside, outside : int
        Reactions among its users, and between them and others.
    """

    id: int
    users: tuple[str, ...]
    inside: int
    outside: int

    @property
    def share_inside(self) -> float:
        """The part of the reactions that stays inside."""
        return self.inside / max(self.inside + self.outside, 1)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A user who joins two communities.

    Attributes
    ----------
    user : str
    communities : tuple of int
        The two.
    reactions : tuple of int
        To and from each of the two.
    carried : float
        The part of all reactions between the two in which the user takes part; of those of a
        member, reactions with the other community count.
    """

    user: str
    communities: tuple[int, int]
    reactions: tuple[int, int]
    carried: float


@dataclass(frozen=True, slots=True, eq=False)
class Communities:
    """The communities of a network.

    Attributes
    ----------
    labels : numpy.ndarray
        ``(n,)`` of each user; `NONE` for those in no community of `LEAST` users.
    all : tuple of Community
    between : numpy.ndarray
        ``(k, k)`` reactions from users of one community to those of another.
    bridges : tuple of Bridge
    modularity : float
        Of the partition: above .3, communities are clear (Newman & Girvan 2004).
    links : int
        Pairs of users of whom one reacted to the other, or both did.
    """

    labels: np.ndarray
    all: tuple[Community, ...]
    between: np.ndarray
    bridges: tuple[Bridge, ...]
    modularity: float
    links: int


def communities(network: Network) -> Communities:
    """Find the communities of a network by the Louvain method, the same each time."""
    n = len(network.users)
    if not len(network.pairs):
        empty = np.zeros((0, 0), dtype=np.int64)
        return Communities(np.full(n, NONE), (), empty, (), 0.0, 0)
    from sknetwork.clustering import Louvain, get_modularity

    one, other = network.pairs.T
    directed = sparse.csr_matrix((network.weights.astype(np.float64), (one, other)), shape=(n, n))
    links = directed + directed.T
    raw = Louvain(random_state=SEED % 2**32, shuffle_nodes=False).fit_predict(links)
    modularity = float(get_modularity(links, raw))
    sizes = np.bincount(raw)
    order = np.argsort(-sizes, kind="stable")
    rank = np.full(len(sizes), NONE)
    kept = order[sizes[order] >= LEAST]
    rank[kept] = np.arange(len(kept))
    labels = rank[raw]
    # The last column and row: users in no community.
    member = sparse.csr_matrix(
        (np.ones(n), (np.arange(n), np.where(labels >= 0, labels, len(kept)))),
        shape=(n, len(kept) + 1),
    )
    toward = np.asarray((links @ member).todense()).astype(np.int64)  # (n, k + 1)
    between = np.asarray((member.T @ directed @ member).todense()).astype(np.int64)
    found = [_community(c, network, labels, toward, between) for c in range(len(kept))]
    return Communities(
        labels,
        tuple(found),
        between[:-1, :-1],
        _bridges(network, labels, toward),
        modularity,
        links.nnz // 2,
    )


def _community(
    number: int, network: Network, labels: np.ndarray, toward: np.ndarray, between: np.ndarray
) -> Community:
    mine = np.flatnonzero(labels == number)
    order = mine[np.argsort(-toward[mine, number], kind="stable")]
    inside = int(between[number, number])
    outside = int(between[number].sum() + between[:, number].sum()) - 2 * inside
    return Community(number, tuple(map(str, network.users[order])), inside, outside)


def _bridges(network: Network, labels: np.ndarray, toward: np.ndarray) -> tuple[Bridge, ...]:
    """Return the users who carry most of what passes between two communities.

    A user counts for the two communities that he or she reacts with most.
    """
    count = toward.shape[1] - 1
    if count < 2:
        return ()
    inside = toward[:, :count]
    passing = np.zeros((count, count), dtype=np.int64)  # each reaction once, whoever began it
    for community in range(count):
        passing[community] = inside[labels == community].sum(axis=0)
    users = np.arange(len(inside))
    first, second = np.argsort(-inside, axis=1, kind="stable")[:, :2].T
    most, least = inside[users, first], inside[users, second]
    whole = passing[first, second]
    # Of a member, what goes to the other community counts; one of a third adds a path of its own.
    carried = np.where(labels == second, most, least)
    whole = np.where((labels == first) | (labels == second), whole, whole + least)
    share = carried / np.maximum(whole, 1)
    best = np.argsort(-least * share, kind="stable")[:BRIDGES]
    return tuple(
        Bridge(
            str(network.users[user]),
            (int(first[user]), int(second[user])),
            (int(most[user]), int(least[user])),
            float(share[user]),
        )
        for user in best
        if least[user]
    )


def agreement(labels: np.ndarray, clusters: Sequence[int] | np.ndarray) -> float:
    """How far communities and clusters of content say the same of the users who have both.

    Returns
    -------
    float
        Adjusted mutual information: 0 by chance, 1 if one follows from the other; NaN where
        fewer than two users have both.
    """
    clusters = np.asarray(clusters)
    both = (labels != NONE) & (clusters >= 0)
    if both.sum() < 2:
        return float("nan")
    return float(adjusted_mutual_info_score(labels[both], clusters[both]))
