"""An index on disk: written once, opened page by page, extended, replaced in one step.

A folder holds ``head.json``, the manifest, and the folders that it names, none of which
ever changes::

    base-…      ids, and a hash of the vector of each
    flat-…      the vectors of the base in half precision, until there are lists
    lists-…     the same vectors, sorted into lists of neighbours
    changes-…   what was added to the base and removed from it since

Folders that the manifest does not name are left over from a killed process and are
removed by the next change. When a file differs from the manifest (size, CRC-32), the
index is written again.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from backend.core.files import write_json
from backend.corpus.store import lock
from backend.search.index.ids import Ids, LayeredIds
from backend.search.index.ivf import ListScanner
from backend.search.index.scanners import HalfScanner, LayeredScanner, Scanner, faiss
from backend.search.index.vector_index import VectorIndex

FORMAT = 1
HEAD, LOCK = "head.json", ".lock"
FLAT, ROW_HASHES, CENTRE = "flat.faiss", "prints.npy", "centre.npy"
SAMPLE, SAMPLE_VECTORS, QUERIES = "sample.npy", "near.npy", "queries.npy"
GROUPS, ADDED, REMOVED = "groups.npy", "added.npy", "removed.npy"
LISTED, BYTE_OFFSETS = "listed.faiss", "spots.npy"
_BLOCK = 2**23  # bytes read at a time
# What reading a damaged file may raise.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, RuntimeError, pa.ArrowException)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListsInfo:
    """Lists of neighbouring vectors, and the recall of searching them.

    Attributes
    ----------
    name : str
        Of their folder.
    lists, probes : int
        Number of lists, and how many of them a query reads.
    recall : float
        Share of the ten nearest vectors that were found when the lists were built.
    queries : int
        That `recall` was measured with.
    seconds : float
        Time that building took.
    """

    name: str
    lists: int
    probes: int
    recall: float
    queries: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of an index at one moment.

    Attributes
    ----------
    stamp : str
        Of the indexed vectors: `Corpus.stamp`.
    rows, dim : int
        Number of vectors that can be found, and their length.
    base : str
    flat : str or None
        None once there are lists.
    changes : str or None
    lists : ListsInfo or None
        None until they are built; until then a search compares all vectors.
    files : mapping of str to (int, int)
        Size and CRC-32 of each file, by its path in the folder.
    """

    stamp: str
    rows: int
    dim: int
    base: str
    flat: str | None = None
    changes: str | None = None
    lists: ListsInfo | None = None
    files: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def folders(self) -> set[str]:
        """Names of the folders in use."""
        lists = self.lists.name if self.lists else None
        return {name for name in (self.base, self.flat, self.changes, lists) if name}


class OnDiskIndex:
    """The index of one kind of vectors in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def head(self) -> Manifest | None:
        """Read the manifest; None when there is none that this version can read."""
        try:
            raw = json.loads((self.folder / HEAD).read_text("utf-8"))
            if raw.pop("format") != FORMAT:
                return None
            lists = raw.pop("lists")
            files = {name: (size, crc) for name, (size, crc) in raw.pop("files").items()}
            return Manifest(lists=ListsInfo(**lists) if lists else None, files=files, **raw)
        except FileNotFoundError:
            return None
        except UNREADABLE:
            log.warning("the manifest of the index at %s cannot be read", self.folder)
            return None

    def revision(self) -> tuple[int, int] | None:
        """Return a value that differs after each change of the index; cheap to call."""
        try:
            stat = (self.folder / HEAD).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino

    def open(self, stamp: str) -> VectorIndex | None:
        """Open the index of vectors that have a stamp.

        Returns
        -------
        VectorIndex or None
            None when it does not exist, has another stamp, or is damaged, which is logged.
        """
        for _ in range(2):
            head = self.head()
            if head is None or head.stamp != stamp:
                return None
            try:
                self.check(head)
                return self._opened(head)
            except UNREADABLE as error:
                if self.head() == head:  # else it was replaced during the reading
                    log.warning(
                        "the index at %s is damaged and will be written again: %s",
                        self.folder,
                        type(error).__name__,
                    )
                    return None
        return None

    def check(self, head: Manifest) -> None:
        """Compare the files with the manifest.

        Raises
        ------
        ValueError
            When a file differs.
        """
        for name, (size, crc) in head.files.items():
            path = self.folder / name
            if path.stat().st_size != size or checksum(path) != crc:
                raise ValueError(f"{name} differs from what was written")

    def _opened(self, head: Manifest) -> VectorIndex:
        base = self.folder / head.base
        keys: Ids | LayeredIds = Ids.open(base)
        sample, sample_vectors = np.load(base / SAMPLE), np.load(base / SAMPLE_VECTORS)
        scanner: Scanner
        if head.lists is None:
            scanner = HalfScanner(
                open_mapped(self.folder / str(head.flat) / FLAT), sample, sample_vectors
            )
        else:
            folder = self.folder / head.lists.name
            scanner = ListScanner(
                folder / LISTED,
                np.load(folder / BYTE_OFFSETS, mmap_mode="r"),
                probes=head.lists.probes,
                sample=sample,
                sample_vectors=sample_vectors,
            )
        groups, removed_count = base / GROUPS, 0
        if head.changes is not None:
            changes = self.folder / head.changes
            removed = np.load(changes / REMOVED)
            scanner = LayeredScanner(scanner, HalfScanner.of(np.load(changes / ADDED)), removed)
            keys = LayeredIds(Ids.open(base), Ids.open(changes), removed)
            groups, removed_count = changes / GROUPS, len(removed)
        if len(keys) != len(scanner) or len(keys) - removed_count != head.rows:
            raise ValueError("the sizes of the parts disagree")
        mean, offset = np.load(base / CENTRE)
        codes = np.load(groups) if groups.is_file() else None
        return VectorIndex.from_parts(
            keys, scanner, groups=codes, mean=mean, offset=offset, removed=removed_count
        )

    # Changes

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock that every change of the index needs."""
        with lock(self.folder / LOCK, f"The index at {self.folder}"):
            yield

    @contextmanager
    def part(self, what: str) -> Iterator[tuple[Path, str]]:
        """Yield a temporary folder and the name that it gets at the end; needs a lock."""
        for stale in self.folder.glob(f".{what}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        name = f"{what}-{secrets.token_hex(6)}"
        temporary = self.folder / f".{name}"
        temporary.mkdir()
        try:
            yield temporary, name
            temporary.rename(self.folder / name)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    def put(self, head: Manifest) -> None:
        """Replace the manifest, and remove the folders that the new one does not name."""
        files = {}
        for name in sorted(head.folders):
            for path in sorted((self.folder / name).iterdir()):
                relative = f"{name}/{path.name}"
                known = head.files.get(relative)
                files[relative] = known or (path.stat().st_size, checksum(path))
        raw = {"format": FORMAT, **asdict(head), "files": files}
        write_json(self.folder / HEAD, raw, indent=1)
        for path in self.folder.iterdir():
            if path.is_dir() and not path.name.startswith(".") and path.name not in head.folders:
                shutil.rmtree(path, ignore_errors=True)


def open_mapped(path: Path) -> Any:
    """Open a flat FAISS index whose vectors stay in the file and are read page by page."""
    return faiss().read_index(str(path), faiss().IO_FLAG_MMAP_IFC)


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file."""
    crc, block = 0, bytearray(_BLOCK)
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(block):
            crc = zlib.crc32(memoryview(block)[:n], crc)
    return crc
