"""Reactions by the emotion of the posts that they are to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import Corpus
from backend.corpus.model_outputs import strongest
from backend.corpus.reactions import KINDS, Reacted, reacted
from backend.domain import EMOTIONS_AND_NEUTRAL

_Z = 1.96  # 95 % of a normal distribution lie within


@dataclass(frozen=True, slots=True)
class EmotionReactions:
    """Reactions to the posts of one emotion.

    Attributes
    ----------
    emotion, kind : str
        The strongest predicted emotion of the posts, or ``neutral``; the kind of reaction.
    posts : int
    mean, low, high : float
        Reactions a post, and the 95 % interval of that mean, by normal approximation.
    ratio : float
        The mean over that of all posts.
    """

    emotion: str
    kind: str
    posts: int
    mean: float
    low: float
    high: float
    ratio: float


def reactions_by_emotion(
    corpus: Corpus, bundle: str, found: Reacted | None = None
) -> list[EmotionReactions]:
    """Compare the reactions that posts of each emotion draw, by kind of reaction.

    Replies are counted as posts of their own: what is compared is what they draw themselves.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    found : Reacted, optional
        The reactions of the corpus, if they were read before.

    Returns
    -------
    list of EmotionReactions
    """
    found = found or reacted(corpus)
    predictions = corpus.predictions(bundle)
    if found is None or not len(predictions):
        return []
    kind_of = found.table["kind"].combine_chunks()
    ids = corpus.table(["id"])["id"].combine_chunks()
    place = pc.index_in(predictions["id"].combine_chunks(), value_set=ids)
    place = place.to_numpy(zero_copy_only=False).astype(np.float64)
    there = ~np.isnan(place)
    probabilities = np.stack(
        [predictions[name].to_numpy() for name in EMOTIONS_AND_NEUTRAL], axis=1
    )
    emotion = strongest(probabilities)[there]
    rows = place[there].astype(np.int64)
    means = []
    for kind in KINDS:
        if kind == "mention":  # of a user, not of a post
            continue
        of_kind = pc.drop_null(found.row.filter(pc.equal(kind_of, kind)))
        if not len(of_kind):
            continue
        counts = np.bincount(pa.array(of_kind).to_numpy(), minlength=len(ids))[rows]
        overall = float(counts.mean())
        for number, name in enumerate(EMOTIONS_AND_NEUTRAL):
            mine = counts[emotion == number]
            if len(mine) < 2:
                continue
            mean = float(mine.mean())
            error = _Z * float(mine.std(ddof=1)) / len(mine) ** 0.5
            low, high = max(mean - error, 0.0), mean + error
            means.append(EmotionReactions(name, kind, len(mine), mean, low, high, mean / overall))
    return means
