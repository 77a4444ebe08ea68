"""An index on disk: made once, opened page by page, added to, replaced in one step.

A folder holds ``head.json`` and what it names, none of which ever changes::

    base-…      ids, and what each vector was made of
    flat-…      the base's vectors in half precision, until they are
    lists-…     the same, sorted into lists of near ones
    changes-…   what was added to the base and removed from it since

Whatever the head does not name is left over from a killed process and goes
with the next change. A file that is not what the head says (size, CRC-32) makes
the index one to make anew.
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
from backend.search.index.scanners import HalfScanner, Layers, Scanner, faiss
from backend.search.index.vector_index import VectorIndex

FORMAT = 1
HEAD, LOCK = "head.json", ".lock"
FLAT, PRINTS, CENTRE = "flat.faiss", "prints.npy", "centre.npy"
SAMPLE, NEAR, QUERIES = "sample.npy", "near.npy", "queries.npy"
GROUPS, ADDED, REMOVED = "groups.npy", "added.npy", "removed.npy"
LISTED, SPOTS = "listed.faiss", "spots.npy"
_BLOCK = 2**23  # bytes read at a time
# What reading a file that is not what it should be may end in.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, RuntimeError, pa.ArrowException)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListsInfo:
    """Lists of near vectors, and how well they find.

    Attributes
    ----------
    name : str
        Of their folder.
    lists, probes : int
        How many there are; how many are read for a query.
    recall : float
        Share of the ten nearest that were found, over `queries` queries,
        when they were made.
    queries : int
    seconds : float
        That making them took.
    """

    name: str
    lists: int
    probes: int
    recall: float
    queries: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index is at one moment.

    Attributes
    ----------
    stamp : str
        Of the vectors that it holds: `Corpus.stamp`.
    rows, dim : int
        Vectors that can be found, and their length.
    base : str
    flat : str or None
        None once there are lists.
    changes : str or None
    lists : ListsInfo or None
        None until they are made; all vectors are then compared.
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
        """Names of the folders that count."""
        lists = self.lists.name if self.lists else None
        return {name for name in (self.base, self.flat, self.changes, lists) if name}


class OnDiskIndex:
    """The index of one kind of vectors in a folder.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def head(self) -> Manifest | None:
        """What there is; None when there is nothing that this version can read."""
        try:
            told = json.loads((self.folder / HEAD).read_text("utf-8"))
            if told.pop("format") != FORMAT:
                return None
            lists = told.pop("lists")
            files = {name: (size, crc) for name, (size, crc) in told.pop("files").items()}
            return Manifest(lists=ListsInfo(**lists) if lists else None, files=files, **told)
        except FileNotFoundError:
            return None
        except UNREADABLE:
            log.warning("the index at %s has a head that cannot be read", self.folder)
            return None

    def mark(self) -> tuple[int, int] | None:
        """Another one after each change of the index; costs next to nothing."""
        try:
            found = (self.folder / HEAD).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def open(self, stamp: str) -> VectorIndex | None:
        """Open the index of vectors that have a stamp.

        Parameters
        ----------
        stamp : str

        Returns
        -------
        VectorIndex or None
            None when it is not there, is one of other vectors, or is damaged,
            which the log then says.
        """
        for _ in range(2):
            head = self.head()
            if head is None or head.stamp != stamp:
                return None
            try:
                self.check(head)
                return self._opened(head)
            except UNREADABLE as error:
                if self.head() == head:  # or it was replaced while we read
                    log.warning(
                        "the index at %s is damaged and will be made anew: %s",
                        self.folder,
                        type(error).__name__,
                    )
                    return None
        return None

    def check(self, head: Manifest) -> None:
        """Compare the files with what the head says of them.

        Raises
        ------
        ValueError
            For one that is another.
        """
        for name, (size, crc) in head.files.items():
            path = self.folder / name
            if path.stat().st_size != size or checksum(path) != crc:
                raise ValueError(f"{name} is not what was written")

    def _opened(self, head: Manifest) -> VectorIndex:
        base = self.folder / head.base
        keys: Ids | LayeredIds = Ids.open(base)
        sample, near = np.load(base / SAMPLE), np.load(base / NEAR)
        scanner: Scanner
        if head.lists is None:
            scanner = HalfScanner(mapped(self.folder / str(head.flat) / FLAT), sample, near)
        else:
            folder = self.folder / head.lists.name
            scanner = ListScanner(
                folder / LISTED,
                np.load(folder / SPOTS, mmap_mode="r"),
                probes=head.lists.probes,
                sample=sample,
                near=near,
            )
        groups, gone = base / GROUPS, 0
        if head.changes is not None:
            changes = self.folder / head.changes
            removed = np.load(changes / REMOVED)
            scanner = Layers(scanner, HalfScanner.of(np.load(changes / ADDED)), removed)
            keys = LayeredIds(Ids.open(base), Ids.open(changes), removed)
            groups, gone = changes / GROUPS, len(removed)
        if len(keys) != len(scanner) or len(keys) - gone != head.rows:
            raise ValueError("the parts are not of one size")
        mean, offset = np.load(base / CENTRE)
        codes = np.load(groups) if groups.is_file() else None
        return VectorIndex.over(keys, scanner, groups=codes, mean=mean, offset=offset, removed=gone)

    # Changing it

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one who changes the head."""
        with lock(self.folder / LOCK, f"The index at {self.folder}"):
            yield

    @contextmanager
    def part(self, what: str) -> Iterator[tuple[Path, str]]:
        """A folder to write to, and its name once it is whole; holders of a lock only."""
        for stale in self.folder.glob(f".{what}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        name = f"{what}-{secrets.token_hex(6)}"
        draft = self.folder / f".{name}"
        draft.mkdir()
        try:
            yield draft, name
            draft.rename(self.folder / name)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def put(self, head: Manifest) -> None:
        """Make a head the one that counts, and drop what it does not name."""
        files = {}
        for name in sorted(head.folders):
            for path in sorted((self.folder / name).iterdir()):
                relative = f"{name}/{path.name}"
                known = head.files.get(relative)
                files[relative] = known or (path.stat().st_size, checksum(path))
        told = {"format": FORMAT, **asdict(head), "files": files}
        write_json(self.folder / HEAD, told, indent=1)
        for path in self.folder.iterdir():
            if path.is_dir() and not path.name.startswith(".") and path.name not in head.folders:
                shutil.rmtree(path, ignore_errors=True)


def mapped(path: Path) -> Any:
    """A flat FAISS index whose vectors stay in the file and are read page by page."""
    return faiss().read_index(str(path), faiss().IO_FLAG_MMAP_IFC)


def checksum(path: Path) -> int:
    """CRC-32 of a file."""
    crc, block = 0, bytearray(_BLOCK)
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(block):
            crc = zlib.crc32(memoryview(block)[:n], crc)
    return crc
