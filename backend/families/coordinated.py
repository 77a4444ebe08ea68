"""Coordinated posting: exact copies that many users posted within minutes.

It says who posted the same when, and how often the same users did so. It cannot say why: a
campaign, a template of an app and a class at school look the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.families.types import Families

MINUTES = 10.0
USERS = 5  # different users, at least
_SAME_GROUP = 0.5  # of the users of the smaller occasion, who also took part in the other


@dataclass(frozen=True, slots=True)
class Occasion:
    """Users who posted exact copies within minutes.

    Attributes
    ----------
    by : str
        The modality that was copied.
    posts, users : tuple of str
        By time; a user once.
    start, end : float
        Seconds since 1970.
    """

    by: str
    posts: tuple[str, ...]
    users: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Group:
    """Users who took part in one occasion or several with the same others.

    Attributes
    ----------
    users : tuple of str
        Those who took part most often first.
    occasions : tuple of Occasion
        By time.
    times : mapping of str to int
        In how many occasions each user took part.
    """

    users: tuple[str, ...]
    occasions: tuple[Occasion, ...]
    times: Mapping[str, int]

    @property
    def posts(self) -> tuple[str, ...]:
        """The posts of all occasions."""
        return tuple(post for occasion in self.occasions for post in occasion.posts)


def groups(
    families: Families, *, minutes: float = MINUTES, users: int = USERS
) -> tuple[Group, ...]:
    """Find the groups, the largest first.

    Parameters
    ----------
    families : Families
    minutes : float
        Within which the copies of an occasion were posted.
    users : int
        Different users that an occasion needs.
    """
    found: list[Occasion] = []
    for by in ("text", "image", "audio"):
        variant = families.variants[by]
        dated = np.flatnonzero((variant >= 0) & ~np.isnan(families.seconds))
        order = dated[np.lexsort((families.seconds[dated], variant[dated]))]
        for rows in np.split(order, np.flatnonzero(np.diff(variant[order])) + 1):
            if len(rows) >= users:
                found += _occasions(families, by, rows, minutes * 60, users)
    return _joined(_without_repeats(found))


def _occasions(
    families: Families, by: str, rows: np.ndarray, within: float, users: int
) -> list[Occasion]:
    """Return the stretches of copies that enough users posted within some seconds."""
    times = families.seconds[rows]
    covered = np.zeros(len(rows), dtype=bool)
    for start in range(len(rows)):
        end = int(np.searchsorted(times, times[start] + within, side="right"))
        if len({user for user in families.users[rows[start:end]] if user}) >= users:
            covered[start:end] = True
    found = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], covered, [False]]).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        part = rows[start:end]
        names = dict.fromkeys(str(user) for user in families.users[part] if user)
        posts = tuple(map(str, families.ids[part]))
        found.append(Occasion(by, posts, tuple(names), float(times[start]), float(times[end - 1])))
    return found


def _without_repeats(occasions: list[Occasion]) -> list[Occasion]:
    """Leave out occasions whose posts are in a larger one: text and picture were copied."""
    kept: list[Occasion] = []
    seen: set[str] = set()
    for occasion in sorted(occasions, key=lambda o: -len(o.posts)):
        if not seen.issuperset(occasion.posts):
            kept.append(occasion)
            seen.update(occasion.posts)
    return sorted(kept, key=lambda o: (o.start, o.posts))


def _joined(occasions: list[Occasion]) -> tuple[Group, ...]:
    together: list[list[Occasion]] = []
    for occasion in occasions:
        mine = [o for o in together if any(_same_group(occasion, other) for other in o)]
        merged = [other for o in mine for other in o] + [occasion]
        together = [o for o in together if not any(o is one for one in mine)] + [merged]
    found = []
    for members in together:
        times: dict[str, int] = {}
        for occasion in members:
            for user in occasion.users:
                times[user] = times.get(user, 0) + 1
        names = sorted(times, key=lambda user: (-times[user], user))
        ordered = sorted(members, key=lambda o: o.start)
        found.append(Group(tuple(names), tuple(ordered), times))
    return tuple(sorted(found, key=lambda g: (-len(g.users), g.users)))


def _same_group(one: Occasion, other: Occasion) -> bool:
    both = len(set(one.users) & set(other.users))
    return both >= 2 and both >= _SAME_GROUP * min(len(one.users), len(other.users))
