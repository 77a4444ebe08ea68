"""Corpora on object storage: where they are, and their media.

Tables are read and written there by LanceDB, media by Arrow's file systems.
Both take credentials and endpoint from the usual variables of the environment
(``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``,
``AWS_ENDPOINT_URL``, and ``AWS_ALLOW_HTTP=true`` for a server without TLS).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.corpus.media import MediaFolders, checked
from backend.domain import KindredError
from backend.settings import settings

_READ = 2**20


def is_remote(uri: str) -> bool:
    """Whether `uri` names object storage rather than a local directory."""
    return "://" in uri


def place(home: Path, name: str) -> Path | str:
    """Where the corpus of a name is: in a workspace, or at the URI that the name is."""
    return name if is_remote(name) else home / "corpora" / name


def title(name: str) -> str:
    """What to call a corpus: the last part of a URI."""
    return name.rstrip("/").rpartition("/")[2] if is_remote(name) else name


@dataclass(frozen=True, slots=True)
class RemoteMedia:
    """The media of a corpus on object storage; what is read is kept on this machine.

    Attributes
    ----------
    uri : str
        Of the corpus.
    roots : tuple
        Empty: no folder of this machine belongs to the corpus.
    """

    uri: str
    roots: tuple[Path, ...] = ()

    def find(self, relative: str) -> Path:
        """A copy of the file behind a post's ``image`` or ``audio``.

        Raises
        ------
        KindredError
            ``bad_media_path``, or ``no_media`` when there is no such file.
        """
        name = str(checked(relative))
        kept = _cache(self.uri) / name
        if kept.is_file():
            return kept
        files, base = _files(self.uri)
        try:
            with files.open_input_file(f"{base}/media/{name}") as file:
                data = file.readall()
        except FileNotFoundError:
            raise KindredError("no_media", f"The corpus has no media file {relative!r}.") from None
        except OSError as error:
            raise _unreachable(self.uri, error) from error
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}")
        draft.write_bytes(data)
        draft.replace(kept)
        return kept

    def new(self, relative: str) -> Path:
        """Refuse: single media are not written to object storage.

        Raises
        ------
        KindredError
            ``no_media_folder``.
        """
        raise KindredError(
            "no_media_folder",
            f"{checked(relative)} is not written: bring posts to a corpus on object storage with "
            "an import.",
        )


def media_at(uri: str, *more: Path) -> MediaFolders | RemoteMedia:
    """The media of the corpus at a place; `more` are searched after its own."""
    return RemoteMedia(uri) if is_remote(uri) else MediaFolders((Path(uri) / "media", *more))


def upload(uri: str, names: Iterable[str], folder: Path) -> None:
    """Bring media to a corpus on object storage; those that are there whole stay.

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
    wanted = sorted({str(checked(name)) for name in names})

    def bring(name: str) -> None:
        target = f"{base}/media/{name}"
        data = (folder / name).read_bytes()  # first: a stream that is open leaves an object
        there = files.get_file_info(target)
        if there.is_file and there.size == len(data):  # another length: a writer was cut off
            return
        with files.open_output_stream(target) as file:
            file.write(data)

    try:
        with ThreadPoolExecutor(16) as pool:  # waits for the network, not for a core
            list(pool.map(bring, wanted))
    except OSError as error:
        raise _unreachable(uri, error) from error


def forget(uri: str, names: Iterable[str]) -> None:
    """Delete media of a corpus on object storage."""
    files, base = _files(uri)
    for name in names:
        target = f"{base}/media/{checked(name)}"
        if files.get_file_info(target).is_file:
            files.delete_file(target)


def fetch(uri: str, folder: Path) -> Path:
    """Copy a file, or all below a prefix, from object storage.

    Parameters
    ----------
    uri : str
    folder : pathlib.Path
        Of this machine.

    Returns
    -------
    pathlib.Path
        The copy, and nothing else; files that are there with the same length and
        time are not copied again.

    Raises
    ------
    KindredError
        ``no_source`` when there is nothing at `uri`; ``unreachable``.
    """
    from pyarrow.fs import FileSelector

    files, base = _files(uri)
    try:
        found = files.get_file_info(base)
        listed = (
            [found] if found.is_file else files.get_file_info(FileSelector(base, recursive=True))
        )
    except FileNotFoundError:
        listed = []
    except OSError as error:
        raise _unreachable(uri, error) from error
    listed = [info for info in listed if info.is_file]
    if not listed:
        raise KindredError("no_source", f"There is nothing at {uri}.")
    parent = base.rpartition("/")[0]
    wanted = {folder / checked(i.path.removeprefix(parent).lstrip("/")): i for i in listed}
    root = folder / base.rpartition("/")[2]
    try:
        _only(root, set(wanted))
        for target, info in wanted.items():
            _copy(files, info, target)
    except OSError as error:
        raise _unreachable(uri, error) from error
    return root


def _only(root: Path, wanted: set[Path]) -> None:
    """Remove what an earlier copy has and this one has not."""
    for path in sorted([root, *root.rglob("*")], reverse=True):  # folders after what is in them
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # it is not empty
                path.rmdir()
        elif path not in wanted:
            path.unlink(missing_ok=True)


def _copy(files: Any, info: Any, target: Path) -> None:
    """Copy a file, with its time, unless it is there."""
    if target.is_file():
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (info.size, info.mtime_ns):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    with files.open_input_file(info.path) as source, draft.open("wb") as copy:
        while data := source.read(_READ):
            copy.write(data)
    if info.mtime_ns is not None:
        os.utime(draft, ns=(info.mtime_ns, info.mtime_ns))
    draft.replace(target)


def _files(uri: str) -> tuple[Any, str]:
    """The file system of a URI and the path in it."""
    import pyarrow as pa
    from pyarrow.fs import FileSystem

    try:
        files, path = FileSystem.from_uri(uri.rstrip("/"))
        if not path:
            raise ValueError("it names no bucket")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise KindredError(
            "bad_uri", f"{uri[:100]!r} is no place on object storage: {error}."
        ) from None
    return files, path


def _cache(uri: str) -> Path:
    return settings().home / "cache" / "media" / hashlib.sha256(uri.encode()).hexdigest()[:16]


def _unreachable(uri: str, error: Exception) -> KindredError:
    return KindredError("unreachable", f"{uri} cannot be read or written: {str(error)[:200]}.")
