"""JTAV's own data: a folder in the ShutterSong layout as a `LabelledDataset`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.classifiers.dataset import LabelledDataset, grouped_folds
from backend.domain import KindredError
from backend.encoders import lexicons
from backend.ingest.readers import shuttersong
from backend.ingest.readers.archives import open_tree
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.columns import normalise
from backend.word_spaces.vocabulary import parts

POLES = ("negative", "positive")


def read(folder: Path) -> LabelledDataset:
    """Read the posts of a ShutterSong folder whose mood is positive or negative.

    The paper divided its 272 moods "manually" and did not publish the list. Here the sign
    is VADER's of the mood's words, and neutral moods are left out. Songs are groups: posts
    with the same lyrics share a fold.

    Raises
    ------
    KindredError
        ``not_shuttersong``.
    """
    rows = songs(folder)
    signs = lexicons.vader([row.get("mood", "") for row in rows])[:, 0] if rows else np.zeros(0)
    kept = [i for i, row in enumerate(rows) if row.get("mood") and signs[i]]
    if not kept:
        raise KindredError("not_shuttersong", f"{folder} has no post with a mood that has a sign.")
    both = [parts([rows[i].get("lyrics", ""), rows[i].get("caption", "")]) for i in kept]
    labels = np.array([signs[i] > 0 for i in kept], dtype=np.int64)
    groups = [rows[i].get("lyrics") or rows[i]["audio"] or rows[i]["id"] for i in kept]
    codes = np.unique(groups, return_inverse=True)[1].astype(str)
    return LabelledDataset(
        name="ShutterSong moods",
        texts=[long for long, _ in both],
        supports=[short for _, short in both],
        images=[file_in(folder, rows[i]["image"]) for i in kept],
        audios=[file_in(folder, rows[i]["audio"]) for i in kept],
        labels=labels,
        classes=POLES,
        folds=grouped_folds(codes, labels),
        groups=codes,
        tested=np.ones(len(kept), dtype=bool),
        note=f"ShutterSong in {folder}; the sign of a mood is VADER's; songs held out",
    )


def songs(folder: Path) -> list[dict[str, str]]:
    """Read all posts: ``id, image, audio, caption, lyrics, mood``; media as paths in the folder.

    Raises
    ------
    KindredError
        ``not_shuttersong``.
    """
    if not folder.is_dir():
        raise KindredError("not_shuttersong", f"There is no folder {folder}.")
    tree = open_tree(folder)
    if shuttersong.matches(tree) is None:
        raise KindredError(
            "not_shuttersong",
            f"{folder} is not in the ShutterSong layout: a table with lyrics and moods, or folders "
            "images, songs, lyrics, captions with the same file names. Other data can be imported "
            "(python -m backend ingest) and used as a corpus.",
        )
    return [_plain(row) for row in shuttersong.read(tree, Options()) if row.error is None]


def _plain(row: Row) -> dict[str, str]:
    cells = {normalise(column): str(value or "") for column, value in row.cells.items()}
    names = {
        "id": ("id",),
        "image": ("image", "imagefile", "photo", "picture"),
        "audio": ("audio", "song", "songclip", "clip", "audiofile"),
        "caption": ("caption", "captions", "text"),
        "lyrics": ("lyrics", "lyric"),
        "mood": ("mood", "moodtag", "moods", "label", "emotion", "tag"),
    }
    values = {
        name: next((cells[k] for k in keys if cells.get(k)), "") for name, keys in names.items()
    }
    return values | {"id": values["id"] or str(row.number)}


def file_in(folder: Path, name: str) -> Path | None:
    """Return the path of a file that a row names, or None where there is no such file."""
    path = folder / name.lstrip("/")
    return path if name and path.is_file() else None
