"""Counts of a corpus for the overview page; needs no model."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.bundles.bundle import Bundle
from backend.core.device import Device
from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.corpus.bulk_commit import REACTIONS
from backend.domain import EMOTIONS, SENTIMENTS, Modality, strongest
from backend.search import IndexChoice, choices
from backend.settings import ASSETS


@dataclass(frozen=True, slots=True)
class Source:
    """A source of posts, with its licence."""

    name: str
    title: str
    description: str
    posts: int
    licence: str
    url: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts and sources of a corpus, with the bundle and the device in use.

    Attributes
    ----------
    emotion_profile : mapping of str to float
        Mean probability of each emotion over the posts with a prediction.
    top_emotions, sentiments : mapping of str to int
        Number of posts by strongest emotion (or ``neutral``) and by sentiment.
    timeline : tuple of (str, int)
        ``YYYY-MM`` and number of posts; `undated` counts posts without a time.
    searched : tuple of IndexChoice
        How the vectors of each kind are searched.
    """

    corpus: str
    bundle: str
    encoders: Mapping[str, str]
    device: str
    device_reason: str
    counts: Mapping[str, int]
    modality_counts: Mapping[str, int]
    language_counts: Mapping[str, int]
    sources: tuple[Source, ...]
    emotion_profile: Mapping[str, float]
    top_emotions: Mapping[str, int]
    sentiments: Mapping[str, int]
    timeline: tuple[tuple[str, int], ...]
    undated: int
    model_card: str
    searched: tuple[IndexChoice, ...] = ()


class OverviewCache:
    """Caches each overview until its corpus or the bundle changes."""

    def __init__(self) -> None:
        self._overviews: LRU[str, tuple[str, Bundle, Overview]] = LRU()

    def describe(self, name: str, corpus: Corpus, bundle: Bundle, device: Device) -> Overview:
        """As `describe`, cached, with the name of the corpus in the workspace."""
        corpus = corpus.snapshot()
        overview = self._overviews.get_or_make(
            name,
            lambda: (corpus.version, bundle, describe(corpus, bundle, device, ASSETS / "corpus")),
            is_current=lambda cached: cached[0] == corpus.version and cached[1] is bundle,
        )[2]
        # An index can be built without a change of the corpus.
        searched = tuple(choices(corpus, bundle.name))
        return replace(
            overview,
            corpus=name,
            device=device.name,
            device_reason=device.reason,
            searched=searched,
        )

    def evict(self, name: str) -> None:
        """Drop the overview of a deleted corpus."""
        self._overviews.evict(name)


def describe(corpus: Corpus, bundle: Bundle, device: Device, assets: Path) -> Overview:
    """Count a corpus; ``sources.json`` in `assets` describes the shipped sources."""
    columns = ["text", "image", "audio", "language", "source", "licence", "time", "user"]
    posts = corpus.table(columns)
    languages = Counter(posts["language"].to_pylist())
    unknown = languages.pop(None, 0)
    if unknown:
        languages["unknown"] = unknown
    reactions = corpus.side_table(REACTIONS)
    dated = pc.drop_null(posts["time"])
    months = Counter(pc.strftime(dated, format="%Y-%m").to_pylist()) if len(dated) else Counter()
    predictions = corpus.predictions(bundle.name)
    profile = {e: float(pc.mean(predictions[e]).as_py() or 0.0) for e in EMOTIONS}
    strongest = Counter(_strongest(predictions))
    labels = Counter(predictions["label"].to_pylist())
    return Overview(
        corpus=corpus.name,
        bundle=bundle.name,
        encoders={m.value: name for m, name in bundle.encoders.items()},
        device=device.name,
        device_reason=device.reason,
        counts={
            "posts": len(posts),
            "users": len(pc.unique(pc.drop_null(posts["user"]))),
            "reactions": len(reactions) if reactions is not None else 0,
        },
        modality_counts={m.value: len(posts) - posts[m.value].null_count for m in Modality},
        language_counts=dict(languages.most_common()),
        sources=_sources(posts, assets),
        emotion_profile=profile,
        top_emotions={name: strongest[name] for name in (*EMOTIONS, "neutral")},
        sentiments={name: labels[name] for name in SENTIMENTS},
        timeline=tuple(sorted(months.items())),
        undated=posts["time"].null_count,
        model_card=bundle.card,
        searched=tuple(choices(corpus, bundle.name)),
    )


def _strongest(predictions: pa.Table) -> list[str]:
    if not len(predictions):
        return []
    names = (*EMOTIONS, "neutral")
    table = np.stack([predictions[name].to_numpy() for name in names], axis=1)
    return [names[i] for i in strongest(table)]


def _sources(posts: pa.Table, assets: Path) -> tuple[Source, ...]:
    counts = Counter(posts["source"].to_pylist())
    licences: defaultdict[str, Counter[str]] = defaultdict(Counter)
    pairs = zip(posts["source"].to_pylist(), posts["licence"].to_pylist(), strict=True)
    for source, licence in pairs:
        licences[source][licence or "unknown"] += 1
    file = assets / "sources.json"
    descriptions = json.loads(file.read_text("utf-8")) if file.is_file() else []
    described = {row["name"]: row for row in descriptions}
    rows = []
    for name, count in counts.most_common():
        row = described.get(name, {})
        rows.append(
            Source(
                name=name or "unknown",
                title=row.get("title", name or "Source not given"),
                description=row.get("description", ""),
                posts=count,
                licence=row.get("licence", ", ".join(licences[name])),
                url=row.get("url", ""),
            )
        )
    return tuple(rows)
