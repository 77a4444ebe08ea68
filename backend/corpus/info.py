"""Counts of the contents of a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus.store import Snapshot
from backend.domain import Kind, Modality


@dataclass(frozen=True, slots=True)
class CorpusInfo:
    """Counts of the contents of a corpus.

    Attributes
    ----------
    name, uri : str
    posts, users : int
    added : int
        Posts that users added to the shipped ones.
    modalities : mapping of Modality to int
        Posts with each modality.
    languages, sources, licences : mapping of str to int
        Posts of each, most first; ``""`` counts posts without a value.
    since, until : datetime or None
        Times of the oldest and the newest post.
    bundles : mapping of str to mapping of Kind to int
        Vectors by bundle and kind.
    origin : str or None
        Digest of the shipped files that it was created from.
    """

    name: str
    uri: str
    posts: int
    users: int
    added: int
    modalities: Mapping[Modality, int]
    languages: Mapping[str, int]
    sources: Mapping[str, int]
    licences: Mapping[str, int]
    since: datetime | None
    until: datetime | None
    bundles: Mapping[str, Mapping[Kind, int]]
    origin: str | None


def describe(snapshot: Snapshot, *, uri: str) -> CorpusInfo:
    """Count the contents of a snapshot."""
    posts = snapshot.read("posts", ["language", "source", "licence", "time", "added"])
    span = pc.min_max(posts["time"]).as_py()
    bundles = {}
    for table in sorted(snapshot.head.tables):
        if table.startswith("vectors."):
            counts = _counts(snapshot.read(table, ["kind"])["kind"])
            kinds = {kind: counts[kind.value] for kind in Kind if kind.value in counts}
            bundles[table.removeprefix("vectors.")] = kinds
    return CorpusInfo(
        name=snapshot.head.name,
        uri=uri,
        posts=len(posts),
        users=snapshot.count("users"),
        added=len(posts) - posts["added"].null_count,
        modalities={
            modality: snapshot.count("posts", f"{modality.value} IS NOT NULL")
            for modality in Modality
        },
        languages=_counts(posts["language"]),
        sources=_counts(posts["source"]),
        licences=_counts(posts["licence"]),
        since=span["min"],
        until=span["max"],
        bundles=bundles,
        origin=snapshot.head.origin,
    )


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    counted = pc.value_counts(pc.coalesce(column, "")).to_pylist()
    counted.sort(key=lambda row: (-row["counts"], row["values"]))
    return {row["values"]: row["counts"] for row in counted}
