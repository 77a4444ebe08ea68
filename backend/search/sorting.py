"""Hits in another order than the best first: by time, or by a number such as likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from backend.corpus.label_numbers import number
from backend.domain import Hit, Post

BEST, NEWEST, OLDEST = "best", "newest", "oldest"
MOST = "most-"  # and the name of a label that is a number


def in_order(hits: Sequence[Hit], posts: Mapping[str, Post], order: str) -> list[Hit]:
    """Return the relevant hits in an order; what has no time or no number comes last.

    Hits that are hardly relevant stay out, unless there are no others.
    """
    if order == BEST:
        return list(hits)
    relevant = [hit for hit in hits if hit.relevance != "hardly"] or list(hits)

    def value(hit: Hit) -> float:
        post = posts.get(hit.id)
        if post is None:
            return float("inf")
        if order in (NEWEST, OLDEST):
            if post.time is None:
                return float("inf")
            return post.time.timestamp() * (-1 if order == NEWEST else 1)
        found = number(post.labels.get(order.removeprefix(MOST), ""))
        return float("inf") if isnan(found) else -found

    return sorted(relevant, key=value)
