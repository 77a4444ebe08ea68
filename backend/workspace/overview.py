"""What is loaded, counted for the first page; needs no model."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import pyarrow.compute as pc

from backend.bundles.bundle import Bundle
from backend.core.device import Device
from backend.corpus import Corpus
from backend.corpus.bulk_commit import REACTIONS
from backend.domain import EMOTIONS, SENTIMENTS, Modality, strongest
from backend.search import IndexChoice, choices
from backend.settings import ASSETS


@dataclass(frozen=True, slots=True)
class Source:
    """Where posts of a corpus come from and under which terms."""

    name: str
    title: str
    description: str
    posts: int
    licence: str
    url: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts and origins of a corpus, with the bundle and the device in use.

    Attributes
    ----------
    emotion_profile : mapping of str to float
        Mean probability of each emotion over the posts with a prediction.
    top_emotions, sentiments : mapping of str to int
        Posts by strongest emotion (or ``neutral``) and by sentiment label.
    timeline : tuple of (str, int)
        ``YYYY-MM`` and posts; posts without a time are in `undated`.
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
    """Overviews, each counted once until its corpus or the bundle changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Bundle, Overview]] = {}
        self._lock = Lock()
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)

    def describe(self, name: str, corpus: Corpus, bundle: Bundle, device: Device) -> Overview:
        """As `describe`, under the name that the corpus goes by."""
        with self._turn(name):  # who comes meanwhile would count the same
            version, of, told = self._kept.get(name, (None, None, None))
            if told is None or version != corpus.version or of is not bundle:
                version, told = corpus.version, describe(corpus, bundle, device, ASSETS / "corpus")
                self._kept[name] = version, bundle, told
        # An index is made without a change of the corpus.
        searched = tuple(choices(corpus, bundle.name))
        return replace(
            told,
            corpus=name,
            device=device.name,
            device_reason=device.reason,
            searched=searched,
        )

    def forget(self, name: str) -> None:
        """Keep nothing of a corpus that is gone."""
        with self._turn(name):
            self._kept.pop(name, None)

    def _turn(self, name: str) -> Lock:
        with self._lock:
            return self._turns[name]


def describe(corpus: Corpus, bundle: Bundle, device: Device, assets: Path) -> Overview:
    """Count a corpus.

    Parameters
    ----------
    corpus : Corpus
    bundle : Bundle
    device : Device
    assets : pathlib.Path
        Where ``sources.json`` tells of the shipped sources.

    Returns
    -------
    Overview
    """
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


def _strongest(predictions) -> list[str]:  # type: ignore[no-untyped-def]
    import numpy as np

    if not len(predictions):
        return []
    names = (*EMOTIONS, "neutral")
    table = np.stack([predictions[name].to_numpy() for name in names], axis=1)
    return [names[i] for i in strongest(table)]


def _sources(posts, assets: Path) -> tuple[Source, ...]:  # type: ignore[no-untyped-def]
    counts = Counter(posts["source"].to_pylist())
    licences: dict[str, Counter[str]] = {}
    for source, licence in zip(
        posts["source"].to_pylist(), posts["licence"].to_pylist(), strict=True
    ):
        licences.setdefault(source, Counter())[licence or "unknown"] += 1
    told = {}
    if (assets / "sources.json").is_file():
        told = {
            row["name"]: row for row in json.loads((assets / "sources.json").read_text("utf-8"))
        }
    rows = []
    for name, count in counts.most_common():
        row = told.get(name, {})
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
