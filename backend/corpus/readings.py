"""The table of readings: what is written in the images and said in the sounds of posts.

A corpus that was made before has no such table, and opens as it did.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from backend.domain import Modality
from backend.text.reading import Passage, Reading

if TYPE_CHECKING:
    from backend.corpus.store import Snapshot, Transaction

READINGS = "readings"
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("modality", pa.string()),  # image or audio
        ("text", pa.string()),  # null: it was read, and has no words
        ("language", pa.string()),
        ("confidence", pa.float32()),
        ("share", pa.float32()),
        ("note", pa.string()),
        ("passages", pa.string()),  # JSON, see `passages_json`
    ]
)
# Columns that `Corpus.table` takes from here.
COLUMNS = {"written": Modality.IMAGE, "said": Modality.AUDIO}

PostReadings = Mapping[Modality, Reading]


def passages_json(passages: Sequence[Passage]) -> str:
    """Write passages as a JSON list of objects: text, where, confidence, frame."""
    rows = [
        {"text": p.text, "where": p.where, "confidence": p.confidence, "frame": p.frame}
        for p in passages
    ]
    return json.dumps(rows, ensure_ascii=False)


def to_table(readings: Mapping[str, PostReadings]) -> pa.Table:
    """Convert readings by post id to rows."""
    rows = [
        {
            "id": id_,
            "modality": modality.value,
            "text": reading.text or None,
            "language": reading.language,
            "confidence": reading.confidence,
            "share": reading.share,
            "note": reading.note,
            "passages": passages_json(reading.passages),
        }
        for id_, of_post in readings.items()
        for modality, reading in of_post.items()
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def from_table(table: pa.Table) -> dict[str, dict[Modality, Reading]]:
    """Convert rows to readings by post id."""
    readings: dict[str, dict[Modality, Reading]] = {}
    for row in table.to_pylist():
        passages = tuple(
            Passage(p["text"], tuple(p["where"]), p["confidence"], p["frame"])
            for p in json.loads(row["passages"] or "[]")
        )
        readings.setdefault(row["id"], {})[Modality(row["modality"])] = Reading(
            text=row["text"] or "",
            passages=passages,
            confidence=round(row["confidence"], 3),
            share=round(row["share"], 3),
            language=row["language"],
            note=row["note"] or "",
        )
    return readings


def add(change: Transaction, readings: Mapping[str, PostReadings]) -> None:
    """Write readings; replace those of the same post and modality."""
    if not readings:
        return
    table = to_table(readings)
    for modality in COLUMNS.values():
        of_modality = pc.equal(table["modality"], modality.value)
        ids = table["id"].filter(of_modality).to_pylist()
        change.delete_in(READINGS, "id", ids, also=f"modality = '{modality.value}'")
    change.append(READINGS, table)


def of_posts(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, dict[Modality, Reading]]:
    """Readings by post id; posts that were not read are left out."""
    if READINGS not in snapshot:
        return {}
    return from_table(snapshot.read_in(READINGS, "id", list(dict.fromkeys(ids))))


def unread(snapshot: Snapshot, modalities: Collection[Modality]) -> list[str]:
    """Return the ids, sorted, of posts with an image or a sound that was not read."""
    found: set[str] = set()
    for modality in COLUMNS.values():
        if modality not in modalities:
            continue
        ids = set(
            snapshot.read("posts", ["id"], f"`{modality.value}` IS NOT NULL")["id"].to_pylist()
        )
        if READINGS in snapshot:
            read = snapshot.read(READINGS, ["id"], f"modality = '{modality.value}'")
            ids -= set(read["id"].to_pylist())
        found |= ids
    return sorted(found)


def with_columns(posts: pa.Table, snapshot: Snapshot, names: Iterable[str]) -> pa.Table:
    """Append some of `COLUMNS` to a table of posts with the column ``id``."""
    for name in names:
        if READINGS not in snapshot:
            posts = posts.append_column(name, pa.nulls(len(posts), pa.string()))
            continue
        where = f"modality = '{COLUMNS[name].value}' AND text IS NOT NULL"
        texts = snapshot.read(READINGS, ["id", "text"], where).combine_chunks()
        places = pc.index_in(posts["id"], value_set=texts["id"].combine_chunks())
        posts = posts.append_column(name, texts["text"].take(places))
    return posts
