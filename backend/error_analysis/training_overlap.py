"""Which labelled posts a bundle learnt from, and what its heads say of them refitted without."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from backend.bundles.bundle import Bundle
from backend.domain import Affect, Sentiment
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.models import sentiment_places
from backend.settings import ASSETS

FILE = "held_out.parquet"
TWEETS = ASSETS / "labels" / "tweets.parquet"
Parts = Mapping[str, Affect]


@dataclass(frozen=True, slots=True)
class TrainingOverlap:
    """The posts that a bundle learnt from, or may have.

    Attributes
    ----------
    posts : frozenset of str
    held_out : mapping of str to mapping of str to Affect
        What its heads, refitted without a post, say of it: by post id and subset.
        Posts of which this is not kept are missing.
    """

    posts: frozenset[str]
    held_out: Mapping[str, Parts]


def learnt(bundle: Bundle, labelled: GroundTruth) -> TrainingOverlap:
    """Find the posts that a bundle learnt from.

    Those that come with Kindred are known by their ids. The rated tweets are a
    public set that may be in anyone's corpus: they are known by their words.

    Parameters
    ----------
    bundle : Bundle
    labelled : GroundTruth

    Returns
    -------
    TrainingOverlap
    """
    path, names = bundle.path / FILE, _known(labelled)
    sentiment = sentiment_places(labelled.classes) is not None
    if not sentiment and not labelled.shipped:
        return TrainingOverlap(frozenset(), {})  # of tweets it learnt nothing but their sentiment
    if not names or not sentiment or not path.is_file():
        return TrainingOverlap(frozenset(names), {})
    wanted = set(names.values())
    said: dict[str, dict[str, Affect]] = {}
    for row in pq.read_table(path).to_pylist():
        if row["id"] in wanted:
            said.setdefault(row["id"], {})[row["subset"]] = Affect(
                emotion={},
                neutral=float("nan"),
                sentiment=Sentiment(row["positive"], row["label"]),
                confidence=row["confidence"],
            )
    fresh = {id_: said[name] for id_, name in names.items() if name in said}
    return TrainingOverlap(frozenset(names), fresh)


def _known(labelled: GroundTruth) -> dict[str, str]:
    """Post ids to the ids under which a bundle may have learnt from them."""
    if labelled.shipped:
        return {id_: id_ for id_ in labelled.ids}
    if not TWEETS.is_file():
        return {}
    tweets: dict[str, str] = {}
    for row in pq.read_table(TWEETS, columns=["id", "text"]).to_pylist():
        tweets.setdefault(plain(row["text"]), row["id"])
    rows = labelled.table.select(["id", "text", "image", "audio"]).to_pylist()
    return {
        row["id"]: tweets[plain(row["text"])]
        for row in rows
        if row["text"] and not row["image"] and not row["audio"] and plain(row["text"]) in tweets
    }


def plain(text: str) -> str:
    """What stays of a text wherever it was copied: no handles, links or spacing."""
    text = html.unescape(html.unescape(text)).casefold()
    text = re.sub(r"(?<!\w)@\w+|https?://\S+", " ", text)
    return " ".join(text.split())


def whole(parts: Parts) -> Affect:
    """Of the affects by subset, that of the largest subset."""
    return parts[max(parts, key=lambda name: (name.count("+"), name))]


def unseen(labelled: GroundTruth, of: TrainingOverlap) -> np.ndarray:
    """``(n,)`` bool: what is said of these posts owes nothing to them."""
    return np.array([id_ not in of.posts or id_ in of.held_out for id_ in labelled.ids])


def note(name: str, labelled: GroundTruth, of: TrainingOverlap) -> str:
    """What a reader must know of a bundle's predictions."""
    if not of.posts:
        return f"{name} has learnt from none of these posts."
    every = len(of.posts) == len(labelled)
    which = "these labels" if every else f"{len(of.posts):,} of these posts, tweets of its training"
    if not of.held_out:
        return f"{name} may have learnt from {which}, so its figures are optimistic."
    each = "each post" if every else "each of them"
    return (
        f"{name} learnt from {which}; {each} is judged by heads refitted without it and what "
        "looks like it."
    )
