"""Messages to and from workers, as Arrow tables, which cannot carry code.

A worker gets texts and the bytes of media. It returns vectors, predictions and the
media as a corpus stores them. All other fields of a post stay in the main process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from backend.corpus import readings
from backend.corpus.native import Native
from backend.domain import EMOTIONS, Affect, Kind, Modality, Post, Sentiment
from backend.ingest.drafts import Draft, MediaRef, Notice
from backend.ingest.encoded_post import EncodedPost
from backend.ingest.media_loader import GatheredDraft, LoadedDraft

MEDIA = ("image", "audio")
KINDS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.POST, *Native)

POSTS_SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("image", pa.large_binary()),
        ("image_digest", pa.string()),
        ("image_shown", pa.string()),
        ("audio", pa.large_binary()),
        ("audio_digest", pa.string()),
        ("audio_shown", pa.string()),
    ]
)
RESULTS_SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        *((f"vector_{kind}", pa.list_(pa.float32())) for kind in KINDS),
        ("affect", pa.list_(pa.float64())),
        ("label", pa.string()),
        *((name, pa.string()) for name in MEDIA),
        *((f"{name}_file", pa.large_binary()) for name in MEDIA),
        ("notices", pa.string()),
        ("reasons", pa.string()),
        ("readings", pa.binary()),  # rows of `readings.SCHEMA` as an Arrow stream
    ]
)


def posts_to_table(gathered: Mapping[int, GatheredDraft]) -> pa.Table:
    """Convert posts to a table for a worker.

    Parameters
    ----------
    gathered : mapping of int to GatheredDraft
        Posts by a key of the sender.

    Returns
    -------
    pyarrow.Table
        With `POSTS_SCHEMA`.
    """
    rows = []
    for key, item in gathered.items():
        post = item.draft.post
        row: dict[str, Any] = {"key": key, "text": post.text, "language": post.language}
        for name, (data, digest) in item.media.items():
            medium = getattr(item.draft, name)
            row |= {name: data, f"{name}_digest": digest, f"{name}_shown": medium.label}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=POSTS_SCHEMA)


def without_bytes(gathered: GatheredDraft) -> GatheredDraft:
    """Return a post without the bytes of its media, which are already sent."""
    draft = gathered.draft
    media = {name: replace(m, data=b"") for name in MEDIA if (m := getattr(draft, name))}
    return replace(gathered, draft=replace(draft, **media), media={})


def unchanged(gathered: GatheredDraft) -> LoadedDraft:
    """Return the result for a post that the corpus already has."""
    return LoadedDraft(
        gathered.draft, gathered.fingerprint, notices=gathered.notices, unchanged=True
    )


def posts_from_table(table: pa.Table) -> Iterator[tuple[int, GatheredDraft]]:
    """Yield the posts of a table with their keys."""
    for row in table.to_pylist():
        media = {
            name: MediaRef(name=row[f"{name}_shown"]) for name in MEDIA if row[name] is not None
        }
        post = Post(id=str(row["key"]), text=row["text"], language=row["language"])
        media_bytes = {name: (row[name], row[f"{name}_digest"]) for name in media}
        draft = Draft(row["key"], post, media.get("image"), media.get("audio"))
        yield row["key"], GatheredDraft(draft, "", media_bytes)


def results_to_table(
    keys: Sequence[int], results: Sequence[tuple[LoadedDraft, EncodedPost | None]], folder: Path
) -> pa.Table:
    """Convert results to a table for the main process.

    Parameters
    ----------
    keys : sequence of int
    results : sequence of (LoadedDraft, EncodedPost or None)
    folder : pathlib.Path
        Their media are in its ``media``.

    Returns
    -------
    pyarrow.Table
        With `RESULTS_SCHEMA`.
    """
    rows = []
    for key, (loaded, encoding) in zip(keys, results, strict=True):
        notices = [[notice.code, notice.message] for notice in loaded.notices]
        row: dict[str, Any] = {"key": key, "notices": json.dumps(notices)}
        for name in MEDIA:
            if relative := getattr(loaded, name):
                row |= {name: relative, f"{name}_file": (folder / "media" / relative).read_bytes()}
        if encoding is not None:
            row |= {f"vector_{kind}": vector for kind, vector in encoding.vectors.items()}
            row["readings"] = _pack(encoding.readings)
            row["reasons"] = json.dumps({m.value: reason for m, reason in encoding.reasons.items()})
            if (affect := encoding.affect) is not None:
                numbers = [affect.emotion[name] for name in EMOTIONS]
                numbers += [affect.neutral, affect.sentiment.positive, affect.confidence]
                row |= {"affect": numbers, "label": affect.sentiment.label}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=RESULTS_SCHEMA)


def result_from_row(
    row: Mapping[str, Any], gathered: GatheredDraft
) -> tuple[LoadedDraft, EncodedPost | None]:
    """Return the result of a post from a row of a worker's table.

    Parameters
    ----------
    row : mapping
        With `RESULTS_SCHEMA`, without the media.
    gathered : GatheredDraft
        The post with the same key, with or without bytes.
    """
    draft = gathered.draft
    pairs: list[tuple[str, str]] = json.loads(row["notices"])
    worker_notices = [
        Notice(draft.number, code, message, skips_row=False) for code, message in pairs
    ]
    notices = (*gathered.notices, *worker_notices)
    loaded = LoadedDraft(
        draft, gathered.fingerprint, None, row["image"], row["audio"], notices, gathered.unchanged
    )
    if row["reasons"] is None:
        return loaded, None
    vectors = {
        kind: np.asarray(row[f"vector_{kind}"], dtype=np.float32)
        for kind in KINDS
        if row[f"vector_{kind}"] is not None
    }
    affect = None
    if (numbers := row["affect"]) is not None:
        *emotion, neutral, positive, confidence = numbers
        affect = Affect(
            dict(zip(EMOTIONS, emotion, strict=True)),
            neutral,
            Sentiment(positive, row["label"]),
            confidence,
        )
    reasons = {Modality(name): reason for name, reason in json.loads(row["reasons"]).items()}
    return loaded, EncodedPost(vectors, affect, reasons, _unpack(row["readings"]))


def _pack(of_post: readings.PostReadings) -> bytes | None:
    """Pack the readings of a post for the main process."""
    if not of_post:
        return None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, readings.SCHEMA) as stream:
        stream.write_table(readings.to_table({"": of_post}))
    return sink.getvalue().to_pybytes()


def _unpack(packed: bytes | None) -> readings.PostReadings:
    if packed is None:
        return {}
    return readings.from_table(pa.ipc.open_stream(packed).read_all())[""]
