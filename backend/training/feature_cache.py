"""A cache of encoder vectors, so that no training item is encoded twice."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.core.progress import Progress
from backend.domain import KindredError, Modality
from backend.media import read_media
from backend.settings import settings
from backend.text.normalise import normalise

if TYPE_CHECKING:
    from backend.encoders import Encoder


CHUNK = 64  # items encoded between two progress reports


class FeatureCache:
    """Vectors by encoder and content hash, in one SQLite file.

    Parameters
    ----------
    path : pathlib.Path, optional
        ``features.sqlite`` in the workspace's cache when not given.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or settings().home / "cache" / "features.sqlite"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS features (key BLOB PRIMARY KEY, vector BLOB)")

    def texts(
        self, encoder: Encoder, texts: Sequence[str], *, progress: Progress | None = None
    ) -> np.ndarray:
        """Return the vectors of texts, ``(n, dim)`` float32; rows of NaN where there is none."""
        return self._all(encoder, _keys(encoder, texts), texts, list, progress)

    def media(
        self, encoder: Encoder, paths: Sequence[Path], *, progress: Progress | None = None
    ) -> np.ndarray:
        """Return the vectors of image or sound files, as `texts` does."""
        which = 0 if encoder.modality is Modality.IMAGE else 1

        def decode(some: list[Any]) -> list[Any]:
            decoded = []
            for path in some:
                try:
                    decoded.append(read_media(path)[which])
                except KindredError:
                    decoded.append(None)
            return decoded

        return self._all(encoder, _keys(encoder, paths), paths, decode, progress)

    def missing(self, encoder: Encoder, items: Sequence[Any]) -> list[Any]:
        """Return the texts or files that have no vector yet; of those of one content, the last."""
        wanted = dict(zip(_keys(encoder, items), items, strict=True))
        with closing(self._connect()) as db:
            for some in _chunks(list(wanted)):
                for (key,) in db.execute(f"SELECT key {_AMONG.format(_marks(some))}", some):
                    del wanted[key]
        return list(wanted.values())

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60)

    def _all(
        self,
        encoder: Encoder,
        keys: list[bytes],
        items: Sequence[Any],
        decode: Callable[[list[Any]], list[Any]],
        progress: Progress | None,
    ) -> np.ndarray:
        vectors: dict[bytes, np.ndarray] = {}
        with closing(self._connect()) as db:
            wanted = list(dict.fromkeys(keys))
            for some in _chunks(wanted):
                rows = db.execute(f"SELECT key, vector {_AMONG.format(_marks(some))}", some)
                vectors |= {key: np.frombuffer(vector, np.float32) for key, vector in rows}
            missing = {
                key: item for key, item in zip(keys, items, strict=True) if key not in vectors
            }
            todo = list(missing.items())
            for start in range(0, len(todo), CHUNK):
                some_keys, some_items = zip(*todo[start : start + CHUNK], strict=True)
                encoded = encoder.encode(decode(list(some_items)))
                empty = np.full(encoder.dim, np.nan, dtype=np.float32)
                for key, vector in zip(some_keys, encoded.vectors, strict=True):
                    vectors[key] = empty if vector is None else vector
                with db:
                    db.executemany(
                        "INSERT OR REPLACE INTO features VALUES (?, ?)",
                        [(key, vectors[key].tobytes()) for key in some_keys],
                    )
                if progress is not None:
                    progress(min(start + CHUNK, len(todo)), len(todo))
        if not keys:
            return np.zeros((0, encoder.dim), dtype=np.float32)
        return np.stack([vectors[key] for key in keys])


_AMONG = "FROM features WHERE key IN ({})"


def _chunks(keys: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def _marks(some: list[bytes]) -> str:
    return ",".join("?" * len(some))


def _keys(encoder: Encoder, items: Sequence[Any]) -> list[bytes]:
    """Return the key of each text, or of each image or sound file."""
    name = _identity(encoder)
    if encoder.modality is not Modality.TEXT:
        return [_key(name, path.read_bytes()) for path in items]
    return [_key(name, _as_read(text)) for text in items]


@lru_cache(maxsize=2**17)  # all of a fit are asked for twice: what is missing, then the vectors
def _as_read(text: str) -> bytes:
    """Return a text as encoders read it: a vector from before they normalised is not used."""
    return normalise(text).encode("utf-8", "replace")


def _identity(encoder: Encoder) -> str:
    """Return the encoder's name, with size and time of its weights where they are files here."""
    model = encoder.name.partition("@")[2] or encoder.name.partition(":")[2]
    model = model.removesuffix(f":{encoder.modality}").removeprefix("local-dir:")
    if not model:
        return encoder.name
    path = Path(model).expanduser()
    files = sorted(path.rglob("*.safetensors")) if path.is_dir() else [path]
    marks = [f"{s.st_size}\0{s.st_mtime_ns}" for s in (f.stat() for f in files if f.is_file())]
    return "\0".join([encoder.name, *marks])


def _key(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + content).digest()
