"""Predictions of labelled posts by the heads of a bundle, refitted without the post.

All that was fitted to a label is refitted without the post and its look-alikes: the text
head without near-duplicates, the face head without that emoji in any style, weights and
calibration without either.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend import encoders
from backend.affect import AffectModel
from backend.affect.evidence import Evidence
from backend.affect.fitting import heads, labelled_items, labels
from backend.affect.fitting.calibration import Odds
from backend.affect.fitting.drawings import read_drawings
from backend.affect.fitting.fusion import LabelledOdds, RatedOdds, SyntheticPairs, fit_fusion
from backend.affect.fitting.labelled_texts import clear_comments, judged_odds, read_labelled
from backend.affect.fitting.text import Judged, fit_text, folds, prior
from backend.affect.fusion import Fusion
from backend.affect.text import TextHead
from backend.bundles.bundle import Bundle
from backend.bundles.writing import put_file
from backend.core.progress import Progress
from backend.domain import SENTIMENTS, Affect, Modality, subset_name
from backend.settings import ASSETS, settings
from backend.training.feature_cache import FeatureCache

FILE = "held_out.parquet"
FOLDS = 5
_TEXT, _IMAGE = (Modality.TEXT,), (Modality.IMAGE,)
_BOTH = (*_TEXT, *_IMAGE)
# The kinds of labelled items, and the subsets of modalities that each is predicted from.
KINDS: dict[str, tuple[tuple[Modality, ...], ...]] = {
    "tweets": (_TEXT,),
    "comments": (_TEXT,),
    "drawings": (_IMAGE,),
    "pairs": (_BOTH,),
    "posts": (_TEXT, _IMAGE, _BOTH),
}
SCHEMA = pa.schema(
    [
        ("what", pa.string()),  # a key of `KINDS`
        ("id", pa.string()),
        ("group", pa.string()),
        ("truth", pa.string()),
        ("subset", pa.string()),
        ("positive", pa.float32()),
        ("label", pa.string()),
        ("confidence", pa.float32()),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """The labelled items, and what the fusion is fitted on.

    Attributes
    ----------
    tweets, comments, drawings, posts : LabelledOdds
        Rated tweets; comments of GoEmotions that no head was trained on; emoji in every
        style; posts of OpenMoji with their own words.
    pairs : SyntheticPairs
    human : numpy.ndarray
        ``(pairs,)`` bool: the text of the pair was rated by people.
    pair_captions : numpy.ndarray
        ``(pairs,)`` float64: probability that the text only names things.
    calm : LabelledOdds
        Posts assumed to be neutral.
    """

    tweets: LabelledOdds
    comments: LabelledOdds
    drawings: LabelledOdds
    posts: LabelledOdds
    pairs: SyntheticPairs
    human: np.ndarray
    pair_captions: np.ndarray
    calm: LabelledOdds


def compute(bundle: Bundle, progress: Progress | None = None, *, assets: Path = ASSETS) -> HeldOut:
    """Refit the heads of a bundle, each fold without its own items."""
    cache = FeatureCache()
    by_modality = {
        m: encoders.get(bundle.encoders[m], modality=m, device=settings().device)
        for m in (Modality.TEXT, Modality.IMAGE)
    }
    text_encoder, image_encoder = by_modality[Modality.TEXT], by_modality[Modality.IMAGE]
    texts, vectors, rated, judged = read_labelled(text_encoder, assets, cache)
    tensors, held = fit_text(vectors, texts, rated, judged)
    _step(progress, 1)
    model = AffectModel.load(bundle)
    if "naming_weight" in (kept := bundle.tensors("affect")):  # fitted to no label
        tensors["naming_weight"] = kept["naming_weight"]
    head = TextHead(tensors)
    drawings = read_drawings(assets, image_encoder, cache)
    targets = heads.face_targets(drawings, head, text_encoder, cache)
    image = heads.held_out_images(
        drawings, targets, _affect_tensors(bundle), bundle.config["affect"], model.image
    )
    _step(progress, 2)
    of_texts = Odds(held["sentiment"], held["neutral"])
    pairs = heads.pair_by_sentiment(texts, of_texts, drawings, image)
    labelled, sentiments = texts.sources != labels.PLAIN, labels.polarity(texts.sentiment)
    rated_sentiments = labels.polarity(drawings.polarity[drawings.rated])
    paired = labelled & np.isin(sentiments, rated_sentiments)
    captions = heads.Captions(assets, by_modality, cache, stamps=True)
    tweets = texts.sources == "tweets"
    ids = pq.read_table(assets / "labels" / "tweets.parquet", columns=["id"])["id"].to_pylist()
    _step(progress, 3)
    return HeldOut(
        tweets=_of_texts(
            np.array(ids, dtype=object),
            heads.rated_tweets(texts, of_texts),
            head.caption(vectors[tweets]),
        ),
        comments=_of_comments(judged, Odds(held["comments"], held["comments_neutral"]), head),
        drawings=labelled_items.labelled_drawings(assets, drawings, image),
        posts=labelled_items.labelled_posts(assets, drawings, image, head, text_encoder, cache),
        pairs=pairs,
        human=texts.sources[paired] == "tweets",
        pair_captions=head.caption(vectors[paired]),
        calm=heads.calm_posts(captions, head, model.image),
    )


def _of_texts(ids: np.ndarray, rated: RatedOdds, caption: np.ndarray) -> LabelledOdds:
    """Texts without an image."""
    image = np.full(len(ids), np.nan)
    return LabelledOdds(
        ids, rated.odds.positive, image, rated.odds.neutral, rated.label, rated.groups, caption
    )


def _of_comments(judged: Judged | None, odds: Odds, head: TextHead) -> LabelledOdds:
    """The comments as labelled items; none without GoEmotions."""
    rated = judged_odds(judged, odds)
    if judged is None or rated is None:
        none = np.zeros(0)
        rated = RatedOdds(Odds(none, none), none.astype(np.int64), none.astype(str))
        return _of_texts(none.astype(object), rated, none)
    caption = head.caption(judged.vectors[~judged.training][clear_comments(judged)])
    return _of_texts(rated.groups.astype(object), rated, caption)


def _step(progress: Progress | None, done: int) -> None:
    if progress is not None:
        progress(done, 4)


def _affect_tensors(bundle: Bundle) -> dict[str, np.ndarray]:
    """The affect heads' tensors with the image classifier, which the joint space keeps."""
    tensors = bundle.tensors("affect")
    if "class_weight" not in tensors and bundle.config["affect"]["classes"]:
        joint = bundle.tensors("joint_space")
        tensors |= {name: joint[name] for name in ("class_weight", "class_bias")}
    return tensors


def fusions(held: HeldOut) -> tuple[Callable[[np.ndarray], np.ndarray], list[Fusion]]:
    """Return the fold of groups ``(n,)``, as a function, and a fusion for each fold.

    The fusion of a fold is fitted without the groups of the fold.
    """
    groups = (held.pairs.text_group, held.pairs.image_group, held.comments.groups)
    names = np.unique(np.concatenate(groups))
    fold_by_group = dict(zip(names, folds(names, FOLDS), strict=True))

    def fold_of(groups: np.ndarray) -> np.ndarray:
        return np.array([fold_by_group.get(group, 0) for group in groups])

    text, image = fold_of(held.pairs.text_group), fold_of(held.pairs.image_group)
    fitted = []
    for k in range(FOLDS):
        train = np.flatnonzero((text != k) & (image != k))
        tweets, comments = (
            some.take(np.flatnonzero(fold_of(some.groups) != k))
            for some in (held.tweets, held.comments)
        )
        config: Mapping[str, Any] = fit_fusion(
            held.pairs.take(train),
            held.calm,
            prior(),
            drawings=held.drawings.take(np.flatnonzero(fold_of(held.drawings.groups) != k)),
            posts=held.posts.take(np.flatnonzero(fold_of(held.posts.groups) != k)),
            tweets=RatedOdds(Odds(tweets.text, tweets.neutral), tweets.label, tweets.groups),
            comments=RatedOdds(
                Odds(comments.text, comments.neutral), comments.label, comments.groups
            ),
        )
        fitted.append(Fusion(config))
    return fold_of, fitted


def affects(
    items: LabelledOdds, subset: tuple[Modality, ...], fold: np.ndarray, fitted: list[Fusion]
) -> list[Affect]:
    """Return the affect of each item from a subset, by the fusion of its fold."""
    affect_of: dict[int, Affect] = {}
    odds = {Modality.TEXT: items.text, Modality.IMAGE: items.image}
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        evidence = {
            m: Evidence(
                np.zeros((len(rows), 9)),
                odds[m][rows],
                items.neutral[rows] if m is Modality.TEXT else None,
                items.caption[rows],
            )
            for m in subset
        }
        affect_of |= zip(rows.tolist(), fitted[k].affects(evidence), strict=True)
    return [affect_of[i] for i in range(len(items.ids))]


def rated_pairs(held: HeldOut, fold_of: Callable[[np.ndarray], np.ndarray]) -> LabelledOdds:
    """Return the pairs with a rated tweet whose text and image are in the same fold."""
    human = np.flatnonzero(held.human)
    pairs = held.pairs.take(human)
    both = np.flatnonzero(fold_of(pairs.text_group) == fold_of(pairs.image_group))
    ids = np.array([f"pair-{row}" for row in human[both]], dtype=object)
    pairs, caption = pairs.take(both), held.pair_captions[human[both]]
    return LabelledOdds(
        ids, pairs.text, pairs.image, pairs.neutral, pairs.label, pairs.text_group, caption
    )


def table(held: HeldOut) -> pa.Table:
    """Return the held-out predictions of all labelled items, columns as in `SCHEMA`."""
    fold_of, fitted = fusions(held)
    items_by_kind = {
        "tweets": held.tweets,
        "comments": held.comments,
        "drawings": held.drawings,
        "pairs": rated_pairs(held, fold_of),
        "posts": held.posts,
    }
    rows = []
    for kind, items in items_by_kind.items():
        fold = fold_of(items.groups)
        for subset in KINDS[kind]:
            for i, affect in enumerate(affects(items, subset, fold, fitted)):
                rows.append(
                    {
                        "what": kind,
                        "id": items.ids[i],
                        "group": items.groups[i],
                        "truth": SENTIMENTS[items.label[i]],
                        "subset": subset_name(subset),
                        "positive": affect.sentiment.positive,
                        "label": affect.sentiment.label,
                        "confidence": affect.confidence,
                    }
                )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def read(bundle: Bundle) -> pa.Table | None:
    """Read the held-out predictions stored with a bundle; None without any in this format."""
    path = bundle.file(FILE)
    predictions = pq.read_table(path) if path.is_file() else None
    return predictions if predictions is not None and predictions.schema.equals(SCHEMA) else None


def write(bundle: Bundle, progress: Progress | None = None) -> Path:
    """Compute the held-out predictions and store them with a bundle; return the file."""
    file = io.BytesIO()
    pq.write_table(table(compute(bundle, progress)), file, compression="zstd")
    return put_file(bundle.path, FILE, file.getvalue()).file(FILE)
