"""Posts to a worker and back, as Arrow tables: nothing that could run code travels.

A worker gets texts and the bytes of media, and gives vectors, predictions and
the media as a corpus stores them; what else a post has stays where it was read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from backend.domain import EMOTIONS, Affect, Kind, Modality, Post, Sentiment
from backend.ingest.drafts import Draft, Medium, Notice
from backend.ingest.media_loader import Loaded, MediaBatch
from backend.ingest.runner import EncodedPost

MEDIA = ("image", "audio")
KINDS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.POST)

SENT = pa.schema(
    [
        ("key", pa.int64()),
        ("text", pa.string()),
        ("image", pa.large_binary()),
        ("image_digest", pa.string()),
        ("image_shown", pa.string()),
        ("audio", pa.large_binary()),
        ("audio_digest", pa.string()),
        ("audio_shown", pa.string()),
    ]
)
RETURNED = pa.schema(
    [
        ("key", pa.int64()),
        *((f"vector_{kind}", pa.list_(pa.float32())) for kind in KINDS),
        ("affect", pa.list_(pa.float64())),
        ("label", pa.string()),
        *((name, pa.string()) for name in MEDIA),
        *((f"{name}_file", pa.large_binary()) for name in MEDIA),
        ("notices", pa.string()),
        ("reasons", pa.string()),
    ]
)


def send(gathered: Mapping[int, MediaBatch]) -> pa.Table:
    """Posts as a worker takes them.

    Parameters
    ----------
    gathered : mapping of int to MediaBatch
        By a key of the sender's.

    Returns
    -------
    pyarrow.Table
        Of `SENT`.
    """
    rows = []
    for key, item in gathered.items():
        row: dict[str, Any] = {"key": key, "text": item.draft.post.text}
        for name, (data, digest) in item.found.items():
            medium = getattr(item.draft, name)
            row |= {name: data, f"{name}_digest": digest, f"{name}_shown": medium.shown}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=SENT)


def light(gathered: MediaBatch) -> MediaBatch:
    """The same without the bytes, which are on their way."""
    draft = gathered.draft
    media = {name: replace(m, data=b"") for name in MEDIA if (m := getattr(draft, name))}
    return replace(gathered, draft=replace(draft, **media), found={})


def kept(gathered: MediaBatch) -> Loaded:
    """A post that the corpus has already."""
    return Loaded(gathered.draft, gathered.fingerprint, notices=gathered.notices, same=True)


def receive(table: pa.Table) -> Iterator[tuple[int, MediaBatch]]:
    """Posts as `decode` takes them, with their keys."""
    for row in table.to_pylist():
        media = {name: Medium(name=row[f"{name}_shown"]) for name in MEDIA if row[name] is not None}
        post = Post(id=str(row["key"]), text=row["text"])
        found = {name: (row[name], row[f"{name}_digest"]) for name in media}
        draft = Draft(row["key"], post, media.get("image"), media.get("audio"))
        yield row["key"], MediaBatch(draft, "", found)


def give(
    keys: Sequence[int], done: Sequence[tuple[Loaded, EncodedPost | None]], folder: Path
) -> pa.Table:
    """What became of posts.

    Parameters
    ----------
    keys : sequence of int
    done : sequence of (Loaded, EncodedPost or None)
    folder : pathlib.Path
        In whose ``media`` their media lie.

    Returns
    -------
    pyarrow.Table
        Of `RETURNED`.
    """
    rows = []
    for key, (loaded, made) in zip(keys, done, strict=True):
        notices = [[notice.code, notice.message] for notice in loaded.notices]
        row: dict[str, Any] = {"key": key, "notices": json.dumps(notices)}
        for name in MEDIA:
            if relative := getattr(loaded, name):
                row |= {name: relative, f"{name}_file": (folder / "media" / relative).read_bytes()}
        if made is not None:
            row |= {f"vector_{kind}": vector for kind, vector in made.vectors.items()}
            row["reasons"] = json.dumps({m.value: reason for m, reason in made.reasons.items()})
            if (affect := made.affect) is not None:
                numbers = [affect.emotion[name] for name in EMOTIONS]
                numbers += [affect.neutral, affect.sentiment.positive, affect.confidence]
                row |= {"affect": numbers, "label": affect.sentiment.label}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=RETURNED)


def take(row: Mapping[str, Any], gathered: MediaBatch) -> tuple[Loaded, EncodedPost | None]:
    """A post with what became of it, as an import goes on with it.

    Parameters
    ----------
    row : mapping
        One of `RETURNED`, without the media.
    gathered : MediaBatch
        Of the same key, with or without the bytes.
    """
    draft = gathered.draft
    told: list[tuple[str, str]] = json.loads(row["notices"])
    said = [Notice(draft.number, code, message, lost=False) for code, message in told]
    notices = (*gathered.notices, *said)
    loaded = Loaded(
        draft, gathered.fingerprint, None, row["image"], row["audio"], notices, gathered.same
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
    return loaded, EncodedPost(vectors, affect, reasons)
