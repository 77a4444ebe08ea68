"""Labelled posts that a bundle was trained on, and predictions of heads refitted without them."""

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
    """The posts that a bundle was, or may have been, trained on.

    Attributes
    ----------
    posts : frozenset of str
    held_out : mapping of str to mapping of str to Affect
        Predictions of heads refitted without the post, by post id and subset; not
        every post has them.
    """

    posts: frozenset[str]
    held_out: Mapping[str, Parts]


def find_overlap(bundle: Bundle, ground_truth: GroundTruth) -> TrainingOverlap:
    """Find the posts that a bundle was trained on.

    Posts of the shipped corpus are matched by id. The rated tweets are a public
    data set that any corpus may contain, so they are matched by text.
    """
    path, names = bundle.file(FILE), _training_ids(ground_truth)
    sentiment = sentiment_places(ground_truth.classes) is not None
    if not sentiment and not ground_truth.shipped:
        return TrainingOverlap(frozenset(), {})  # tweets were used for sentiment only
    if not names or not sentiment or not path.is_file():
        return TrainingOverlap(frozenset(names), {})
    wanted = set(names.values())
    predictions: dict[str, dict[str, Affect]] = {}
    for row in pq.read_table(path).to_pylist():
        if row["id"] in wanted:
            predictions.setdefault(row["id"], {})[row["subset"]] = Affect(
                emotion={},
                neutral=float("nan"),
                sentiment=Sentiment(row["positive"], row["label"]),
                confidence=row["confidence"],
            )
    held_out = {id_: predictions[name] for id_, name in names.items() if name in predictions}
    return TrainingOverlap(frozenset(names), held_out)


def _training_ids(ground_truth: GroundTruth) -> dict[str, str]:
    """Post ids to their ids in the training data."""
    if ground_truth.shipped:
        return {id_: id_ for id_ in ground_truth.ids}
    if not TWEETS.is_file():
        return {}
    tweets: dict[str, str] = {}
    for row in pq.read_table(TWEETS, columns=["id", "text"]).to_pylist():
        tweets.setdefault(normalise(row["text"]), row["id"])
    rows = ground_truth.table.select(["id", "text", "image", "audio"]).to_pylist()
    return {
        row["id"]: tweets[normalise(row["text"])]
        for row in rows
        if row["text"] and not (row["image"] or row["audio"]) and normalise(row["text"]) in tweets
    }


def normalise(text: str) -> str:
    """A text without case, handles, links and extra spaces, to match copies of it."""
    text = html.unescape(html.unescape(text)).casefold()
    text = re.sub(r"(?<!\w)@\w+|https?://\S+", " ", text)
    return " ".join(text.split())


def largest_subset(parts: Parts) -> Affect:
    """The prediction from the largest subset."""
    return parts[max(parts, key=lambda name: (name.count("+"), name))]


def held_out_mask(ground_truth: GroundTruth, overlap: TrainingOverlap) -> np.ndarray:
    """Whether the prediction of each post is by heads not trained on it, ``(n,)`` bool."""
    return np.array(
        [id_ not in overlap.posts or id_ in overlap.held_out for id_ in ground_truth.ids]
    )


def note(name: str, ground_truth: GroundTruth, overlap: TrainingOverlap) -> str:
    """How a bundle's predictions relate to its training data, for the reader."""
    if not overlap.posts:
        return f"{name} was trained on none of these posts."
    every = len(overlap.posts) == len(ground_truth)
    which = "these labels" if every else f"{len(overlap.posts):,} of these posts, which are tweets"
    if not overlap.held_out:
        return f"{name} may have been trained on {which}, so its figures are optimistic."
    each = "each post" if every else "each of them"
    return (
        f"{name} was trained on {which}; {each} is predicted by heads refitted without it and "
        "its near-duplicates."
    )
