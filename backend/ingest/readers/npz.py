"""NumPy's ``.npz`` read without having its arrays in memory: packed, they may be of any size."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from backend.domain import KindredError
from backend.ingest.readers.time_limit import check_time
from backend.settings import settings

_SMALL = 2**24  # bytes, which may grow by any factor
_BLOCK = 2**20


def arrays(path: Path, label: str) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name, each on disk.

    Raises
    ------
    KindredError
        ``bad_vectors`` for one that would grow beyond the limit.
    Exception
        What `zipfile` and `numpy` raise for a damaged file.
    """
    ratio, found = settings().limits.archive_ratio, {}
    with zipfile.ZipFile(path) as packed:
        for info in packed.infolist():
            check_time()
            if not info.filename.endswith(".npy"):
                continue
            if info.file_size > max(_SMALL, ratio * info.compress_size):
                raise KindredError(
                    "bad_vectors", f"{label} grows more than {ratio} times, the limit (a bomb?)."
                )
            with packed.open(info) as source, tempfile.NamedTemporaryFile(suffix=".npy") as target:
                _copy(source, target)
                name = info.filename.removesuffix(".npy")
                # What is mapped stays when its name goes.
                found[name] = np.load(target.name, mmap_mode="r", allow_pickle=False)
    return found


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(_BLOCK):
        check_time()
        target.write(block)
    target.flush()
