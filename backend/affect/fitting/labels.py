"""The labelled texts and words that the affect heads are trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from backend.affect.evidence import OUTPUTS
from backend.settings import ASSETS

SEED_TEXTS = ASSETS / "build" / "seed"
LABELS = ASSETS / "labels"

# Sources of texts that express something; "plain" are captions that name a thing.
SOURCES = ("emotion", "sentiment", "tweets")
PLAIN = "plain"
PLAIN_EVERY = 4  # one in so many stamps is trained on as neutral; the others evaluate that
SIGN = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
# Mean ratings range from -4 to 4, but only the clearest tweets exceed 2.
FULL_RATING = 2.0
FULL_WORD = 2.5
MIN_RATINGS = 5  # of an emoji
SECOND = 0.6  # target of the second emotion of a text
# Themes with different names in different languages.
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
        ``(n,)`` str: ``emotion``, ``sentiment`` (both written for this project),
        ``tweets`` (rated by people) or ``plain`` (captions of stamps, assumed to be
        neutral).
    groups : numpy.ndarray
        ``(n,)`` str: theme, domain or group of near-duplicates; never split.
    emotion : numpy.ndarray
        ``(n, 9)`` float64, columns as in `OUTPUTS`; NaN where unlabelled. Of plain
        captions only the last column is labelled.
    sentiment : numpy.ndarray
        ``(n,)`` float64 in [-1, 1].
    rating : numpy.ndarray
        ``(n,)`` float64: mean rating of a tweet, else NaN.
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
        """Column of the strongest of `OUTPUTS`, ``(n,)`` int64; -1 where unlabelled."""
        known = ~np.isnan(self.emotion[:, 0])
        return np.where(known, np.nan_to_num(self.emotion).argmax(1), -1)


def read_texts(seed: Path = SEED_TEXTS, labels: Path = LABELS) -> Texts:
    """Read all labelled texts, those with emotions first.

    Parameters
    ----------
    seed : pathlib.Path
        Folder of ``*_emotion.jsonl`` and ``*_sentiment.jsonl``.
    labels : pathlib.Path
        Folder of ``tweets.parquet`` and ``tuxpaint_captions.parquet``.
    """
    rows: list[dict[str, Any]] = []
    for kind, group in (("emotion", "theme"), ("sentiment", "domain")):
        for path in sorted(seed.glob(f"*_{kind}.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                name = THEMES.get(row[group], row[group])
                rows.append(row | {"source": kind, "group": f"{kind}:{name}"})
    rows += _plain(labels)
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


def trains_plain(post: str) -> bool:
    """Whether the captions of a stamp are training data, as neutral texts."""
    return int(post.rsplit("-", 1)[-1]) % PLAIN_EVERY == 0


def _plain(labels: Path) -> list[dict[str, Any]]:
    """An English caption and one in another language of each stamp that is trained on."""
    captions: dict[str, dict[str, str]] = {}
    for row in pq.read_table(labels / "tuxpaint_captions.parquet").to_pylist():
        if trains_plain(row["post"]):
            captions.setdefault(row["post"], {})[row["lang"]] = row["caption"]
    found = []
    for i, (post, texts) in enumerate(sorted(captions.items())):
        others = sorted(lang for lang in texts if not lang.startswith("en"))
        # The stride is coprime to the number of languages, so that all have their turn.
        for lang in ("en", others[i * 7 % len(others)]):
            found.append(
                {
                    "text": texts[lang],
                    "language": lang.split("-")[0],
                    "source": PLAIN,
                    "group": f"{PLAIN}:{post}",
                    "sentiment": "neutral",
                }
            )
    return found


def _emotion(row: dict[str, Any]) -> np.ndarray:
    if row["source"] == PLAIN:
        return np.append(np.full(len(OUTPUTS) - 1, np.nan), 1.0)
    if "emotions" not in row:
        return np.full(len(OUTPUTS), np.nan)
    target = np.zeros(len(OUTPUTS))
    for rank, name in enumerate(row["emotions"] or ["neutral"]):
        target[OUTPUTS.index(name)] = 1.0 if rank == 0 else SECOND
    return target


def _sentiment(row: dict[str, Any]) -> float:
    if row["source"] == "tweets":
        return float(np.clip(row["rating"] / FULL_RATING, -1.0, 1.0))
    return SIGN[row["sentiment"]]


def rated_words(labels: Path = LABELS) -> tuple[list[str], np.ndarray]:
    """Read words rated by ten people each, and emoji with the sentiment of their tweets.

    From VADER's lexicon (Hutto and Gilbert 2014; MIT) and the Emoji Sentiment
    Ranking (Kralj Novak et al. 2015).

    Parameters
    ----------
    labels : pathlib.Path
        Folder of ``emoji.parquet``.

    Returns
    -------
    words : list of str
        Words of at least three letters, and emoji.
    sentiment : numpy.ndarray
        ``(n,)`` float64 in [-1, 1].
    """
    kept: list[tuple[str, float]] = []
    spec = find_spec("vaderSentiment")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).with_name("vader_lexicon.txt")
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        kept += [(r[0], float(r[1]) / FULL_WORD) for r in rows if r[0].isalpha() and len(r[0]) >= 3]
    for emoji in pq.read_table(labels / "emoji.parquet").to_pylist():
        counts = [emoji[k] or 0 for k in SIGN]
        if sum(counts) >= MIN_RATINGS:
            kept.append((emoji["emoji"], (counts[2] - counts[0]) / sum(counts)))
    return [w for w, _ in kept], np.clip(np.array([v for _, v in kept]), -1.0, 1.0)


def polarity(sentiment: np.ndarray) -> np.ndarray:
    """Indices in `backend.domain.SENTIMENTS` of sentiments in [-1, 1]; (-0.25, 0.25) is neutral."""
    return np.where(sentiment <= -0.25, 0, np.where(sentiment >= 0.25, 2, 1))
