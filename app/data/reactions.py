"""The reactions between users as the page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.data import url_state
from app.data.map_colours import CATEGORIES, GREY
from app.data.maps import cached
from app.data.session import corpus, users, workspace

if TYPE_CHECKING:
    from backend.reactions.by_emotion import EmotionReactions
    from backend.workspace.reactions import ReactionNetwork

MOST_LINKS, MOST_USERS = 1_200, 1_500  # that are drawn
LINKED = 250  # of the users, the most active ones, whose points lead to their pages
NAMED = len(CATEGORIES)  # communities or clusters that have a colour of their own
OTHERS = "others"
TITLES = {
    "reply": "Replies", "share": "Shares", "like": "Likes", "quote": "Quotes",
    "mention": "Mentions",
}  # fmt: skip


def kinds() -> tuple[str, ...]:
    """Return the kinds of reactions that the address names; all if it names none."""
    named = url_state.get("kinds").split("|")
    return tuple(kind for kind in TITLES if kind in named) or tuple(TITLES)


def network() -> ReactionNetwork:
    """Return who reacts to whom; what `by_emotion` returns is counted beside it.

    Raises
    ------
    backend.domain.KindredError
        ``no_reactions``.
    """
    workspace().reactions.prepare(corpus())
    return workspace().reactions.network(corpus(), kinds())


def by_emotion() -> list[EmotionReactions]:
    """Return the reactions that posts of each emotion draw."""
    return workspace().reactions.by_emotion(corpus())


def community_name(whole: ReactionNetwork, number: int) -> str:
    """Name a community by its number, from 1 as people count, and by what it posts about."""
    return f"Community {short_name(whole, number)}"


def short_name(whole: ReactionNetwork, number: int) -> str:
    """Name a community where what else could be meant is clear."""
    about = whole.names[number] if number < len(whole.names) else ""
    return f"{number + 1}{about and f': {about}'}"


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What is drawn of a network.

    Attributes
    ----------
    xy : numpy.ndarray
        ``(n, 2)`` where each user lies, 0 to 1 from left to right and from top to bottom.
    users : tuple of str
        Id of each, most reactions first.
    names : tuple of str
        Of the first `LINKED`.
    reactions : numpy.ndarray
        ``(n,)`` to and from each.
    groups : numpy.ndarray
        ``(n,)`` index of `titles`.
    links : numpy.ndarray
        ``(m, 2)`` the strongest links, both directions together, as indices of `users`.
    weights : numpy.ndarray
        ``(m,)`` reactions of each link.
    titles : tuple of str
        The groups that have a colour of their own, and `OTHERS`.
    """

    xy: np.ndarray
    users: tuple[str, ...]
    names: tuple[str, ...]
    reactions: np.ndarray
    groups: np.ndarray
    links: np.ndarray
    weights: np.ndarray
    titles: tuple[str, ...]


@cached(12)
def drawing(colour: str, shown: tuple[str, ...]) -> Drawing:
    """Return what is drawn of the network.

    Parameters
    ----------
    colour : str
        ``community`` or ``cluster``.
    shown : tuple of str
        The kinds of reactions, as `kinds` returns them.
    """
    whole = workspace().reactions.network(corpus(), shown)
    net = whole.network
    placed = ~np.isnan(whole.xy[:, 0])
    ends, weights = net.pairs.ravel(), np.repeat(net.weights, 2)
    degree = np.bincount(ends, weights=weights, minlength=len(net.users)).astype(np.int64)
    seen = np.argsort(-np.where(placed, degree, -1), kind="stable")[:MOST_USERS]
    seen = seen[placed[seen]]
    if colour == "cluster":
        codes, titles = whole.clusters, list(whole.cluster_names)
    else:
        codes = whole.communities.labels
        titles = [short_name(whole, c.id) for c in whole.communities.all]
    titles = titles[:NAMED]
    of = codes[seen]
    ids = [str(id_) for id_ in net.users[seen]]
    known = users(ids[:LINKED])
    links, strength = _links(net.pairs, net.weights, seen, len(net.users))
    return Drawing(
        xy=_within(whole.xy[seen]),
        users=tuple(ids),
        names=tuple(known[id_].name if id_ in known else id_ for id_ in ids[:LINKED]),
        reactions=degree[seen],
        groups=np.where((of >= 0) & (of < len(titles)), of, len(titles)),
        links=links,
        weights=strength,
        titles=(*titles, OTHERS),
    )


def _within(xy: np.ndarray) -> np.ndarray:
    """Stretch places to 0 to 1; the second runs downwards, as on a screen."""
    if not len(xy):
        return xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    at = (xy - low) / np.where(high > low, high - low, 1)
    return np.asarray(np.column_stack([at[:, 0], 1 - at[:, 1]]))


def _links(
    pairs: np.ndarray, weights: np.ndarray, seen: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the strongest links between users that are drawn, both directions together."""
    row = np.full(n, -1)
    row[seen] = np.arange(len(seen))
    inside = (row[pairs] >= 0).all(axis=1)
    ends = np.sort(row[pairs[inside]], axis=1)
    keys, code = np.unique(ends[:, 0] * max(n, 1) + ends[:, 1], return_inverse=True)
    strength = np.bincount(code, weights=weights[inside], minlength=len(keys)).astype(np.int64)
    top = np.argsort(-strength, kind="stable")[:MOST_LINKS]
    return np.stack([keys[top] // max(n, 1), keys[top] % max(n, 1)], axis=1), strength[top]


def palette(names: Sequence[str]) -> list[str]:
    """Return the colour of each name, grey for `OTHERS`."""
    return [GREY if name == OTHERS else CATEGORIES[i] for i, name in enumerate(names)]
