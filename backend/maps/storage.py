"""Store maps as tables with a corpus, and read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import Corpus
from backend.corpus.model_outputs import clusters_name, maps_name
from backend.domain import Kind
from backend.maps.types import Cluster, Level, Map

POINTS = pa.schema(
    [
        ("kind", pa.string()),
        ("id", pa.string()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("clusters", pa.list_(pa.int32())),  # one for each level
    ]
)
ABOUT = pa.schema([("kind", pa.string()), ("about", pa.string())])  # JSON


def to_tables(maps: Mapping[Kind, Map]) -> tuple[pa.Table, pa.Table]:
    """Convert maps to tables.

    Returns
    -------
    points, about : pyarrow.Table
        With the schemas `POINTS` and `ABOUT`.
    """
    points, about = [POINTS.empty_table()], []
    for kind, map_ in maps.items():
        codes = np.stack([level.labels for level in map_.levels], axis=1).astype(np.int32)
        starts = np.arange(len(codes) + 1, dtype=np.int32) * codes.shape[1]
        points.append(
            pa.table(
                [
                    pa.array([kind.value] * len(map_.ids), pa.string()),
                    pa.array(map_.ids.tolist(), pa.string()),
                    pa.array(map_.xy[:, 0], pa.float32()),
                    pa.array(map_.xy[:, 1], pa.float32()),
                    pa.ListArray.from_arrays(starts, codes.ravel()),
                ],
                schema=POINTS,
            )
        )
        levels = [
            {"name": level.name, "clusters": [asdict(c) for c in level.clusters]}
            for level in map_.levels
        ]
        about.append({"kind": kind.value, "about": to_json(levels, map_.quality)})
    return pa.concat_tables(points), pa.Table.from_pylist(about, schema=ABOUT)


def to_json(levels: list[dict], quality: Mapping[str, float]) -> str:
    """Return the levels and quality of a map as JSON; NaN becomes null."""
    for level in levels:
        for cluster in level["clusters"]:
            if cluster["stability"] != cluster["stability"]:
                cluster["stability"] = None
    known_quality = {key: None if value != value else value for key, value in quality.items()}
    return json.dumps(
        {"levels": levels, "quality": known_quality}, ensure_ascii=False, sort_keys=True
    )


def from_tables(points: pa.Table, about: pa.Table, kind: Kind, bundle: str) -> Map | None:
    """Read the map of one kind; None when the tables have none."""
    texts = about.filter(pc.equal(about["kind"], kind.value))["about"].to_pylist()
    if not texts:
        return None
    raw = json.loads(texts[0])
    rows = points.filter(pc.equal(points["kind"], kind.value)).sort_by("id")
    codes = np.asarray(pc.list_flatten(rows["clusters"]).to_numpy(), dtype=np.int32)
    codes = codes.reshape(len(rows), -1)
    levels = tuple(
        Level(level["name"], np.ascontiguousarray(codes[:, i]), _clusters(level["clusters"]))
        for i, level in enumerate(raw["levels"])
    )
    return Map(
        kind=kind,
        ids=np.asarray(rows["id"].to_numpy(zero_copy_only=False), dtype=object),
        xy=np.stack([rows["x"].to_numpy(), rows["y"].to_numpy()], axis=1).astype(np.float32),
        levels=levels,
        quality={k: _number(v) for k, v in raw["quality"].items()},
        bundle=bundle,
        total=len(rows),
    )


def put(corpus: Corpus, bundle: str, maps: Mapping[Kind, Map]) -> None:
    """Store maps with a corpus; they replace those of the same kinds."""
    stored = {kind: get(corpus, bundle, kind) for kind in (Kind.USER, Kind.POST)}
    all_maps = {kind: map_ for kind, map_ in stored.items() if map_ is not None} | dict(maps)
    points, about = to_tables(all_maps)
    corpus.write_side_tables({maps_name(bundle): points, clusters_name(bundle): about})


def get(corpus: Corpus, bundle: str, kind: Kind) -> Map | None:
    """Read the map that is stored with a corpus; None when there is none."""
    points, about = corpus.side_table(maps_name(bundle)), corpus.side_table(clusters_name(bundle))
    return from_tables(points, about, kind, bundle) if points and about else None


def _clusters(rows: list[dict]) -> tuple[Cluster, ...]:
    return tuple(
        Cluster(
            id=row["id"],
            label=row["label"],
            words=tuple(row["words"]),
            size=row["size"],
            stability=_number(row["stability"]),
            typical=tuple(row["typical"]),
            near=tuple(row["near"]),
        )
        for row in rows
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
