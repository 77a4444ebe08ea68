"""Uploaded files that are to be imported: where they are stored, and for how long."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from backend.domain import KindredError

PREFIX = "upload-"
DAY = 24 * 60 * 60  # seconds that an upload is kept which nobody checks or imports
NAME_BYTES = 255  # the limit of file systems
_FORBIDDEN = re.compile(r'[\x00-\x1f\\:*?"<>|]')
_ENDING = re.compile(r"(\.[^.\s]{1,8}){1,2}$")  # .jpg, .csv.gz

Parts = tuple[str, ...]


def keep(folder: Path, files: Sequence[tuple[str, bytes]]) -> Path:
    """Store uploaded files in a folder of their own.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the folders of all uploads.
    files : sequence of (str, bytes)
        Names and contents, at least one.

    Returns
    -------
    pathlib.Path
        The file, or the folder of several.

    Raises
    ------
    KindredError
        ``not_stored``.
    """
    names = [name for name, _ in files]
    upload = folder / f"{PREFIX}{secrets.token_hex(8)}"
    if len(files) == 1:
        source = upload / "one" / _clean(_parts(names[0])[-1])
        paths = [source]
    else:
        source = upload / _clean(_parts(names[0])[0])
        paths = [source.joinpath(*parts) for parts in storage_paths(names)]
    try:
        for path, (_, data) in zip(paths, files, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:  # never overwrite, even on a case-insensitive file system
                file.write(data)
    except OSError as error:
        shutil.rmtree(upload, ignore_errors=True)
        message = f"The files could not be stored: {error.strerror}."
        raise KindredError("not_stored", message) from error
    return source


def clear(folder: Path, in_use: Collection[str]) -> None:
    """Delete the uploads that nobody has used for a day.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the folders of all uploads.
    in_use : collection of str
        Names of the folders that imports still read.
    """
    for upload in folder.glob(f"{PREFIX}*"):
        try:
            old = time.time() - upload.stat().st_mtime > DAY
        except FileNotFoundError:
            continue  # another process has just deleted it
        if old and upload.name not in in_use:
            shutil.rmtree(upload, ignore_errors=True)


def storage_paths(names: Sequence[str]) -> list[Parts]:
    """Return a safe, unique path for each of several uploaded files.

    Tables refer to media by their names, so names are kept where that is possible. Characters
    that file systems refuse are removed, long names are cut before the ending, and names that
    clash get a number. A folder that holds all files is left out.

    Parameters
    ----------
    names : sequence of str
        Including folders.

    Returns
    -------
    list of tuple of str
        The parts of each path, in the order of `names`.

    Examples
    --------
    >>> storage_paths(["x/1.jpg", "y/1.jpg", "y/1?.jpg"])
    [('x', '1.jpg'), ('y', '1.jpg'), ('y', '1-2.jpg')]
    >>> storage_paths(["x/posts.csv", "x/media/1.jpg"])
    [('posts.csv',), ('media', '1.jpg')]
    """
    originals = [_parts(name) for name in names]
    if all(len(parts) > 1 and parts[0] == originals[0][0] for parts in originals):
        originals = [parts[1:] for parts in originals]
    folders: dict[Parts, Parts] = {(): ()}
    taken: dict[Parts, int] = {}
    paths: list[Parts] = [()] * len(originals)

    def rank(i: int) -> list[tuple[bool, str]]:
        # Names that need no change come first, at each level; otherwise the order of files in
        # the browser would decide which of two gets the number.
        return [(_clean(part) != part, part) for part in originals[i]]

    for i in sorted(range(len(originals)), key=rank):
        *parents, name = originals[i]
        parent: Parts = ()
        for part in parents:
            parent = (*parent, part)
            if parent not in folders:
                folders[parent] = _free(folders[parent[:-1]], part, taken)
        paths[i] = _free(folders[parent], name, taken)
    return paths


def _free(folder: Parts, name: str, taken: dict[Parts, int]) -> Parts:
    """Reserve a path that no other file or folder has."""
    first = path = (*folder, _clean(name))
    while path in taken:
        taken[first] += 1
        path = (*folder, _clean(name, taken[first]))
    taken[path] = 1
    return path


def _parts(name: str) -> Parts:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return tuple(p for p in parts if p.strip("/") and p not in ("..", ".")) or ("upload",)


def _clean(part: str, number: int = 1) -> str:
    """Return a part of a path that can be stored; a number from 2 goes before the ending."""
    name = _FORBIDDEN.sub("", part.encode("utf-8", "ignore").decode())  # drops lone surrogates
    if not name.strip(". ") or (name.startswith(".") and not part.startswith(".")):
        name = f"upload{name.strip()}"  # empty, or hidden only because of what was removed
    ending = match[0] if (match := _ENDING.search(name)) else ""
    suffix = f"-{number}" if number > 1 else ""
    room = NAME_BYTES - len((suffix + ending).encode())
    stem = name.removesuffix(ending).encode()[:room].decode("utf-8", "ignore")
    return stem + suffix + ending
