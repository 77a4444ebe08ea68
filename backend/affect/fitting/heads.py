"""Training of the affect heads of a bundle: everything in closed form, seconds with cached vectors.

Labels: people rated the tweets and the emoji; the seed texts were written and
labelled for this project; what concepts and emoji names say was taught by the
text head. The metrics say the same, by head.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.affect.evidence import Evidence
from backend.affect.fitting import labels, own_posts
from backend.affect.fitting.audio import fit_audio
from backend.affect.fitting.drawings import read_drawings
from backend.affect.fitting.fusion import fit_fusion, pair
from backend.affect.fitting.image import Drawings, fit_faces, shrink
from backend.affect.fitting.text import GAMMA, Rated, fit_text, folds, prior
from backend.affect.image import ImageHead
from backend.affect.text import TextHead
from backend.domain import EMOTIONS
from backend.joint_space.numpy_model import Projection
from backend.settings import ASSETS, SEED
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder
    from backend.joint_space.model import JointSpace

# Cosines in the joint space are small differences: sharper than this and one
# word speaks alone, flatter and all do.
WORD_TEMPERATURE = 0.04
CAPTIONED = 1500  # images whose captions teach how far concepts can be trusted
STAMPS = "tuxpaint"  # photos and drawings whose captions name what they show
TAUGHT = 0.5  # how far the reading of an emoji's name is believed
# What a smile or a frown says of each of `OUTPUTS`, for one log-odds of sentiment.
SMILE = np.array([0.8, 0.4, -0.4, 0.0, -0.4, -0.4, -0.5, 0.1, 0.0])

Tensors = dict[str, np.ndarray]


def fit_affect(
    text_encoder: Encoder,
    image_encoder: Encoder,
    audio_encoder: Encoder,
    joint_space: JointSpace | None,
    vocabulary: Sequence[str],
    *,
    assets: Path = ASSETS,
    cache: FeatureCache | None = None,
) -> tuple[Tensors, dict[str, Any], dict[str, Any]]:
    """Fit the affect heads for any encoders.

    Parameters
    ----------
    text_encoder, image_encoder, audio_encoder : Encoder
        An image encoder without ``logits`` or an audio encoder without ``tags``
        leaves that part out.
    joint_space : JointSpace or None
        For the words near an image; None leaves them out.
    vocabulary : sequence of str
        Words of the corpus.
    assets : pathlib.Path
        Holds ``labels``, ``build/seed``, ``training`` and ``corpus``.
    cache : FeatureCache, optional

    Returns
    -------
    tensors : dict of str to numpy.ndarray
    config : dict
        Both as `backend.affect.AffectModel` takes them.
    metrics : dict
        Counts of the labels by origin.
    """
    cache = cache or FeatureCache()
    texts, vectors, rated, described = read_labelled(text_encoder, assets, cache)
    tensors, held_out = fit_text(vectors, texts, rated, described)
    head = TextHead(tensors, GAMMA)

    captions = _Captions(assets, text_encoder, image_encoder, cache)
    more, config, concepts = _fit_concepts(
        head, text_encoder, image_encoder, joint_space, vocabulary, captions, cache
    )
    tensors |= more
    drawings = read_drawings(assets, image_encoder, cache)
    shown = face_targets(drawings, head, text_encoder, cache)
    tensors |= fit_faces(drawings, shown)

    tags = list(getattr(audio_encoder, "tags", ()))
    if tags:
        tensors |= fit_audio(_music(assets, audio_encoder, len(tags), cache), tags)
    config |= {"gamma": GAMMA, "tags": tags}

    image_odds = held_out_images(drawings, shown, tensors, config, concepts)
    judged = ~np.isnan(drawings.polarity) & (drawings.styles != "")
    told = texts.sources != labels.PLAIN
    pairs = pair(
        held_out["sentiment"][told],
        labels.polarity(texts.sentiment[told]),
        texts.groups[told],
        image_odds[judged],
        labels.polarity(drawings.polarity[judged]),
        drawings.groups[judged],
        SEED,
    )
    seer = ImageHead(tensors, config, concepts.concepts.projection)
    calm = _Captions(assets, text_encoder, image_encoder, cache, stamps=True)
    config |= fit_fusion(
        pairs,
        head.evidence(calm.vectors, calm.texts).sentiment,
        seer.evidence(calm.images).sentiment,
        prior(),
        SEED,
        drawn=own_posts.drawn(assets, drawings, image_odds),
        posted=own_posts.posted(assets, drawings, image_odds, head, text_encoder, cache),
    )
    if joint_space is not None and config["classes"]:
        # The joint space's own tensors hold the classifier already.
        tensors = {k: v for k, v in tensors.items() if k not in ("class_weight", "class_bias")}
    metrics = {
        "labels": {
            "rated by people": {
                "tweets": int((texts.sources == "tweets").sum()),
                "words and emoji": len(rated.vectors),
                "emoji drawings": int(judged.sum()),
            },
            "written for this project": {
                kind: int((texts.sources == kind).sum()) for kind in ("emotion", "sentiment")
            },
            "taken to be neutral": {
                "captions of stamps": int((~told).sum()),
                "stamps for the neutral band": len(calm.texts),
            },
            "taught by the text head": {"concepts": len(config["concepts"])},
        },
    }
    return tensors, config, metrics


def read_labelled(
    encoder: Encoder, assets: Path, cache: FeatureCache
) -> tuple[labels.Texts, np.ndarray, Rated, np.ndarray]:
    """What `backend.affect.fitting.text.fit_text` reads.

    Parameters
    ----------
    encoder : Encoder
        Of texts.
    assets : pathlib.Path
    cache : FeatureCache

    Returns
    -------
    texts : Texts
    vectors : numpy.ndarray
        ``(n, d)``.
    rated : Rated
    described : numpy.ndarray
        ``(8, d)``.
    """
    texts = labels.read_texts(assets / "build" / "seed", assets / "labels")
    words, sentiment = labels.rated_words(assets / "labels")
    described = [
        cache.texts(encoder, labels.DESCRIPTIONS[emotion].split("|")).mean(axis=0)
        for emotion in EMOTIONS
    ]
    return (
        texts,
        cache.texts(encoder, texts.texts),
        rate(cache.texts(encoder, words), sentiment),
        np.stack(described),
    )


def rate(vectors: np.ndarray, sentiment: np.ndarray) -> Rated:
    """Rated words, those that could not be encoded left out."""
    usable = ~np.isnan(vectors).any(axis=1)
    return Rated(vectors[usable], sentiment[usable])


class _Captions:
    """Images of the corpus with what their captions say; of stamps, those not taught as plain."""

    def __init__(
        self,
        assets: Path,
        text: Encoder,
        image: Encoder,
        cache: FeatureCache,
        *,
        stamps: bool = False,
    ) -> None:
        rows = [
            r
            for r in pq.read_table(
                assets / "corpus" / "posts.parquet", columns=["id", "image", "text", "source"]
            ).to_pylist()
            if r["image"] and r["text"] and r["source"] != "openmoji"
        ]
        if stamps:
            rows = [r for r in rows if r["source"] == STAMPS and not labels.taught_plain(r["id"])]
        order = np.random.default_rng(SEED).permutation(len(rows))[:CAPTIONED]
        rows = [rows[i] for i in np.sort(order)]
        media = assets / "corpus" / "media"
        images = cache.media(image, [media / r["image"] for r in rows])
        texts = cache.texts(text, [r["text"] for r in rows])
        usable = ~(np.isnan(images[:, 0]) | np.isnan(texts[:, 0]))
        self.images, self.vectors = images[usable], texts[usable]
        self.texts = [r["text"] for r, ok in zip(rows, usable, strict=True) if ok]


def _fit_concepts(
    head: TextHead,
    text_encoder: Encoder,
    image_encoder: Encoder,
    joint_space: JointSpace | None,
    vocabulary: Sequence[str],
    captions: _Captions,
    cache: FeatureCache,
) -> tuple[Tensors, dict[str, Any], ImageHead]:
    tensors: Tensors = {}
    names: list[str] = []
    if hasattr(image_encoder, "logits"):
        zero = np.zeros((1, image_encoder.dim), dtype=np.float32)
        bias = image_encoder.logits(zero)[0]
        weight = image_encoder.logits(np.eye(image_encoder.dim, dtype=np.float32)) - bias
        tensors |= {"class_weight": np.ascontiguousarray(weight.T), "class_bias": bias}
        names += list(image_encoder.classes)  # type: ignore[attr-defined]
    classes = len(names)
    projection = None
    if joint_space is not None and len(vocabulary):
        from backend.joint_space import model

        words = cache.texts(text_encoder, list(vocabulary))
        usable = ~np.isnan(words[:, 0])
        names += [word for word, ok in zip(vocabulary, usable, strict=True) if ok]
        tensors["word_joint"] = joint_space.project("text", words[usable]).astype(np.float16)
        projection = Projection(*model.save(joint_space), "image")
    config = {"concepts": names, "classes": classes, "word_temperature": WORD_TEMPERATURE}
    said = np.zeros((0, 10))
    if names:
        said = _both(head.evidence(cache.texts(text_encoder, names), names))
    tensors["concept_evidence"] = said.astype(np.float32)
    tensors["concept_scale"] = np.tile(np.array([1.0, 0.0], dtype=np.float32), (10, 1))
    image_head = ImageHead(tensors, config, projection)
    if names and len(captions.images):
        heard = image_head.content(image_head.concepts(captions.images))
        scale = shrink(heard, _both(head.evidence(captions.vectors, captions.texts)))
        tensors["concept_scale"] = scale.astype(np.float32)
        image_head = ImageHead(tensors, config, projection)
    return tensors, config, image_head


def face_targets(
    drawings: Drawings, head: TextHead, encoder: Encoder, cache: FeatureCache
) -> np.ndarray:
    """What each face should show, ``(n, 10)`` log-odds; NaN rows for the unjudged.

    Sentiment as people judged the emoji; emotions as the text head reads its
    name (taught, and therefore halved) and as smiles and frowns go.
    """
    shown = np.full((len(drawings.names), 10), np.nan)
    rows = np.flatnonzero(drawings.face & ~np.isnan(drawings.polarity))
    if not len(rows):
        return shown
    names = [drawings.names[i] for i in rows]
    said = np.clip(head.evidence(cache.texts(encoder, names), names).emotion, -3.0, 3.0)
    # What every face's name says alike is about the word "face".
    pole = np.clip(drawings.polarity[rows], -0.9, 0.9)
    shown[rows, 9] = np.log((1 + pole) / (1 - pole))
    shown[rows, :9] = TAUGHT * (said - said.mean(0)) + shown[rows, 9:] * SMILE
    # A face that people judged either way shows something.
    shown[rows, 8] -= np.abs(shown[rows, 9])
    return shown


def held_out_images(
    drawings: Drawings,
    shown: np.ndarray,
    tensors: Tensors,
    config: dict[str, Any],
    concepts: ImageHead,
) -> np.ndarray:
    """Sentiment log-odds ``(n,)`` of drawings from face heads that saw no drawing of that emoji."""
    shares = concepts.concepts(drawings.vectors)
    content = concepts.content(shares)[:, 9]
    found = content.copy()
    fold = folds(drawings.groups)
    for k in np.unique(fold):
        seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        fitted = fit_faces(drawings.take(seen), shown[seen])
        if not fitted:
            continue
        head = ImageHead(tensors | fitted, config, None)
        gate, face = head.faces(drawings.vectors[held])
        found[held] = gate * face[:, 9] + (1.0 - gate) * content[held]
    return found


def _music(assets: Path, encoder: Encoder, tags: int, cache: FeatureCache) -> np.ndarray:
    """Tag probabilities of the corpus's music."""
    rows = pq.read_table(assets / "corpus" / "posts.parquet", columns=["audio", "source"])
    paths = [
        assets / "corpus" / "media" / r["audio"]
        for r in rows.to_pylist()
        if r["audio"] and r["source"] == "wesnoth"
    ]
    found = cache.media(encoder, paths)
    return found[~np.isnan(found[:, 0])][:, encoder.dim - tags :]


def _both(evidence: Evidence) -> np.ndarray:
    return np.concatenate([evidence.emotion, evidence.sentiment[:, None]], axis=1)
