"""Corpora on object storage: locations and media.

LanceDB reads and writes the tables, Arrow's file systems the media. Both take
credentials and endpoint from the usual variables of the environment
(``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``,
``AWS_ENDPOINT_URL``, and ``AWS_ALLOW_HTTP=true`` for a server without TLS).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.core.files import atomic_write, write_atomically
from backend.corpus.media import MediaFolders, checked_path
from backend.domain import KindredError
from backend.settings import settings

_READ = 2**20


def is_remote(uri: str) -> bool:
    """Whether `uri` names object storage rather than a local directory."""
    return "://" in uri


def corpus_location(home: Path, name: str) -> Path | str:
    """Return the location of a corpus: a folder of the workspace, or a URI given as name."""
    return name if is_remote(name) else home / "corpora" / name


def corpus_title(name: str) -> str:
    """Return the title of a corpus: its name, or the last part of a URI."""
    return name.rstrip("/").rpartition("/")[2] if is_remote(name) else name


@dataclass(frozen=True, slots=True)
class RemoteMedia:
    """The media of a corpus on object storage; files that are read are cached locally.

    Attributes
    ----------
    uri : str
        Of the corpus.
    roots : tuple
        Empty: no local folder belongs to the corpus.
    """

    uri: str
    roots: tuple[Path, ...] = ()

    def find(self, relative: str) -> Path:
        """Return a local copy of the file that a post's ``image`` or ``audio`` names.

        Raises
        ------
        KindredError
            ``bad_media_path``, or ``no_media`` when there is no such file.
        """
        name = str(checked_path(relative))
        cached = _cache(self.uri) / name
        if cached.is_file():
            return cached
        files, base = _files(self.uri)
        try:
            with files.open_input_file(f"{base}/media/{name}") as file:
                data = file.readall()
        except FileNotFoundError:
            raise KindredError("no_media", f"The corpus has no media file {relative!r}.") from None
        except OSError as error:
            raise _unreachable(self.uri, error) from error
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(cached, data, needed=True)
        return cached

    def new(self, relative: str) -> Path:
        """Refuse: single files cannot be written to object storage.

        Raises
        ------
        KindredError
            ``no_media_folder``.
        """
        raise KindredError(
            "no_media_folder",
            f"{checked_path(relative)} cannot be written: add posts to a corpus on object storage "
            "with an import.",
        )


def media_at(uri: str, *more: Path) -> MediaFolders | RemoteMedia:
    """Return the media of the corpus at `uri`; folders in `more` are searched after its own."""
    return RemoteMedia(uri) if is_remote(uri) else MediaFolders((Path(uri) / "media", *more))


def upload(uri: str, names: Iterable[str], folder: Path) -> None:
    """Upload media to a corpus on object storage; skip files that are complete there.

    Parameters
    ----------
    uri : str
        Of the corpus.
    names : iterable of str
        Relative to `folder`, and named by their content.
    folder : pathlib.Path

    Raises
    ------
    KindredError
        ``unreachable``.
    """
    from concurrent.futures import ThreadPoolExecutor

    files, base = _files(uri)
    wanted = sorted({str(checked_path(name)) for name in names})

    def upload_file(name: str) -> None:
        target = f"{base}/media/{name}"
        data = (folder / name).read_bytes()  # first: an open stream would leave an empty object
        existing = files.get_file_info(target)
        if existing.is_file and existing.size == len(data):  # another size: an upload was cut off
            return
        with files.open_output_stream(target) as file:
            file.write(data)

    try:
        with ThreadPoolExecutor(16) as pool:  # bound by the network, not by cores
            list(pool.map(upload_file, wanted))
    except OSError as error:
        raise _unreachable(uri, error) from error


def delete_media(uri: str, names: Iterable[str]) -> None:
    """Delete media of a corpus on object storage."""
    files, base = _files(uri)
    for name in names:
        target = f"{base}/media/{checked_path(name)}"
        if files.get_file_info(target).is_file:
            files.delete_file(target)


def fetch(uri: str, folder: Path) -> Path:
    """Copy a file, or all files under a prefix, from object storage.

    Parameters
    ----------
    uri : str
    folder : pathlib.Path
        Local folder.

    Returns
    -------
    pathlib.Path
        The copy, without other files. Existing files with the same size and time are
        not copied again.

    Raises
    ------
    KindredError
        ``no_source`` when there is nothing at `uri`; ``unreachable``.
    """
    from pyarrow.fs import FileSelector

    files, base = _files(uri)
    try:
        entry = files.get_file_info(base)
        entries = (
            [entry] if entry.is_file else files.get_file_info(FileSelector(base, recursive=True))
        )
    except FileNotFoundError:
        entries = []
    except OSError as error:
        raise _unreachable(uri, error) from error
    entries = [info for info in entries if info.is_file]
    if not entries:
        raise KindredError("no_source", f"There is no file at {uri}.")
    parent = base.rpartition("/")[0]
    targets = {folder / checked_path(i.path.removeprefix(parent).lstrip("/")): i for i in entries}
    root = folder / base.rpartition("/")[2]
    try:
        _remove_others(root, set(targets))
        for target, info in targets.items():
            _copy(files, info, target)
    except OSError as error:
        raise _unreachable(uri, error) from error
    return root


def _remove_others(root: Path, targets: set[Path]) -> None:
    """Remove files of an earlier copy that are not in this one."""
    for path in sorted([root, *root.rglob("*")], reverse=True):  # folders after their contents
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # it is not empty
                path.rmdir()
        elif path not in targets:
            path.unlink(missing_ok=True)


def _copy(files: Any, info: Any, target: Path) -> None:
    """Copy a file with its modification time, unless it exists."""
    if target.is_file():
        existing = target.stat()
        if (existing.st_size, existing.st_mtime_ns) == (info.size, info.mtime_ns):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target, needed=True) as temporary:
        with files.open_input_file(info.path) as source, temporary.open("wb") as copy:
            while data := source.read(_READ):
                copy.write(data)
        if info.mtime_ns is not None:
            os.utime(temporary, ns=(info.mtime_ns, info.mtime_ns))


def _files(uri: str) -> tuple[Any, str]:
    """Return the file system of a URI and the path in it."""
    import pyarrow as pa
    from pyarrow.fs import FileSystem

    try:
        files, path = FileSystem.from_uri(uri.rstrip("/"))
        if not path:
            raise ValueError("it names no bucket")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise KindredError(
            "bad_uri", f"{uri[:100]!r} is not a location on object storage: {error}."
        ) from None
    return files, path


def _cache(uri: str) -> Path:
    return settings().home / "cache" / "media" / hashlib.sha256(uri.encode()).hexdigest()[:16]


def _unreachable(uri: str, error: Exception) -> KindredError:
    return KindredError("unreachable", f"{uri} cannot be read or written: {str(error)[:200]}.")
