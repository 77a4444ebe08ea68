"""Training of the affect heads of a bundle, in seconds when vectors are cached.

Labels: people named the emotions of comments, and rated the tweets and the emoji; the
seed texts were written and labelled for this project; the evidence of concepts and of
names of emoji is by the text head. The metrics count the labels by origin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.affect.evidence import Evidence
from backend.affect.fitting import labelled_items, labels
from backend.affect.fitting.audio import fit_audio
from backend.affect.fitting.calibration import Odds
from backend.affect.fitting.captions import caption_texts, fit_captions
from backend.affect.fitting.drawings import read_drawings
from backend.affect.fitting.fusion import LabelledOdds, RatedOdds, SyntheticPairs, fit_fusion, pair
from backend.affect.fitting.hashtags import fit_hashtags
from backend.affect.fitting.image import Drawings, fit_faces, shrink
from backend.affect.fitting.labelled_texts import judged_odds, read_labelled
from backend.affect.fitting.text import Judged, Rated, count_steps, fit_text, folds, prior
from backend.affect.image import ImageHead
from backend.affect.text import TextHead
from backend.core.progress import Progress, Tally
from backend.domain import Modality
from backend.joint_space.numpy_model import Projection
from backend.settings import ASSETS, SEED
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder
    from backend.joint_space.model import JointSpace

# Cosines in the joint space differ little: a lower temperature leaves one word, a higher
# one all words.
WORD_TEMPERATURE = 0.04
CAPTIONED = 1500  # images whose captions scale the evidence of concepts
STAMPS = "tuxpaint"  # source of photos and drawings with captions that name them
NAME_WEIGHT = 0.5  # of the text head's evidence for the name of an emoji
# Log-odds of each of `OUTPUTS` for one log-odds of sentiment in a face.
SMILE = np.array([0.8, 0.4, -0.4, 0.0, -0.4, -0.4, -0.5, 0.1, 0.0])

MUSIC = "wesnoth"  # source of the music

Tensors = dict[str, np.ndarray]


def fit_affect(
    encoders: Mapping[Modality, Encoder],
    joint_space: JointSpace | None,
    vocabulary: Sequence[str],
    *,
    assets: Path = ASSETS,
    cache: FeatureCache | None = None,
    progress: Progress | None = None,
) -> tuple[Tensors, dict[str, Any], dict[str, Any]]:
    """Fit the affect heads for any encoders.

    Parameters
    ----------
    encoders : mapping of Modality to Encoder
        Of all modalities. An image encoder without ``logits`` has no concepts from
        classes; an audio encoder without ``tags`` has no arousal.
    joint_space : JointSpace or None
        For concepts from words near an image; None leaves them out.
    vocabulary : sequence of str
        Words of the corpus.
    assets : pathlib.Path
        Holds ``labels``, ``build/seed``, ``training`` and ``corpus``.
    cache : FeatureCache, optional
    progress : callable, optional
        Called with the steps done and their total.

    Returns
    -------
    tensors : dict of str to numpy.ndarray
    config : dict
        Both as `backend.affect.AffectModel` takes them.
    metrics : dict
        Counts of the labels by origin.
    """
    cache = cache or FeatureCache()
    text_encoder, audio_encoder = encoders[Modality.TEXT], encoders[Modality.AUDIO]
    texts, vectors, rated, judged = read_labelled(text_encoder, assets, cache)
    drawings = read_drawings(assets, encoders[Modality.IMAGE], cache)
    step = Tally(count_steps(texts, judged) + _image_steps(drawings) + 1, progress)
    tensors, held_out = fit_text(vectors, texts, rated, judged, step=step)
    names = cache.texts(text_encoder, caption_texts(assets))
    tensors |= fit_captions(names, vectors, texts, judged)
    tensors |= fit_hashtags(TextHead(tensors), rated)
    head = TextHead(tensors)

    captions = Captions(assets, encoders, cache)
    concepts = _gather_concepts(encoders, joint_space, vocabulary, cache)
    concept_tensors, config, concept_head = _fit_concepts(
        head, text_encoder, concepts, captions, cache
    )
    tensors |= concept_tensors
    targets = face_targets(drawings, head, text_encoder, cache)
    tensors |= fit_faces(drawings, targets)
    step()

    tags = list(getattr(audio_encoder, "tags", ()))
    if tags:
        tensors |= fit_audio(_music(assets, audio_encoder, len(tags), cache), tags)
    config |= {"tags": tags}

    image_odds = held_out_images(drawings, targets, tensors, config, concept_head, step=step)
    image_head = ImageHead(tensors, config, concepts.projection)
    stamps = Captions(assets, encoders, cache, stamps=True)
    of_texts = Odds(held_out["sentiment"], held_out["neutral"])
    config |= fit_fusion(
        pair_by_sentiment(texts, of_texts, drawings, image_odds),
        calm_posts(stamps, head, image_head),
        prior(),
        drawings=labelled_items.labelled_drawings(assets, drawings, image_odds),
        posts=labelled_items.labelled_posts(
            assets, drawings, image_odds, head, text_encoder, cache
        ),
        tweets=rated_tweets(texts, of_texts),
        comments=judged_odds(judged, Odds(held_out["comments"], held_out["comments_neutral"])),
    )
    step()
    if joint_space is not None and config["classes"]:
        # The joint space's own tensors hold the classifier already.
        tensors = {k: v for k, v in tensors.items() if k not in ("class_weight", "class_bias")}
    counts = _label_counts(texts, rated, judged, drawings, stamps)
    counts["taught by the text head"] = {"concepts": len(config["concepts"])}
    return tensors, config, {"labels": counts}


def _image_steps(drawings: Drawings) -> int:
    """Count the fits of faces: one to all drawings, and those of `held_out_images`."""
    return 1 + len(np.unique(folds(drawings.groups)))


def _label_counts(
    texts: labels.Texts,
    rated: Rated,
    judged: Judged | None,
    drawings: Drawings,
    stamps: Captions,
) -> dict[str, dict[str, int]]:
    """Numbers of human, written and assumed labels."""
    sources = Counter(texts.sources.tolist())
    comments = judged.training if judged is not None else np.zeros(0, dtype=bool)
    return {
        "given by people": {
            "comments of GoEmotions, trained on": int(comments.sum()),
            "comments of GoEmotions, for calibration": int((~comments).sum()),
        },
        "rated by people": {
            "tweets": sources["tweets"],
            "words and emoji": len(rated.vectors),
            "emoji drawings": int(drawings.rated.sum()),
        },
        "written for this project": {kind: sources[kind] for kind in ("emotion", "sentiment")},
        "taken to be neutral": {
            "captions of stamps": sources[labels.PLAIN],
            "stamps for the neutral band": len(stamps.texts),
        },
    }


def pair_by_sentiment(
    texts: labels.Texts, text_odds: Odds, drawings: Drawings, image_odds: np.ndarray
) -> SyntheticPairs:
    """Pair labelled texts with rated drawings of the same sentiment.

    Parameters
    ----------
    texts : Texts
        Plain captions are left out.
    text_odds : Odds
        Held out.
    drawings : Drawings
    image_odds : numpy.ndarray
        ``(len(drawings.names),)`` float64: held-out log-odds of positive.
    """
    labelled, rated = texts.sources != labels.PLAIN, drawings.rated
    return pair(
        _rated(texts, text_odds, labelled),
        RatedOdds(
            Odds(image_odds[rated], np.zeros(int(rated.sum()))),
            labels.polarity(drawings.polarity[rated]),
            drawings.groups[rated],
        ),
        SEED,
    )


def rated_tweets(texts: labels.Texts, odds: Odds) -> RatedOdds:
    """The rated tweets among texts, with their held-out log-odds."""
    return _rated(texts, odds, texts.sources == "tweets")


def _rated(texts: labels.Texts, odds: Odds, rows: np.ndarray) -> RatedOdds:
    some = Odds(odds.positive[rows], odds.neutral[rows])
    return RatedOdds(some, labels.polarity(texts.sentiment[rows]), texts.groups[rows])


def calm_posts(captions: Captions, head: TextHead, image: ImageHead) -> LabelledOdds:
    """Images with captions that name them, taken to be neutral."""
    text, n = head.evidence(captions.vectors, captions.texts), len(captions.texts)
    assert text.neutral is not None and text.caption is not None
    ids = np.arange(n).astype(str)
    looks = image.evidence(captions.images).sentiment
    return LabelledOdds(
        ids, text.sentiment, looks, text.neutral, np.ones(n, dtype=np.int64), ids, text.caption
    )


class Captions:
    """Images of the corpus with their captions.

    Parameters
    ----------
    assets : pathlib.Path
    encoders : mapping of Modality to Encoder
        Of texts and images.
    cache : FeatureCache
    stamps : bool
        Whether to read stamps only, without those whose captions are training data.
    """

    def __init__(
        self,
        assets: Path,
        encoders: Mapping[Modality, Encoder],
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
            rows = [r for r in rows if r["source"] == STAMPS and not labels.trains_plain(r["id"])]
        order = np.random.default_rng(SEED).permutation(len(rows))[:CAPTIONED]
        rows = [rows[i] for i in np.sort(order)]
        media = assets / "corpus" / "media"
        images = cache.media(encoders[Modality.IMAGE], [media / r["image"] for r in rows])
        texts = cache.texts(encoders[Modality.TEXT], [r["text"] for r in rows])
        usable = ~(np.isnan(images[:, 0]) | np.isnan(texts[:, 0]))
        self.images, self.vectors = images[usable], texts[usable]
        self.texts = [r["text"] for r, ok in zip(rows, usable, strict=True) if ok]


@dataclass(frozen=True, slots=True, eq=False)
class _ConceptSources:
    """Names of the concepts, classes first, and the tensors that find them in images."""

    names: list[str]
    classes: int
    tensors: Tensors
    projection: Projection | None


def _gather_concepts(
    encoders: Mapping[Modality, Encoder],
    joint_space: JointSpace | None,
    vocabulary: Sequence[str],
    cache: FeatureCache,
) -> _ConceptSources:
    tensors: Tensors = {}
    names: list[str] = []
    encoder = encoders[Modality.IMAGE]
    if hasattr(encoder, "logits"):
        bias = encoder.logits(np.zeros((1, encoder.dim), dtype=np.float32))[0]
        weight = encoder.logits(np.eye(encoder.dim, dtype=np.float32)) - bias
        tensors |= {"class_weight": np.ascontiguousarray(weight.T), "class_bias": bias}
        names += list(encoder.classes)  # type: ignore[attr-defined]
    classes = len(names)
    projection = None
    if joint_space is not None and len(vocabulary):
        from backend.joint_space import model

        words = cache.texts(encoders[Modality.TEXT], list(vocabulary))
        usable = ~np.isnan(words[:, 0])
        names += [word for word, ok in zip(vocabulary, usable, strict=True) if ok]
        tensors["word_joint"] = joint_space.project("text", words[usable]).astype(np.float16)
        projection = Projection(*model.save(joint_space), "image")
    return _ConceptSources(names, classes, tensors, projection)


def _fit_concepts(
    head: TextHead,
    encoder: Encoder,
    concepts: _ConceptSources,
    captions: Captions,
    cache: FeatureCache,
) -> tuple[Tensors, dict[str, Any], ImageHead]:
    """Evidence of each concept by the text head, scaled to fit the captions of images."""
    tensors, names = dict(concepts.tensors), concepts.names
    config = {"concepts": names, "classes": concepts.classes, "word_temperature": WORD_TEMPERATURE}
    evidence = np.zeros((0, 10))
    if names:
        evidence = _stack(head.evidence(cache.texts(encoder, names), names))
    tensors["concept_evidence"] = evidence.astype(np.float32)
    tensors["concept_scale"] = np.tile(np.array([1.0, 0.0], dtype=np.float32), (10, 1))
    image_head = ImageHead(tensors, config, concepts.projection)
    if names and len(captions.images):
        from_concepts = image_head.concept_odds(image_head.concepts(captions.images))
        scale = shrink(from_concepts, _stack(head.evidence(captions.vectors, captions.texts)))
        tensors["concept_scale"] = scale.astype(np.float32)
        image_head = ImageHead(tensors, config, concepts.projection)
    return tensors, config, image_head


def face_targets(
    drawings: Drawings, head: TextHead, encoder: Encoder, cache: FeatureCache
) -> np.ndarray:
    """Targets of faces, ``(n, 10)`` log-odds; rows of NaN for other and unrated drawings.

    Sentiment is the human rating of the emoji. Emotions are by the text head from the
    name of the emoji, at half weight, and by the sentiment.
    """
    targets = np.full((len(drawings.names), 10), np.nan)
    rows = np.flatnonzero(drawings.face & ~np.isnan(drawings.polarity))
    if not len(rows):
        return targets
    names = [drawings.names[i] for i in rows]
    emotion = np.clip(head.evidence(cache.texts(encoder, names), names).emotion, -3.0, 3.0)
    # Centred: the mean is the evidence of the word "face".
    pole = np.clip(drawings.polarity[rows], -0.9, 0.9)
    targets[rows, 9] = np.log((1 + pole) / (1 - pole))
    targets[rows, :9] = NAME_WEIGHT * (emotion - emotion.mean(0)) + targets[rows, 9:] * SMILE
    # A face with a rated sentiment is not neutral.
    targets[rows, 8] -= np.abs(targets[rows, 9])
    return targets


def held_out_images(
    drawings: Drawings,
    targets: np.ndarray,
    tensors: Tensors,
    config: dict[str, Any],
    concepts: ImageHead,
    *,
    step: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Sentiment log-odds ``(n,)`` of drawings by face heads trained on no drawing of that emoji."""
    from_concepts = concepts.concept_odds(concepts.concepts(drawings.vectors))[:, 9]
    odds = from_concepts.copy()
    fold = folds(drawings.groups)
    for k in np.unique(fold):
        train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        fitted = fit_faces(drawings.take(train), targets[train])
        step()
        if not fitted:
            continue
        head = ImageHead(tensors | fitted, config, None)
        gate, face = head.faces(drawings.vectors[test])
        odds[test] = gate * face[:, 9] + (1.0 - gate) * from_concepts[test]
    return odds


def _music(assets: Path, encoder: Encoder, tags: int, cache: FeatureCache) -> np.ndarray:
    """Tag probabilities of the corpus's music."""
    rows = pq.read_table(assets / "corpus" / "posts.parquet", columns=["audio", "source"])
    paths = [
        assets / "corpus" / "media" / r["audio"]
        for r in rows.to_pylist()
        if r["audio"] and r["source"] == MUSIC
    ]
    vectors = cache.media(encoder, paths)
    return vectors[~np.isnan(vectors[:, 0])][:, encoder.dim - tags :]


def _stack(evidence: Evidence) -> np.ndarray:
    return np.concatenate([evidence.emotion, evidence.sentiment[:, None]], axis=1)
