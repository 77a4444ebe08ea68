"""Uploads that are brought to be imported: where each of their files lies, and until when."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from backend.domain import KindredError

PREFIX = "upload-"
DAY = 24 * 60 * 60  # seconds that an upload is kept which nobody looks at or imports
NAME_BYTES = 255  # what file systems allow
_ODD = re.compile(r'[\x00-\x1f\\:*?"<>|]')
_ENDING = re.compile(r"(\.[^.\s]{1,8}){1,2}$")  # .jpg, .csv.gz

Parts = tuple[str, ...]


def keep(folder: Path, files: Sequence[tuple[str, bytes]]) -> Path:
    """Store uploaded files in a stage of their own.

    Parameters
    ----------
    folder : pathlib.Path
        Of all stages.
    files : sequence of (str, bytes)
        At least one.

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
    stage = folder / f"{PREFIX}{secrets.token_hex(8)}"
    if len(files) == 1:
        source = stage / "one" / _clean(_parts(names[0])[-1])
        paths = [source]
    else:
        source = stage / _clean(_parts(names[0])[0])
        paths = [source.joinpath(*parts) for parts in places(names)]
    try:
        for path, (_, data) in zip(paths, files, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:  # never over another, whatever the file system thinks
                file.write(data)
    except OSError as error:
        shutil.rmtree(stage, ignore_errors=True)
        raise KindredError(
            "not_stored", f"The files could not be stored: {error.strerror}."
        ) from error
    return source


def clear(folder: Path, named: Collection[str]) -> None:
    """Delete the stages that nobody has looked at for a day.

    Parameters
    ----------
    folder : pathlib.Path
        Of all stages.
    named : collection of str
        Names of stages that imports still read.
    """
    for stage in folder.glob(f"{PREFIX}*"):
        try:
            old = time.time() - stage.stat().st_mtime > DAY
        except FileNotFoundError:
            continue  # somebody else has just deleted it
        if old and stage.name not in named:
            shutil.rmtree(stage, ignore_errors=True)


def places(names: Sequence[str]) -> list[Parts]:
    """Where several uploaded files go: each to a place of its own, leading nowhere else.

    Tables refer to media by their names, so a name stays as it is where that is
    possible. Odd characters go, what is too long is cut before its ending, and
    what is called like another one then gets a number. The folder that all
    files lie in is left out.

    Parameters
    ----------
    names : sequence of str
        With the folders in them.

    Returns
    -------
    list of tuple of str
        Parts of a path, in the order of `names`.

    Examples
    --------
    >>> places(["x/1.jpg", "y/1.jpg", "y/1?.jpg"])
    [('x', '1.jpg'), ('y', '1.jpg'), ('y', '1-2.jpg')]
    >>> places(["x/posts.csv", "x/media/1.jpg"])
    [('posts.csv',), ('media', '1.jpg')]
    """
    given = [_parts(name) for name in names]
    if all(len(parts) > 1 and parts[0] == given[0][0] for parts in given):
        given = [parts[1:] for parts in given]
    folders: dict[Parts, Parts] = {(): ()}
    taken: dict[Parts, int] = {}
    found: list[Parts] = [()] * len(given)

    def rank(i: int) -> list[tuple[bool, str]]:
        # Names that can stay choose first, at each level; otherwise the order of files in
        # the browser would say which of two gets the number.
        return [(_clean(part) != part, part) for part in given[i]]

    for i in sorted(range(len(given)), key=rank):
        *above, name = given[i]
        here: Parts = ()
        for part in above:
            here = (*here, part)
            if here not in folders:
                folders[here] = _free(folders[here[:-1]], part, taken)
        found[i] = _free(folders[here], name, taken)
    return found


def _free(folder: Parts, name: str, taken: dict[Parts, int]) -> Parts:
    """Take a path that no other file or folder has."""
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
    """A part of a path as it can be stored; a number of 2 or more goes before the ending."""
    made = _ODD.sub("", part.encode("utf-8", "ignore").decode())  # lone surrogates go, too
    if not made.strip(". ") or (made.startswith(".") and not part.startswith(".")):
        made = f"upload{made.strip()}"  # nothing is left of it, or what would make it hidden
    ending = found[0] if (found := _ENDING.search(made)) else ""
    mark = f"-{number}" if number > 1 else ""
    room = NAME_BYTES - len((mark + ending).encode())
    stem = made.removesuffix(ending).encode()[:room].decode("utf-8", "ignore")
    return stem + mark + ending
