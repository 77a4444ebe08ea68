"""A source as a tree of files: a folder or a single file. For archives see `archives`.

Nothing outside the source is reachable: links, absolute paths and ``..`` are
refused and listed in `Tree.refused`.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote

from backend.domain import KindredError
from backend.ingest.readers import compressed
from backend.ingest.readers.time_limit import check_time
from backend.media.errors import in_units
from backend.settings import settings

DRIVE = re.compile(r"^[A-Za-z]:")
# Files that archivers and file managers leave behind.
JUNK = re.compile(
    r"(^|/)(__MACOSX|\.(?!\.(?:/|$))[^/]*|Thumbs\.db|desktop\.ini)(/|$)", re.IGNORECASE
)

# Names of folders that say nothing of their files but what they are.
# fmt: off
_MEDIA_FOLDERS = frozenset((
    "image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pics", "media",
    "audio", "audios", "sound", "sounds", "wav", "wavs", "video", "videos", "files", "data",
    "assets", "attachments", "uploads", "downloads", "bilder", "fotos",
))
# fmt: on

# Usual extensions of the archives that `open_tree` opens.
ARCHIVES = (
    ".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tar.bz2", ".tbz2",
)  # fmt: skip
# An ending that says what a file holds, below that of its compression.
_TOLD = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,6}$")


class Tree(ABC):
    """The files of a source.

    Attributes
    ----------
    path : pathlib.Path
    sizes : dict of str to int
        Size in bytes by name; names are relative, with ``/``.
    refused : list of tuple of str
        Names of files left out, each with the reason.
    opened : set of str
        Names of the files that were read, rather than only looked into.
    left_out : dict of (str, str) to int
        How many things of a file are left out on purpose, by file and what they are.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sizes: dict[str, int] = {}
        self.refused: list[tuple[str, str]] = []
        self.opened: set[str] = set()
        self.left_out: dict[tuple[str, str], int] = {}
        self._stamps: list[str] = []  # of these archives
        self._mounted: dict[str, tuple[Tree, str]] = {}  # archives inside a folder
        self._packed: dict[str, str] = {}  # name without the ending of its compression: name
        self._sorted: dict[str, list[str]] | None = None  # by the last part of their endings
        self._by_base: dict[str, list[str]] | None = None
        self._folders: set[str] | None = None
        self._entries_seen = 0  # entries of an archive, including those left out

    @property
    def name(self) -> str:
        """Name of the source without its extension."""
        return self.path.stem.removesuffix(".tar")

    @abstractmethod
    def _open(self, name: str) -> IO[bytes]:
        """Open a file listed in `sizes`."""

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file of the tree.

        Raises
        ------
        KindredError
            ``no_file`` or ``unreadable``.
        """
        if name not in self.sizes:
            raise KindredError("no_file", f"The source has no file {name[:120]!r}.")
        self.opened.add(name)
        if name in self._mounted:
            tree, inner = self._mounted[name]
            with tree.open(inner) as file:
                yield file
            return
        try:
            with self._open(self._packed.get(name, name)) as file:
                if name in self._packed:
                    yield compressed.unpacked(file, self._packed[name], self.sizes[name])
                else:
                    yield file
        except (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise KindredError("unreadable", f"{name} cannot be read: {error}.") from error
        except compressed.ERRORS as error:
            raise KindredError(
                "unreadable",
                f"{name} is damaged in its archive; pack or download the archive again.",
            ) from error
        except RuntimeError as error:  # zipfile raises it for a password
            if "password" not in str(error) and "encrypted" not in str(error):
                raise
            raise KindredError(
                "encrypted", f"{name} is protected with a password; pack it again without one."
            ) from error

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Read a file whole.

        Parameters
        ----------
        name : str
        limit : int, optional
            Bytes. Default: ``file_bytes`` of the limits.

        Raises
        ------
        KindredError
            ``too_large``, and as `open`.
        """
        limit = limit or settings().limits.file_bytes
        with self.open(name) as file:
            # Do not trust the size in the directory of an archive.
            data = b"" if self.sizes[name] > limit else file.read(limit + 1)
        if max(len(data), self.sizes[name]) > limit:
            raise KindredError(
                "too_large",
                f"{name} has {in_units(max(len(data), self.sizes[name]))} and the limit is "
                f"{in_units(limit)}.",
            )
        return data

    def head(self, name: str, size: int = 2**16) -> bytes:
        """Return the first bytes of a file."""
        was_read = name in self.opened
        with self.open(name) as file:
            data = file.read(size)
        if not was_read:
            self.opened.discard(name)
        return data

    def leave_out(self, file: str, what: str, count: int = 1) -> None:
        """Note what is left out of a file on purpose, such as ``direct messages``."""
        self.left_out[file, what] = self.left_out.get((file, what), 0) + count

    def mount(self, name: str, tree: Tree) -> None:
        """List what is in an archive of this tree under the name of the archive."""
        self._stamps.append(tree.stamp())
        del self.sizes[name]
        self._sorted = None
        for inner, size in tree.sizes.items():
            self._mounted[f"{name}/{inner}"] = tree, inner
            self.sizes[f"{name}/{inner}"] = size
        self.refused += [(f"{name}/{inner}", reason) for inner, reason in tree.refused]
        self._check_count()

    def refuse(self, name: str, reason: str) -> None:
        """Leave out a file that was listed."""
        self.refused.append((name[:120], reason))
        del self.sizes[name]
        self._sorted = None

    def unpack(self) -> None:
        """List compressed files under the names of what is in them.

        A file whose name does not say what is in it gets the ending of JSON lines or CSV.
        """
        self._sorted = None
        for name in [n for n in self.sizes if n.lower().endswith(compressed.ENDINGS)]:
            inner = name.rpartition(".")[0]
            if inner.lower().endswith(".tar") or inner in self.sizes:
                continue
            self._packed[inner] = name
            self.sizes[inner] = self.sizes.pop(name)
            if not _TOLD.search(inner):
                try:
                    start = self.head(inner, 64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
                except KindredError as error:
                    self.refused.append((name[:120], error.message))
                    del self._packed[inner], self.sizes[inner]
                    continue
                name_with_ending = f"{inner}.jsonl" if start in (b"{", b"[") else f"{inner}.csv"
                self._packed[name_with_ending] = self._packed.pop(inner)
                self.sizes[name_with_ending] = self.sizes.pop(inner)

    def find(self, path: str, beside: str = "") -> str:
        """Resolve a path in a table to the name of a file of the source.

        Parameters
        ----------
        path : str
            Relative to the table or to the source, or on another machine; then the file
            is taken whose path ends like it, if there is exactly one.
        beside : str
            Name of the table that contains the path.

        Raises
        ------
        KindredError
            ``bad_media_path`` for a path out of the source, ``no_media`` when there is no
            such file, ``several_media`` when there are several.
        """
        shown = path[:120]
        if any(ord(c) < 32 for c in path):
            raise KindredError("bad_media_path", f"{shown!r} is not a path.")
        text = path.strip().replace("\\", "/")
        is_elsewhere = text.startswith(("/", "file:")) or bool(DRIVE.match(text))
        parts = [p for p in text.split("/") if p not in ("", ".")]
        if ".." in parts:
            raise KindredError("bad_media_path", f"{shown!r} leads out of the source.")
        if parts and text.startswith("/") and "/".join(parts) in self.sizes:
            return "/".join(parts)  # from the root of the source
        if parts and not is_elsewhere:
            folder = PurePosixPath(beside).parent.parts
            for start in range(len(folder), -1, -1):
                name = "/".join((*folder[:start], *parts))
                if name in self.sizes:
                    return name
        if parts:
            matches = self._by_ending(parts)
            if len(matches) == 1:
                return matches[0]
            if matches:
                raise KindredError(
                    "several_media",
                    f"The source has {len(matches)} files that {shown!r} may mean, such as "
                    f"{matches[0]} and {matches[1]}; write more of the path.",
                )
        raise KindredError(
            "no_media", f"The source has no file {shown!r}; add it, or correct the path."
        )

    def _by_ending(self, parts: list[str]) -> list[str]:
        """Return the files whose paths have the longest ending in common with a path."""
        wanted = [_folded(part) for part in parts]
        candidates = self._names_by_base().get(wanted[-1], [])
        if not candidates and "%" in parts[-1]:
            wanted = [_folded(unquote(part)) for part in parts]
            candidates = self._names_by_base().get(wanted[-1], [])
        common = {name: _common_ending(_folded(name).split("/"), wanted) for name in candidates}
        most = max(common.values(), default=0)
        best = [name for name in candidates if common[name] == most]
        if most < len(wanted):
            best = [name for name in best if not self._contradicts(name, wanted, most)]
        if len(best) > 1 and (exact := [n for n in best if n.endswith("/".join(parts))]):
            best = exact  # they differ by case alone
        return best

    def _contradicts(self, name: str, wanted: list[str], common: int) -> bool:
        """Whether a file lies in another folder than a path says.

        Folders above may be of another machine. A folder that the source has, and that
        stands in the path right above what is missing, is not.
        """
        folders = _folded(name).split("/")[:-common]
        above = wanted[: len(wanted) - common]
        if not folders or folders == ["."]:
            return False  # the file lies at the top: the source begins below the path
        if self._folders is None:
            self._folders = {f for n in self.sizes for f in _folded(n).split("/")[:-1]}
        if any(folder in self._folders for folder in above):
            return True
        return folders[-1] not in _MEDIA_FOLDERS

    def _names_by_base(self) -> dict[str, list[str]]:
        if self._by_base is None:
            self._by_base = {}
            for name in self.sizes:
                self._by_base.setdefault(_folded(name.rpartition("/")[2]), []).append(name)
        return self._by_base

    def names(self, *endings: str) -> list[str]:
        """Return the names of files with these endings, those in outer folders first."""
        if not endings:
            return sorted(self.sizes, key=_order)
        # Every format asks, and an archive may hold hundreds of thousands of files.
        parts = {ending.rpartition(".")[2] for ending in endings}
        is_any = not all("." in ending for ending in endings)
        chosen = [g for part, g in self._names_by_ending().items() if is_any or part in parts]
        names = [n for group in chosen for n in group if n.lower().endswith(endings)]
        return sorted(names, key=_order) if len(chosen) > 1 else names

    def _names_by_ending(self) -> dict[str, list[str]]:
        """Return the names by what is after their last dot, each list in order."""
        if self._sorted is None:
            self._sorted = {}
            for name in sorted(self.sizes, key=_order):
                self._sorted.setdefault(name.rpartition(".")[2].lower(), []).append(name)
        return self._sorted

    def stamp(self) -> str:
        """Return a text that changes with the source."""
        return repr([*sorted(self.sizes.items()), self._times(), *self._stamps])

    @abstractmethod
    def _times(self) -> list[int]:
        """Return the modification times of its files, or their checksums, for `stamp`."""

    def close(self) -> None:
        """Close open files."""
        for tree in {id(tree): tree for tree, _ in self._mounted.values()}.values():
            tree.close()

    def _check_count(self) -> None:
        check_time()
        limit = settings().limits.archive_files
        if max(len(self.sizes) + len(self.refused), self._entries_seen) > limit:
            raise KindredError(
                "too_many_files",
                f"The source has more than {limit:,} files, the limit; import it in parts.",
            )


class Folder(Tree):
    """A folder, or a single file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._root = path if path.is_dir() else path.parent
        if path.is_dir():
            self._walk()
        else:
            self.sizes[path.name] = path.stat().st_size

    def _walk(self) -> None:
        for folder, folders, files in os.walk(self._root, followlinks=False):
            base = Path(folder)
            for name in (*folders, *files):
                relative = (base / name).relative_to(self._root).as_posix()
                if JUNK.search(relative):
                    continue
                try:
                    info = (base / name).lstat()
                except OSError as error:
                    self.refused.append((relative, f"it cannot be read: {error.strerror}"))
                    continue
                if stat.S_ISLNK(info.st_mode):
                    self.refused.append((relative, "it is a link; links are not followed"))
                elif name in files and not stat.S_ISREG(info.st_mode):
                    self.refused.append((relative, "it is no regular file"))
                elif name in files and is_encodable(relative):
                    self.sizes[relative] = info.st_size
                self._check_count()
            folders[:] = sorted(f for f in folders if not (base / f).is_symlink())

    def _open(self, name: str) -> IO[bytes]:
        # It may have become a link since then, and a pipe would block.
        descriptor = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError("it is no regular file")
        return os.fdopen(descriptor, "rb")

    def _times(self) -> list[int]:
        own = sorted(self.sizes.keys() - self._mounted.keys())
        files = (self._root / self._packed.get(name, name) for name in own)
        return [file.stat().st_mtime_ns for file in files]


def _order(name: str) -> tuple[int, str]:
    return name.count("/"), name


def _folded(path: str) -> str:
    """Return a path in one form: whatever its case, and however its accents are written."""
    return path.casefold() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _common_ending(parts: list[str], others: list[str]) -> int:
    """Return how many parts two paths have in common, from the last one on."""
    pairs = zip(reversed(parts), reversed(others), strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(parts), len(others)))


def is_encodable(name: str) -> bool:
    """Whether a text can be encoded: it has no lone surrogates, which stand for bad bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
