"""What a bundle's heads say of the posts that people labelled, refitted without these.

Everything that was learnt from a label is learnt anew without the post and what
looks like it: the text head without its near-duplicates, the face head without
that emoji in any style, weights and calibration without either.
"""

from __future__ import annotations

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
from backend.affect.fitting.drawings import read_drawings
from backend.affect.fitting.fusion import LabelledOdds, SyntheticPairs, fit_fusion
from backend.affect.fitting.text import GAMMA, fit_text, folds, prior
from backend.affect.fusion import Fusion
from backend.affect.text import TextHead
from backend.bundles.bundle import Bundle
from backend.core.files import atomic_write
from backend.domain import SENTIMENTS, Affect, Modality, subset_name
from backend.settings import ASSETS, SEED, settings
from backend.training.feature_cache import FeatureCache

Progress = Callable[[int, int], None]

FILE = "held_out.parquet"
FOLDS = 5
_TEXT, _IMAGE = (Modality.TEXT,), (Modality.IMAGE,)
_BOTH = (*_TEXT, *_IMAGE)
# What people labelled, and the subsets of modalities that it is predicted from.
KINDS: dict[str, tuple[tuple[Modality, ...], ...]] = {
    "tweets": (_TEXT,),
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
    tweets, drawings, posts : Own
        Rated tweets; emoji in every style; posts of OpenMoji with their own words.
    pairs : Paired
    human : numpy.ndarray
        ``(pairs,)`` bool: the text of the pair was rated by people.
    calm : tuple of numpy.ndarray
        Log-odds of texts and images of posts taken to be neutral.
    """

    tweets: LabelledOdds
    drawings: LabelledOdds
    posts: LabelledOdds
    pairs: SyntheticPairs
    human: np.ndarray
    calm: tuple[np.ndarray, np.ndarray]


def compute(bundle: Bundle, progress: Progress | None = None, *, assets: Path = ASSETS) -> HeldOut:
    """Refit the heads of a bundle part by part."""
    cache = FeatureCache()
    by_modality = {
        m: encoders.get(bundle.encoders[m], modality=m, device=settings().device)
        for m in (Modality.TEXT, Modality.IMAGE)
    }
    text_encoder, image_encoder = by_modality[Modality.TEXT], by_modality[Modality.IMAGE]
    texts, vectors, rated, described = heads.read_labelled(text_encoder, assets, cache)
    tensors, held = fit_text(vectors, texts, rated, described)
    _step(progress, 1)
    head, model = TextHead(tensors, GAMMA), AffectModel.load(bundle)
    drawings = read_drawings(assets, image_encoder, cache)
    shown = heads.face_targets(drawings, head, text_encoder, cache)
    image = heads.held_out_images(
        drawings, shown, _affect_tensors(bundle), bundle.config["affect"], model.image
    )
    _step(progress, 2)
    pairs = heads.pair_by_sentiment(texts, held["sentiment"], drawings, image)
    labelled, sentiments = texts.sources != labels.PLAIN, labels.polarity(texts.sentiment)
    rated_sentiments = labels.polarity(drawings.polarity[drawings.rated])
    paired = labelled & np.isin(sentiments, rated_sentiments)
    captions = heads.Captions(assets, by_modality, cache, stamps=True)
    calm = (
        head.evidence(captions.vectors, captions.texts).sentiment,
        model.image.evidence(captions.images).sentiment,
    )
    tweets = texts.sources == "tweets"
    ids = pq.read_table(assets / "labels" / "tweets.parquet", columns=["id"])["id"].to_pylist()
    _step(progress, 3)
    return HeldOut(
        tweets=LabelledOdds(
            np.array(ids, dtype=object),
            held["sentiment"][tweets],
            np.full(int(tweets.sum()), np.nan),
            labels.polarity(texts.sentiment[tweets]),
            texts.groups[tweets],
        ),
        drawings=labelled_items.labelled_drawings(assets, drawings, image),
        posts=labelled_items.labelled_posts(assets, drawings, image, head, text_encoder, cache),
        pairs=pairs,
        human=texts.sources[paired] == "tweets",
        calm=calm,
    )


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
    """Fusions fitted part by part, and which of them has not seen a group.

    Returns
    -------
    part : callable
        Groups ``(n,)`` to the place of the fusion that saw none of them.
    found : list of Fusion
    """
    names = np.unique(np.concatenate([held.pairs.text_group, held.pairs.image_group]))
    where = dict(zip(names, folds(names, FOLDS), strict=True))

    def part(groups: np.ndarray) -> np.ndarray:
        return np.array([where.get(group, 0) for group in groups])

    text, image = part(held.pairs.text_group), part(held.pairs.image_group)
    made = []
    for k in range(FOLDS):
        seen = np.flatnonzero((text != k) & (image != k))
        config: Mapping[str, Any] = fit_fusion(
            held.pairs.take(seen),
            held.calm,
            prior(),
            SEED,
            drawings=held.drawings.take(np.flatnonzero(part(held.drawings.groups) != k)),
            posts=held.posts.take(np.flatnonzero(part(held.posts.groups) != k)),
        )
        made.append(Fusion(config))
    return part, made


def affects(
    told: LabelledOdds, subset: tuple[Modality, ...], part: np.ndarray, some: list[Fusion]
) -> list[Affect]:
    """Affects of labelled items from a subset, each by the fusion that has not seen it."""
    found: list[Affect | None] = [None] * len(told.ids)
    odds = {Modality.TEXT: told.text, Modality.IMAGE: told.image}
    for k in np.unique(part):
        rows = np.flatnonzero(part == k)
        evidence = {m: Evidence(np.zeros((len(rows), 9)), odds[m][rows]) for m in subset}
        for i, affect in zip(rows, some[k].affects(evidence), strict=True):
            found[i] = affect
    return [affect for affect in found if affect is not None]


def rated_pairs(held: HeldOut, part: Callable[[np.ndarray], np.ndarray]) -> LabelledOdds:
    """Pairs with a rated tweet of which some fusion has seen neither part."""
    human = np.flatnonzero(held.human)
    pairs = held.pairs.take(human)
    both = np.flatnonzero(part(pairs.text_group) == part(pairs.image_group))
    ids = np.array([f"pair-{place}" for place in human[both]], dtype=object)
    some = pairs.take(both)
    return LabelledOdds(ids, some.text, some.image, some.label, some.text_group)


def table(held: HeldOut) -> pa.Table:
    """Held-out predictions of all that people labelled, as `SCHEMA` says."""
    part, some = fusions(held)
    told = {
        "tweets": held.tweets,
        "drawings": held.drawings,
        "pairs": rated_pairs(held, part),
        "posts": held.posts,
    }
    rows = []
    for what, own in told.items():
        places = part(own.groups)
        for subset in KINDS[what]:
            for i, affect in enumerate(affects(own, subset, places, some)):
                rows.append(
                    {
                        "what": what,
                        "id": own.ids[i],
                        "group": own.groups[i],
                        "truth": SENTIMENTS[own.label[i]],
                        "subset": subset_name(subset),
                        "positive": affect.sentiment.positive,
                        "label": affect.sentiment.label,
                        "confidence": affect.confidence,
                    }
                )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def kept(bundle: Bundle) -> pa.Table | None:
    """The held-out predictions that a bundle keeps; None when there are none."""
    path = bundle.path / FILE
    if not path.is_file():
        return None
    found = pq.read_table(path)
    return found if found.schema.equals(SCHEMA) else None


def write(bundle: Bundle, progress: Progress | None = None) -> Path:
    """Keep the held-out predictions with a bundle."""
    path = bundle.path / FILE
    predictions = table(compute(bundle, progress))
    with atomic_write(path) as draft:
        pq.write_table(predictions, draft, compression="zstd")
    return path
