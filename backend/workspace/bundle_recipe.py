"""Train a bundle: encode the shipped data, fit the joint space and the affect heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from backend import encoders as registry
from backend.affect import AffectModel
from backend.affect.fitting.heads import fit_affect
from backend.bundles.bundle import Bundle
from backend.bundles.embedder import Features
from backend.bundles.native import fitted
from backend.bundles.writing import write_bundle
from backend.core.progress import Progress, Steps, unheard
from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.domain import Affect, Kind, KindredError, Modality
from backend.joint_space import embed_corpus, shipped_pairs
from backend.joint_space import fit as joint
from backend.joint_space import model as joint_space
from backend.joint_space.model import JointSpaceConfig
from backend.settings import settings
from backend.training.feature_cache import FeatureCache
from backend.workspace import fit_items, model_card

_NATIVE = {
    Native.MEANING: Modality.TEXT,
    Native.LOOK: Modality.IMAGE,
    Native.SOUND: Modality.AUDIO,
}


@dataclass(frozen=True, slots=True, eq=False)
class FittedBundle:
    """A new bundle with its vectors and predictions for a corpus.

    Attributes
    ----------
    bundle : Bundle
    vectors : mapping of Kind to (ids, matrix)
    predictions : mapping of str to Affect
        By post id.
    """

    bundle: Bundle
    vectors: Mapping[Kind | Native, tuple[Sequence[str], np.ndarray]]
    predictions: Mapping[str, Affect]


def fit(
    corpus: Corpus,
    encoders: Mapping[Modality, str],
    *,
    name: str,
    folder: Path,
    sample: int | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
    steps: Steps = unheard,
) -> Bundle:
    """Train a bundle and store its vectors and predictions for a corpus.

    Parameters
    ----------
    corpus : Corpus
    encoders : mapping of Modality to str
        Registry names.
    name : str
    folder : pathlib.Path
        The bundle is written to the folder `name` in it.
    sample : int, optional
        Train the joint space on only this many posts and drawings, for a trial.
    tell : callable
        Called with a sentence before each part after the encoding.
    steps : callable
        Called with what each part does; returns what takes its steps, or the items encoded, and
        all that are left.
    """
    fitted = fit_bundle(
        corpus, encoders, name=name, folder=folder, sample=sample, tell=tell, steps=steps
    )
    corpus.add(bundle=name, vectors=fitted.vectors, predictions=fitted.predictions, fresh=True)
    return fitted.bundle


def fit_bundle(
    corpus: Corpus,
    encoders: Mapping[Modality, str],
    *,
    name: str,
    folder: Path,
    sample: int | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
    steps: Steps = unheard,
) -> FittedBundle:
    """As `fit`, but return the vectors and predictions instead of storing them."""
    loaded = {m: registry.get(encoders[m], modality=m, device=settings().device) for m in Modality}
    cache = FeatureCache()
    rows = fit_items.rows(sample)
    left = fit_items.missing(corpus, rows, loaded, cache)
    fit_items.encode(left, loaded, cache, steps("Encoded"))
    tell("Fitting the joint space.")
    pairs = shipped_pairs.encode(rows, loaded, cache=cache)
    classes = shipped_pairs.image_classes(loaded, cache=cache)
    config = JointSpaceConfig(
        inputs={m.value: loaded[m].dim for m in Modality},
        classes=0 if classes is None else len(classes.bias),
        aligned=aligned(encoders, {m: loaded[m].dim for m in Modality}),
    )
    report = steps("Joint space, steps")
    space = joint.train(pairs, config=config, classes=classes, progress=report)

    tell("Fitting emotion and sentiment.")
    card = partial(model_card.write, name, encoders, rows=rows)
    parts = _Parts(encoders, loaded, space, cache)
    return _fit_heads(corpus, parts, folder / name, card, steps("Emotion and sentiment, steps"))


def aligned(encoders: Mapping[Modality, str], dims: Mapping[Modality, int]) -> dict[str, int]:
    """Return the modalities whose encoders are towers of one model, with their length.

    Examples
    --------
    >>> clip = "open_clip:ViT-B-32@openai"
    >>> names = {Modality.TEXT: f"{clip}:text", Modality.IMAGE: clip, Modality.AUDIO: "aisfx"}
    >>> aligned(names, {Modality.TEXT: 512, Modality.IMAGE: 512, Modality.AUDIO: 512})
    {'text': 512, 'image': 512}
    """
    model = {m: registry.model_of(encoders[m]) for m in Modality}
    shared = [m for m in Modality if model[m] and list(model.values()).count(model[m]) > 1]
    same = {dims[m] for m in shared}
    return {m.value: dims[m] for m in shared} if len(same) == 1 else {}


def refit_heads(corpus: Corpus, bundle: Bundle, folder: Path) -> FittedBundle:
    """As `fit_bundle` with the joint space of `bundle` instead of a new one."""
    loaded = {
        m: registry.get(bundle.encoders[m], modality=m, device=settings().device) for m in Modality
    }
    space = joint_space.load(bundle.tensors("joint_space"), bundle.config["joint_space"])
    parts = _Parts(bundle.encoders, loaded, space, FeatureCache())
    card = partial(model_card.write, bundle.name, bundle.encoders, rows=shipped_pairs.rows())
    return _fit_heads(corpus, parts, folder / bundle.name, card)


def native(corpus: Corpus, bundle: Bundle) -> dict[Native, tuple[Sequence[str], np.ndarray]]:
    """Return what the encoders of a bundle themselves make of the posts of a corpus."""
    loaded = {
        m: registry.get(bundle.encoders[m], modality=m, device=settings().device) for m in Modality
    }
    posts = corpus.table(["id", "text", "title", "image", "audio"]).sort_by("id").to_pylist()
    features = _features(corpus, posts, loaded, FeatureCache())
    ids, dim = [post["id"] for post in posts], corpus.dim(bundle.name)
    return {kind: _native(ids, features[m], dim) for kind, m in _NATIVE.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Encoders with their registry names, and the joint space over them."""

    encoders: Mapping[Modality, str]
    loaded: Mapping[Modality, registry.Encoder]
    space: joint_space.JointSpace
    cache: FeatureCache


def _fit_heads(
    corpus: Corpus,
    parts: _Parts,
    path: Path,
    card: Callable[[Mapping[str, Any]], str],
    progress: Progress | None = None,
) -> FittedBundle:
    """Fit the affect heads, write the bundle and predict the posts of a corpus.

    `card` makes the model card from the figures of the fit.
    """
    loaded, cache, space = parts.loaded, parts.cache, parts.space
    posts = corpus.table(["id", "text", "title", "image", "audio", "user", "tags"]).sort_by("id")
    words = embed_corpus.vocabulary(posts["tags"].to_pylist())
    word_features = cache.texts(loaded[Modality.TEXT], words)
    features = _features(corpus, posts.to_pylist(), loaded, cache)
    ids, users = posts["id"].to_pylist(), posts["user"].to_pylist()
    vectors: dict[Kind | Native, tuple[Sequence[str], np.ndarray]] = {
        kind: _native(ids, features[modality], space.dim) for kind, modality in _NATIVE.items()
    }
    joint_vectors = embed_corpus.embed_corpus(space, ids, features, users, words, word_features)
    for kind, some in joint_vectors.items():
        vectors[kind] = some

    affect_tensors, affect_config, metrics = fit_affect(
        loaded, space, words, cache=cache, progress=progress
    )
    joint_tensors, joint_config = joint_space.save(space)
    bundle = write_bundle(
        path,
        name=path.name,
        encoders=parts.encoders,
        tensors={"joint_space": joint_tensors, "affect": affect_tensors},
        config={"joint_space": joint_config, "affect": affect_config},
        metrics=metrics,
        card=card(metrics),
    )
    model = AffectModel.load(bundle)
    usable = [i for i in range(len(ids)) if any(not np.isnan(f[i, 0]) for f in features.values())]
    predicted = model.predict(
        [Features({m: f[i] for m, f in features.items() if not np.isnan(f[i, 0])}) for i in usable],
        [posts["text"][i].as_py() or posts["title"][i].as_py() for i in usable],
    )
    predictions = {ids[i]: p.affect for i, p in zip(usable, predicted, strict=True)}
    return FittedBundle(bundle, vectors, predictions)


def _native(ids: Sequence[str], raw: np.ndarray, dim: int) -> tuple[list[str], np.ndarray]:
    """Return the native vectors of the posts with a modality, from ``(n, d)`` raw features."""
    present = np.flatnonzero(~np.isnan(raw[:, 0]))
    return [ids[int(i)] for i in present], fitted(raw[present], dim)


def _features(
    corpus: Corpus,
    posts: list[dict],
    loaded: Mapping[Modality, registry.Encoder],
    cache: FeatureCache,
) -> dict[Modality, np.ndarray]:
    """Features of the posts of a corpus by modality; rows of NaN where they have none."""
    features_by_modality = {}
    for modality in Modality:
        encoder = loaded[modality]
        rows = np.full((len(posts), encoder.dim), np.nan, dtype=np.float32)
        present = [i for i, post in enumerate(posts) if post[modality.value]]
        if modality is Modality.TEXT:
            rows[present] = cache.texts(encoder, [posts[i]["text"] for i in present])
        else:
            paths = []
            for i in present:
                try:
                    paths.append(corpus.media_path(posts[i][modality.value]))
                except KindredError as error:
                    message = f"Post {posts[i]['id']}: {error.message}"
                    raise KindredError(error.code, message) from None
            rows[present] = cache.media(encoder, paths)
        features_by_modality[modality] = rows
    return features_by_modality
