"""Texts with labels, and their vectors: all that the text head is trained on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backend.affect.fitting import goemotions, labels
from backend.affect.fitting.calibration import Odds
from backend.affect.fitting.fusion import RatedOdds
from backend.affect.fitting.text import Judged, Rated
from backend.settings import ASSETS, settings
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder

CLEAR = 0.6  # share of a comment's labels that must agree on its sentiment, to judge by it

log = logging.getLogger(__name__)


def read_labelled(
    encoder: Encoder, assets: Path, cache: FeatureCache
) -> tuple[labels.Texts, np.ndarray, Rated, Judged | None]:
    """Read the training data of `backend.affect.fitting.text.fit_text`.

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
    judged : Judged or None
        None without the setting ``goemotions``.
    """
    texts = labels.read_texts(assets / "build" / "seed", assets / "labels")
    words, sentiment = labels.rated_words(assets / "labels")
    return (
        texts,
        cache.texts(encoder, texts.texts),
        rate(words, cache.texts(encoder, words), sentiment),
        _read_judged(encoder, settings().goemotions, cache),
    )


def training_texts(assets: Path = ASSETS) -> list[str]:
    """Return all texts and words that `read_labelled` encodes."""
    texts = labels.read_texts(assets / "build" / "seed", assets / "labels").texts
    words, _ = labels.rated_words(assets / "labels")
    if (folder := settings().goemotions) is None:
        return [*texts, *words]
    comments = (goemotions.read(folder, part).texts for part in ("train", "dev"))
    return [*texts, *words, *(text for some in comments for text in some)]


def _read_judged(encoder: Encoder, folder: Path | None, cache: FeatureCache) -> Judged | None:
    """Encode the comments of GoEmotions: the training part, then the one for calibration."""
    if folder is None:
        log.warning("Without people's labels of emotions: %s", goemotions.HOW)
        return None
    train = goemotions.read(folder, "train")
    dev = goemotions.read(folder, "dev")
    texts = train.texts + dev.texts
    vectors = cache.texts(encoder, texts)
    usable = ~np.isnan(vectors).any(axis=1)
    return Judged(
        [text for text, ok in zip(texts, usable, strict=True) if ok],
        vectors[usable],
        np.concatenate([train.emotion, dev.emotion])[usable],
        np.concatenate([train.sentiment, dev.sentiment])[usable],
        np.repeat([True, False], [len(train), len(dev)])[usable],
    )


def judged_odds(judged: Judged | None, odds: Odds) -> RatedOdds | None:
    """The comments that were not trained on whose labels agree on a sentiment, with their odds."""
    if judged is None:
        return None
    clear = clear_comments(judged)
    groups = np.array([f"comment:{i}" for i in clear], dtype=object)
    label = judged.sentiment[~judged.training][clear].argmax(axis=1)
    return RatedOdds(Odds(odds.positive[clear], odds.neutral[clear]), label, groups)


def clear_comments(judged: Judged) -> np.ndarray:
    """Indices, among the comments not trained on, of those whose labels agree on a sentiment."""
    return np.flatnonzero(judged.sentiment[~judged.training].max(axis=1) > CLEAR)


def rate(words: Sequence[str], vectors: np.ndarray, sentiment: np.ndarray) -> Rated:
    """Return the rated words that could be encoded."""
    usable = ~np.isnan(vectors).any(axis=1)
    kept = [word for word, ok in zip(words, usable, strict=True) if ok]
    return Rated(kept, vectors[usable], sentiment[usable])
