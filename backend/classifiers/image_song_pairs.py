"""Images with songs and texts about both, for image2song (JTAV, Liang et al. 2018, sec. 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.classifiers import shuttersong
from backend.classifiers.dataset import grouped_folds
from backend.settings import ASSETS

# The "lyrics" of a stamp: its caption in another language.
LYRICS = "fr"


@dataclass(frozen=True, slots=True, eq=False)
class Songs:
    """Posts with an image and a song.

    Attributes
    ----------
    name : str
    images, audios : list of pathlib.Path or None
    captions, lyrics : list of str
    songs, folds : numpy.ndarray
        ``(n,)`` str and int64.
    tested : numpy.ndarray
        ``(n,)`` bool.
    note : str
    """

    name: str
    images: list[Path | None]
    audios: list[Path | None]
    captions: list[str]
    lyrics: list[str]
    songs: np.ndarray
    folds: np.ndarray
    tested: np.ndarray
    note: str


def stamps(folds: int, assets: Path = ASSETS) -> Songs:
    """Read Tux Paint: queries of image and English caption, candidates of sound and French."""
    texts: dict[str, dict[str, str]] = {}
    for row in pq.read_table(assets / "labels" / "tuxpaint_captions.parquet").to_pylist():
        texts.setdefault(row["post"], {})[row["lang"]] = row["caption"]
    table = pq.read_table(
        assets / "corpus" / "posts.parquet", columns=["id", "image", "audio", "source", "group"]
    )
    rows = [r for r in table.to_pylist() if r["source"] == "tuxpaint" and r["image"]]
    media = assets / "corpus" / "media"
    groups = [r["group"] or r["id"] for r in rows]
    audios = [media / r["audio"] if r["audio"] else None for r in rows]
    tested = np.array([a is not None for a in audios])
    return Songs(
        name="Tux Paint",
        images=[media / r["image"] for r in rows],
        audios=audios,
        captions=[texts.get(r["id"], {}).get("en", "") for r in rows],
        lyrics=[texts.get(r["id"], {}).get(LYRICS, "") for r in rows],
        songs=np.array(groups),
        folds=grouped_folds(groups, tested.astype(np.int64), count=folds),
        tested=tested,
        note="queries: image (I) and English caption (C); candidates: sound effect (S) and French "
        "caption (L, in place of lyrics) of the stamps with sound in a fold",
    )


def shutter(folder: Path, folds: int) -> Songs:
    """Read ShutterSong, with songs held out as in the paper's first dataset."""
    rows = [r for r in shuttersong.songs(folder) if r["image"] and (r["audio"] or r["lyrics"])]
    names = np.array([r["lyrics"] or r["audio"] for r in rows])
    tested = np.ones(len(rows), dtype=bool)
    return Songs(
        name="ShutterSong",
        images=[shuttersong.file_in(folder, r["image"]) for r in rows],
        audios=[shuttersong.file_in(folder, r["audio"]) for r in rows],
        captions=[r["caption"] for r in rows],
        lyrics=[r["lyrics"] for r in rows],
        songs=np.unique(names, return_inverse=True)[1].astype(str),
        folds=grouped_folds(names, tested.astype(np.int64), count=folds),
        tested=tested,
        note=f"ShutterSong in {folder}; songs held out",
    )
