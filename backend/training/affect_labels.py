"""The labels that the affect heads learn from, as plain rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from backend.affect.evidence import OUTPUTS
from backend.settings import ASSETS

SEED_TEXTS = ASSETS / "build" / "seed"
LABELS = ASSETS / "labels"

SIGN = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
# Raters' means run from -4 to 4, but only the clearest tweets pass 2.
FULL_RATING = 2.0
SECOND = 0.6  # how much a text carries its second emotion
# The same theme under two names, as the writers of different languages put it.
THEMES = {"online life": "online", "illness": "health", "film": "screen"}


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Labelled texts.

    Attributes
    ----------
    texts : list of str
    languages : numpy.ndarray
        ``(n,)`` str.
    sources : numpy.ndarray
        ``(n,)`` str: ``emotion``, ``sentiment`` (both written for this project)
        or ``tweets`` (rated by people).
    groups : numpy.ndarray
        ``(n,)`` str: theme, domain or near-duplicate group; never split.
    emotion : numpy.ndarray
        ``(n, 9)`` float64, columns as in `OUTPUTS`; NaN where nobody said.
    sentiment : numpy.ndarray
        ``(n,)`` float64 in [-1, 1].
    rating : numpy.ndarray
        ``(n,)`` float64: mean of the raters of a tweet, else NaN.
    """

    texts: list[str]
    languages: np.ndarray
    sources: np.ndarray
    groups: np.ndarray
    emotion: np.ndarray
    sentiment: np.ndarray
    rating: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, keep: np.ndarray) -> Texts:
        """The rows where `keep` (``(n,)`` bool) holds."""
        rows = np.flatnonzero(keep)
        return Texts(
            [self.texts[i] for i in rows],
            *(
                getattr(self, name)[rows]
                for name in ("languages", "sources", "groups", "emotion", "sentiment", "rating")
            ),
        )

    @property
    def first(self) -> np.ndarray:
        """``(n,)`` int64: column of the strongest of `OUTPUTS`; -1 where nobody said."""
        known = ~np.isnan(self.emotion[:, 0])
        return np.where(known, np.nan_to_num(self.emotion).argmax(1), -1)


def read_texts(seed: Path = SEED_TEXTS, labels: Path = LABELS) -> Texts:
    """Every labelled text, those with emotions first.

    Parameters
    ----------
    seed : pathlib.Path
        Folder of ``*_emotion.jsonl`` and ``*_sentiment.jsonl``.
    labels : pathlib.Path
        Folder of ``tweets.parquet``.

    Returns
    -------
    Texts
    """
    rows: list[dict[str, Any]] = []
    for kind, group in (("emotion", "theme"), ("sentiment", "domain")):
        for path in sorted(seed.glob(f"*_{kind}.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                name = THEMES.get(row[group], row[group])
                rows.append(row | {"source": kind, "group": f"{kind}:{name}"})
    for tweet in pq.read_table(labels / "tweets.parquet").to_pylist():
        rows.append(tweet | {"source": "tweets", "language": "en"})
    return Texts(
        texts=[r["text"] for r in rows],
        languages=np.array([r["language"] for r in rows]),
        sources=np.array([r["source"] for r in rows]),
        groups=np.array([r["group"] for r in rows]),
        emotion=np.stack([_emotion(r) for r in rows]),
        sentiment=np.array([_sentiment(r) for r in rows]),
        rating=np.array([r.get("rating", np.nan) for r in rows], dtype=np.float64),
    )


def _emotion(row: dict[str, Any]) -> np.ndarray:
    if "emotions" not in row:
        return np.full(len(OUTPUTS), np.nan)
    target = np.zeros(len(OUTPUTS))
    for place, name in enumerate(row["emotions"] or ["neutral"]):
        target[OUTPUTS.index(name)] = 1.0 if place == 0 else SECOND
    return target


def _sentiment(row: dict[str, Any]) -> float:
    if row["source"] == "tweets":
        return float(np.clip(row["rating"] / FULL_RATING, -1.0, 1.0))
    return SIGN[row["sentiment"]]


def polarity(sentiment: np.ndarray) -> np.ndarray:
    """Sentiment in [-1, 1] -> place in `backend.posts.SENTIMENTS`: a quarter is neutral."""
    return np.where(sentiment <= -0.25, 0, np.where(sentiment >= 0.25, 2, 1))
