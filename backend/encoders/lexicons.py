"""Emotion and sentiment features of English texts from word-level models: NADE and VADER."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from backend.domain import EMOTIONS, KindredError
from backend.encoders import lightgbm_trees

# VADER compares every word that it rates with all others; a post has far fewer.
VADER_WORDS = 400


def vader(texts: Sequence[str]) -> np.ndarray:
    """Sentiment by rule and lexicon (Hutto and Gilbert, ICWSM 2014; MIT).

    Of a long text the first `VADER_WORDS` words are read, an emoji counting as many as
    its name has.

    Returns
    -------
    numpy.ndarray
        ``(n, 4)`` float32: compound in [-1, 1], then the shares of positive, neutral and
        negative words, which sum to one (zero for an empty text).
    """
    analyzer = _vader()
    rows = [analyzer.polarity_scores(_first_words(text, analyzer.emojis)) for text in texts]
    columns = ("compound", "pos", "neu", "neg")
    return np.array([[row[c] for c in columns] for row in rows], np.float32).reshape(-1, 4)


def emojis(texts: Sequence[str]) -> np.ndarray:
    """Predict the emojis that fit a text (PyPI ``nade`` 0.3.1; MIT).

    The first step of NADE: a fastText classifier trained on English posts.

    Returns
    -------
    numpy.ndarray
        ``(n, 151)`` float32 probabilities.
    """
    clean, classifier, columns = _emoji_classifier()
    probabilities = np.zeros((len(texts), len(columns)), np.float32)
    if not len(texts):
        return probabilities
    # fastText reads a line at a time and stops at a NUL.
    lines = clean([t.encode("utf-8", "replace").decode().replace("\0", " ") for t in texts])
    labels, predicted = classifier.predict(lines.to_pylist(), k=len(columns))
    for i, (names, values) in enumerate(zip(labels, predicted, strict=True)):
        probabilities[i, [columns[name] for name in names]] = values
    return probabilities


def nade(texts: Sequence[str]) -> np.ndarray:
    """Predict eight emotions from emojis (PyPI ``nade`` 0.3.1; MIT).

    The output of `emojis` goes through boosted trees.

    Returns
    -------
    numpy.ndarray
        ``(n, 8)`` float32 in [0, 1], columns as in `backend.domain.EMOTIONS`.
    """
    if not len(texts):
        return np.zeros((0, len(EMOTIONS)), np.float32)
    probabilities = emojis(texts).astype(np.float64)
    scores = np.stack([forest.predict(probabilities) for forest in _forests()], 1)
    return scores.clip(0, 1).astype(np.float32)


def _first_words(text: str, emoji_names: Mapping[str, str]) -> str:
    words = 0
    for i, character in enumerate(text):
        if character.isspace():
            words += 1
        elif character in emoji_names:
            words += 1 + emoji_names[character].count(" ")
        if words > VADER_WORDS:
            return text[:i]
    return text


@lru_cache(maxsize=1)
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def _nade_folder() -> Path:
    spec = find_spec("nade")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data" / "socialmedia_en"


@lru_cache(maxsize=1)
def _emoji_classifier() -> tuple[Any, Any, dict[str, int]]:
    """Return the cleaner and classifier of NADE, and the column of each emoji label.

    ``nade.Nade()`` would unpack files into its own installation.
    """
    import fasttext
    from nade.nade import Nade

    folder = _nade_folder()
    classifier = fasttext.load_model(str(folder / "nade_250k_hp.ftz"))
    with (folder / "emoji_frequencies.jsonl").open(encoding="utf-8") as lines:
        hashes = sorted(json.loads(line)["hash"] for line in lines)
    columns = {f"__label__{number}": i for i, number in enumerate(hashes)}
    _, probabilities = classifier.predict(["happy", "dead"], k=1)
    if abs(float(probabilities[0][0]) - float(probabilities[1][0])) < 1e-6:
        raise KindredError(
            "broken_library",
            "This fastText returns the same result for every text: it was built for an older "
            "numpy. Install fasttext-numpy2 instead.",
        )
    return Nade.preprocess, classifier, columns


@lru_cache(maxsize=1)
def _forests() -> list[lightgbm_trees.Forest]:
    """Return the trees of NADE, one forest for each emotion."""
    files = (_nade_folder() / f"reg_{name}.txt.gz" for name in EMOTIONS)
    return [lightgbm_trees.read(gzip.decompress(file.read_bytes()).decode()) for file in files]
