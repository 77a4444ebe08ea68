"""Counts of a corpus for the overview page; needs no model."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.bundles.bundle import Bundle
from backend.core.device import Device
from backend.core.lru import LRU
from backend.corpus import Corpus, label_numbers
from backend.corpus.encodings import OWN, best_bundle
from backend.corpus.model_outputs import REACTIONS, strongest
from backend.domain import EMOTIONS, EMOTIONS_AND_NEUTRAL, SENTIMENTS, Modality
from backend.search import IndexChoice, choices
from backend.settings import SHIPPED_CORPORA
from backend.trends.steps import Steps

TAGS = 500  # that are offered by name
_STEPS = 48  # of the timeline; more are too thin on a phone


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
        Mean probability of each emotion over the posts with a prediction; empty without any.
    top_emotions, sentiments : mapping of str to int
        Number of posts by strongest emotion (or ``neutral``) and by sentiment.
    timeline : tuple of (str, int)
        Each step of time and its number of posts; `undated` counts posts without a time.
    timeline_unit : str
        One of `backend.trends.steps.UNITS`.
    searched : tuple of IndexChoice
        How the vectors of each kind are searched.
    encoded_with : str
        The bundle whose vectors and predictions are shown: `bundle`, an earlier one until the
        corpus is encoded anew, or `backend.corpus.encodings.OWN`.
    own_vectors : int
        Numbers in each vector that came with the posts; 0 if none did.
    numbers : tuple of str
        Labels that are numbers, such as ``likes``.
    tags : tuple of str
        The most frequent tags.
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
    timeline_unit: str
    undated: int
    model_card: str
    searched: tuple[IndexChoice, ...] = ()
    encoded_with: str = ""
    own_vectors: int = 0
    numbers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class OverviewCache:
    """Caches each overview until its corpus or the bundle changes."""

    def __init__(self) -> None:
        self._overviews: LRU[str, tuple[str, Bundle, Overview]] = LRU()

    def describe(self, name: str, corpus: Corpus, bundle: Bundle, device: Device) -> Overview:
        """As `describe`, cached, with the name of the corpus in the workspace."""
        corpus = corpus.snapshot()
        used = best_bundle(corpus, bundle.name)
        overview = self._overviews.get_or_make(
            name,
            lambda: (corpus.version, bundle, describe(corpus, bundle, device)),
            is_current=lambda cached: cached[0] == corpus.version and cached[1] is bundle,
        )[2]
        # An index can be built without a change of the corpus.
        searched = tuple(choices(corpus, used))
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


def describe(corpus: Corpus, bundle: Bundle, device: Device) -> Overview:
    """Count a corpus; ``sources.json`` of the shipped ones describes their sources."""
    columns = ["text", "image", "audio", "language", "source", "licence", "time", "user"]
    posts = corpus.table(columns)
    languages = Counter(posts["language"].to_pylist())
    unknown = languages.pop(None, 0)
    if unknown:
        languages["unknown"] = unknown
    reactions = corpus.side_table(REACTIONS)
    timeline, unit = _timeline(posts["time"])
    used = best_bundle(corpus, bundle.name)
    predictions = corpus.predictions(used)
    profile = {e: float(pc.mean(predictions[e]).as_py() or 0.0) for e in EMOTIONS}
    if not len(predictions):
        profile = {}
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
        sources=_sources(posts),
        emotion_profile=profile,
        top_emotions={name: strongest[name] for name in EMOTIONS_AND_NEUTRAL},
        sentiments={name: labels[name] for name in SENTIMENTS},
        timeline=timeline,
        timeline_unit=unit,
        undated=posts["time"].null_count,
        model_card=bundle.card,
        searched=tuple(choices(corpus, used)),
        encoded_with=used,
        own_vectors=corpus.dim(OWN),
        numbers=tuple(label_numbers.names(corpus)),
        tags=_tags(corpus),
    )


def _tags(corpus: Corpus) -> tuple[str, ...]:
    """Return the most frequent tags, in lower case."""
    tags = pc.utf8_lower(pc.list_flatten(corpus.table(["tags"])["tags"]))
    counts = Counter({row["values"]: row["counts"] for row in pc.value_counts(tags).to_pylist()})
    return tuple(tag for tag, _ in counts.most_common(TAGS) if tag)


def _timeline(times: pa.ChunkedArray) -> tuple[tuple[tuple[str, int], ...], str]:
    """Count posts by the finest steps, days or longer, of which a chart has room for all."""
    dated = pc.drop_null(times)
    if not len(dated):
        return (), ""
    seconds = dated.to_numpy().astype("datetime64[s]").astype(np.int64)
    steps = Steps.covering(int(seconds.min()), int(seconds.max()), most=_STEPS, least_unit="day")
    counts = np.bincount(steps.of(seconds), minlength=len(steps))
    return tuple(zip(steps.names(), counts.tolist(), strict=True)), steps.unit


def _strongest(predictions: pa.Table) -> list[str]:
    if not len(predictions):
        return []
    names = EMOTIONS_AND_NEUTRAL
    table = np.stack([predictions[name].to_numpy() for name in names], axis=1)
    return [names[i] for i in strongest(table)]


def _sources(posts: pa.Table) -> tuple[Source, ...]:
    counts = Counter(posts["source"].to_pylist())
    licences: defaultdict[str, Counter[str]] = defaultdict(Counter)
    pairs = zip(posts["source"].to_pylist(), posts["licence"].to_pylist(), strict=True)
    for source, licence in pairs:
        licences[source][licence or "unknown"] += 1
    files = [folder / "sources.json" for folder in SHIPPED_CORPORA.values()]
    described = {
        row["name"]: row
        for file in files
        if file.is_file()
        for row in json.loads(file.read_text("utf-8"))
    }
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
