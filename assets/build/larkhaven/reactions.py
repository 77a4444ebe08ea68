"""Who replies to, likes, shares and mentions whom: within a community, and hardly beyond."""

from __future__ import annotations

import re

import numpy as np

from assets.build.larkhaven.people import Person
from assets.build.larkhaven.plan import Planned, Town

# Mean likes and shares of a post by its topic: what delights is liked, what alarms is shared,
# what angers is answered.
_MEANS = {"lantern": (11.0, 1.0), "storm": (2.0, 6.0), "ferry": (1.5, 2.0), "pier": (3.0, 1.0)}
_USUAL, _FAMILY, _COORDINATED = (3.5, 0.35), (6.0, 2.0), (7.0, 3.0)
_BEYOND = 0.12  # of the reactions to a community come from the town
_ACROSS = 0.006  # and from the other community
_MENTION = re.compile(r"@(\w+(?:\.\w+)*)")


def reactions(town: Town, posts: list[Planned]) -> list[tuple[str, str, str]]:
    """Return who did what to which post: ``(user, key of a post or a name, kind)``."""
    by_key = {post.key: post for post in posts}
    found = []
    for post in posts:
        if post.reply_to:
            found.append((post.author.id, post.reply_to, "reply"))
            # The one who is answered often likes the answer.
            if town.rng.random() < 0.6:
                found.append((by_key[post.reply_to].author.id, post.key, "like"))
            continue
        found += [(post.author.id, f"@{n}", "mention") for n in _MENTION.findall(post.text or "")]
        likes, shares = _means(post)
        for kind, mean in (("like", likes), ("share", shares)):
            users = {_reader(town, post.author).id for _ in range(town.rng.poisson(mean))}
            found += [(user, post.key, kind) for user in sorted(users - {post.author.id})]
    return list(dict.fromkeys(found))


def _means(post: Planned) -> tuple[float, float]:
    if post.topic == "coordinated":
        return _COORDINATED
    known = ("garden", "music", "town", "promoters")
    return _MEANS.get(post.topic) or (_USUAL if post.topic in known else _FAMILY)


def _reader(town: Town, author: Person) -> Person:
    group, chance = author.group, town.rng.random()
    if author is town.bridge:
        group = "garden" if town.rng.random() < 0.5 else "music"
    elif group in ("garden", "music"):
        other = "music" if group == "garden" else "garden"
        if chance < _ACROSS:
            group = other
        elif chance < _ACROSS + _BEYOND:
            group = "town"
        elif chance < _ACROSS + _BEYOND + 0.06:
            return town.bridge
    may = [p for p in town.people if p.group == group and p is not author]
    # Everybody has some whom he or she reads most.
    near = np.random.default_rng(sum(map(ord, author.handle))).permutation(len(may))
    rank = min(int(town.rng.exponential(len(may) / 3)), len(may) - 1)
    return may[int(near[rank])]
