"""The reactions between users as the page draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.data import url_state
from app.data.map_colours import CATEGORIES, GREY
from app.data.maps import cached
from app.data.session import corpus, users, workspace

if TYPE_CHECKING:
    from backend.reactions.by_emotion import EmotionReactions
    from backend.workspace.reactions import ReactionNetwork

MOST_LINKS, MOST_USERS = 1_200, 1_500  # that are drawn
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


@cached(12)
def drawing(colour: str, shown: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return what is drawn of the network: users, links, and the names of the colours.

    Parameters
    ----------
    colour : str
        ``community`` or ``cluster``.
    shown : tuple of str
        The kinds of reactions, as `kinds` returns them.
    """
    whole = workspace().reactions.network(corpus(), shown)
    net, at = whole.network, whole.xy
    placed = ~np.isnan(at[:, 0])
    ends, weights = net.pairs.ravel(), np.repeat(net.weights, 2)
    degree = np.bincount(ends, weights=weights, minlength=len(net.users)).astype(np.int64)
    seen = np.argsort(-np.where(placed, degree, -1), kind="stable")[:MOST_USERS]
    seen = seen[placed[seen]]
    if colour == "cluster":
        codes, names = whole.clusters, list(whole.cluster_names)
    else:
        codes = whole.communities.labels
        names = [short_name(whole, c.id) for c in whole.communities.all]
    names = names[:NAMED]
    called = [names[code] if 0 <= code < len(names) else OTHERS for code in codes[seen]]
    people = users([str(id_) for id_ in net.users[seen]])
    points = pd.DataFrame(
        {
            "x": at[seen, 0],
            "y": at[seen, 1],
            "user": [str(id_) for id_ in net.users[seen]],
            "name": [people[i].name if i in people else str(i) for i in net.users[seen]],
            "group": called,
            "reactions": degree[seen],
        }
    )
    return points, _links(net.pairs, net.weights, at, seen, len(net.users)), [*names, OTHERS]


def _links(
    pairs: np.ndarray, weights: np.ndarray, at: np.ndarray, seen: np.ndarray, n: int
) -> pd.DataFrame:
    """Return the strongest links between users that are drawn, both directions together."""
    is_seen = np.zeros(n, dtype=bool)
    is_seen[seen] = True
    inside = is_seen[pairs].all(axis=1)
    low, high = pairs[inside].min(axis=1), pairs[inside].max(axis=1)
    keys, code = np.unique(low * n + high, return_inverse=True)
    strength = np.bincount(code, weights=weights[inside], minlength=len(keys)).astype(np.int64)
    top = np.argsort(-strength, kind="stable")[:MOST_LINKS]
    one, other = keys[top] // max(n, 1), keys[top] % max(n, 1)
    return pd.DataFrame(
        {
            "x": at[one, 0], "y": at[one, 1], "x2": at[other, 0], "y2": at[other, 1],
            "weight": strength[top],
        }
    )  # fmt: skip


def palette(names: list[str]) -> list[str]:
    """Return the colour of each name, grey for `OTHERS`."""
    return [GREY if name == OTHERS else CATEGORIES[i] for i, name in enumerate(names)]
