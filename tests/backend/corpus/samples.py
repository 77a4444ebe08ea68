"""A small shipped corpus, in the form of the real one."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.domain import EMOTIONS, KindredError, Post

BUNDLE = "tiny-1"
DIM = 16
WORDS = ["storm", "sunset", "people", "cat", "joyful", "mourning", "sea", "winter"]
TEXTS = [
    "A storm over the sea",
    "Tout le monde rit au soleil",
    "Der Regen hört nicht auf",
    "猫が窓辺で眠っている",
    'He said "no" and it\'s over',
    "Свадьба в деревне",
]
LANGUAGES = ["en", "fr", "de", "ja", "en", "ru"]


TEXT_POST = Post(
    id="mine:1",
    text='It\'s "here"; DROP TABLE posts -- 雨',
    user="me:anna",
    time=datetime(2030, 1, 1, tzinfo=UTC),
    language="en",
    tags=("rain", "storm"),
    labels={"mood": "low"},
    licence="CC0-1.0",
    source="me",
)


def code(error: pytest.ExceptionInfo[KindredError]) -> str:
    return error.value.code


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_checksums(folder: Path) -> None:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "checksums.json")
    (folder / "checksums.json").write_text(
        json.dumps({str(p.relative_to(folder)): sha256(p) for p in files})
    )


def unit(rows: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((rows, DIM)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def vectors(kinds: dict[str, list[str]], seed: int = 0) -> pa.Table:
    ids = [i for kind in kinds for i in kinds[kind]]
    flat = pa.array(unit(len(ids), seed).astype(np.float16).ravel())
    return pa.table(
        {
            "id": ids,
            "kind": [kind for kind in kinds for _ in kinds[kind]],
            "vector": pa.FixedSizeListArray.from_arrays(flat, DIM),
        }
    )


def made_posts(folder: Path, posts: int) -> list[dict[str, Any]]:
    """Make rows of posts by seven users, and write their media."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = []
    for i in range(posts):
        image = f"art/{i:03d}.webp" if i % 2 else None
        audio = f"beeps/{i:03d}.flac" if i % 5 == 0 else None
        for relative in filter(None, (image, audio)):
            file = folder / "media" / relative
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(f"medium {i}".encode())
        rows.append(
            {
                "id": f"art-{i:03d}",
                "text": TEXTS[i % len(TEXTS)] + f" {i}" if i % 7 else None,
                "image": image if i % 7 or audio else f"art/{(i // 2) * 2 + 1:03d}.webp",
                "audio": audio,
                "user": f"art:user{i % 7}" if i % 6 else None,
                "time": start + timedelta(hours=5 * i) if i % 4 else None,
                "language": LANGUAGES[i % len(LANGUAGES)] if i % 7 else None,
                "title": f"Piece {i}",
                "tags": [WORDS[i % len(WORDS)], WORDS[(i // 3) % len(WORDS)]],
                "labels": json.dumps({"folder": "a" if i % 2 else "b"}),
                "licence": "CC0-1.0",
                "source": "art" if i % 3 else "beeps",
                "url": None,
                "group": f"g{i // 2}" if i < 10 else f"g{i}",
            }
        )
    return rows


def write_predictions(rows: list[dict[str, Any]], path: Path, rng: np.random.Generator) -> None:
    """Write predictions of posts."""
    posts = len(rows)
    emotion = rng.random((posts, len(EMOTIONS))).astype(np.float32)
    positive = rng.random(posts).astype(np.float32)
    label = np.where(positive < 0.4, "negative", np.where(positive > 0.6, "positive", "neutral"))
    pq.write_table(
        pa.table(
            {
                "id": [r["id"] for r in reversed(rows)],  # in another order than the posts
                **{e: emotion[:, i] for i, e in enumerate(EMOTIONS)},
                "neutral": rng.random(posts).astype(np.float32),
                "positive": positive,
                "label": label,
                "confidence": rng.random(posts).astype(np.float32),
            }
        ),
        path,
    )


def make_shipped(folder: Path, *, posts: int = 60, bundle: str = BUNDLE, seed: int = 0) -> Path:
    """Write a corpus of `posts` posts by seven users into `folder`."""
    rng = np.random.default_rng(seed)
    rows = made_posts(folder, posts)
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "posts.parquet")
    users = sorted({row["user"] for row in rows if row["user"]})
    pq.write_table(
        pa.table(
            {
                "id": users,
                "name": [u.split(":")[1].title() for u in users],
                "posts": [sum(row["user"] == u for row in rows) for u in users],
                "source": ["art"] * len(users),
                "tags": [["storm"]] * len(users),
            }
        ),
        folder / "users.parquet",
    )
    (folder / "vectors").mkdir(exist_ok=True)
    (folder / "predictions").mkdir(exist_ok=True)
    pq.write_table(
        vectors(
            {
                "text": [r["id"] for r in rows if r["text"]],
                "image": [r["id"] for r in rows if r["image"]],
                "audio": [r["id"] for r in rows if r["audio"]],
                "post": [r["id"] for r in rows],
                "user": users,
                "word": WORDS,
            },
            seed,
        ),
        folder / "vectors" / f"{bundle}.parquet",
    )
    write_predictions(rows, folder / "predictions" / f"{bundle}.parquet", rng)
    write_checksums(folder)
    return folder
