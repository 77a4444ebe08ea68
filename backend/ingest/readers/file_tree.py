"""A source as a tree of files: a folder or one file; archives are in `archives`.

Nothing outside of the source can be reached through it: no ``..``, no link, no
absolute path. What is left out for that reason is listed in `Tree.refused`.
"""

from __future__ import annotations

import lzma
import os
import re
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from backend.domain import KindredError
from backend.media.errors import in_units
from backend.settings import settings

DRIVE = re.compile(r"^[A-Za-z]:")
# What archivers and file managers leave behind.
JUNK = re.compile(
    r"(^|/)(__MACOSX|\.(?!\.(?:/|$))[^/]*|Thumbs\.db|desktop\.ini)(/|$)", re.IGNORECASE
)

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")  # how people name what `open_tree` opens


class Tree(ABC):
    """The files of a source.

    Attributes
    ----------
    path : pathlib.Path
    sizes : dict of str to int
        Bytes by name; names are relative, with ``/``.
    refused : list of tuple of str
        Names that are left out, each with the reason.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sizes: dict[str, int] = {}
        self.refused: list[tuple[str, str]] = []
        self._by_base: dict[str, str | None] | None = None
        self._looked = 0  # entries of an archive, those that are left out too

    @property
    def name(self) -> str:
        """What the source is called, without its ending."""
        return self.path.stem.removesuffix(".tar")

    @abstractmethod
    def _open(self, name: str) -> IO[bytes]:
        """Open a file that is in `sizes`."""

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file of the tree.

        Raises
        ------
        KindredError
            ``no_file`` or ``unreadable``.
        """
        if name not in self.sizes:
            raise KindredError("no_file", f"There is no file {name[:120]!r} in the source.")
        try:
            with self._open(name) as file:
                yield file
        except (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise KindredError("unreadable", f"{name} cannot be read: {error}.") from error
        except (zlib.error, lzma.LZMAError) as error:
            raise KindredError("unreadable", f"{name} is damaged in its archive.") from error
        except RuntimeError as error:  # what zipfile raises for a password
            if "password" not in str(error) and "encrypted" not in str(error):
                raise
            raise KindredError(
                "encrypted", f"{name} is locked with a password; pack it again without one."
            ) from error

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Read a file whole.

        Parameters
        ----------
        name : str
        limit : int, optional
            Bytes; ``file_bytes`` of the limits when not given.

        Raises
        ------
        KindredError
            ``too_large``, and as `open`.
        """
        limit = limit or settings().limits.file_bytes
        with self.open(name) as file:
            # What the directory of an archive says of a size is not believed.
            data = b"" if self.sizes[name] > limit else file.read(limit + 1)
        if max(len(data), self.sizes[name]) > limit:
            raise KindredError(
                "too_large",
                f"{name} has {in_units(max(len(data), self.sizes[name]))} and the limit is "
                f"{in_units(limit)}.",
            )
        return data

    def head(self, name: str, size: int = 2**16) -> bytes:
        """The first bytes of a file."""
        with self.open(name) as file:
            return file.read(size)

    def find(self, given: str, beside: str = "") -> str:
        """The name of the file that a table means.

        Parameters
        ----------
        given : str
            A path as somebody wrote it: relative to the table, to the source,
            or to a disk that is not here; then its last part counts, if only
            one file has it.
        beside : str
            Name of the table.

        Returns
        -------
        str

        Raises
        ------
        KindredError
            ``bad_media_path`` for one that leads out of the source,
            ``no_media`` when there is no such file.
        """
        shown = given[:120]
        if any(ord(c) < 32 for c in given):
            raise KindredError("bad_media_path", f"{shown!r} is not a path.")
        text = given.strip().replace("\\", "/")
        foreign = text.startswith(("/", "file:")) or bool(DRIVE.match(text))
        parts = [p for p in text.split("/") if p not in ("", ".")]
        if ".." in parts:
            raise KindredError("bad_media_path", f"{shown!r} leads out of the source.")
        if parts and text.startswith("/") and "/".join(parts) in self.sizes:
            return "/".join(parts)  # from the root of the source
        if parts and not foreign:
            folder = PurePosixPath(beside).parent.parts
            for start in range(len(folder), -1, -1):
                name = "/".join((*folder[:start], *parts))
                if name in self.sizes:
                    return name
        if parts and (found := self._bases().get(parts[-1].casefold())):
            return found
        raise KindredError("no_media", f"There is no file {shown!r} in the source.")

    def _bases(self) -> dict[str, str | None]:
        if self._by_base is None:
            self._by_base = {}
            for name in self.sizes:
                base = name.rpartition("/")[2].casefold()
                self._by_base[base] = None if base in self._by_base else name
        return self._by_base

    def names(self, *endings: str) -> list[str]:
        """Names of the files that end so, shallow ones first."""
        found = [n for n in self.sizes if not endings or n.lower().endswith(endings)]
        return sorted(found, key=lambda n: (n.count("/"), n))

    def stamp(self) -> str:
        """A text that differs when the source has changed."""
        return repr([*sorted(self.sizes.items()), self._times()])

    @abstractmethod
    def _times(self) -> list[int]:
        """When its files were written, for `stamp`."""

    def close(self) -> None:  # noqa: B027 - a folder has nothing to close
        """Let go of open files."""

    def _count(self) -> None:
        limit = settings().limits.archive_files
        if max(len(self.sizes) + len(self.refused), self._looked) > limit:
            raise KindredError(
                "too_many_files",
                f"The source has more than {limit:,} files, the limit; import it in parts.",
            )


class Folder(Tree):
    """A folder, or one file in it."""

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
                    told = (base / name).lstat()
                except OSError as error:
                    self.refused.append((relative, f"it cannot be read: {error.strerror}"))
                    continue
                if stat.S_ISLNK(told.st_mode):
                    self.refused.append((relative, "it is a link, which is not followed"))
                elif name in files and not stat.S_ISREG(told.st_mode):
                    self.refused.append((relative, "it is no regular file"))
                elif name in files and writable(relative):
                    self.sizes[relative] = told.st_size
                self._count()
            folders[:] = sorted(f for f in folders if not (base / f).is_symlink())

    def _open(self, name: str) -> IO[bytes]:
        # The last part may have become a link since; a pipe would block.
        handle = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError("it is no regular file")
        return os.fdopen(handle, "rb")

    def _times(self) -> list[int]:
        return [(self._root / name).stat().st_mtime_ns for name in sorted(self.sizes)]


def writable(name: str) -> bool:
    """Whether a name can be told to anybody: no lone surrogates, which stand for bad bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
