"""How a corpus comes into being: whole, or not at all."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from backend.corpus import changes, shipped
from backend.corpus.remote import is_remote, title
from backend.corpus.store import Store, Transaction, lock
from backend.domain import KindredError


def create(uri: str, *, name: str | None = None) -> Store:
    """Make an empty corpus.

    Parameters
    ----------
    uri : str
        A directory that is not there yet or is empty, or a prefix on object
        storage.
    name : str, optional

    Returns
    -------
    Store

    Raises
    ------
    KindredError
        ``corpus_exists`` when the place is taken.
    """
    name = name or (title(uri) if is_remote(uri) else Path(uri).name)
    if not is_remote(uri):
        path = Path(uri)
        with _locked(path):
            if path.exists() and any(path.iterdir()):
                raise _taken(path)
            return _build(path, name, changes.put_empty, origin=None)
    try:
        Store.open(uri)
    except KindredError as error:
        if error.code != "no_corpus":
            raise
    else:
        raise KindredError("corpus_exists", f"There already is a corpus at {uri}.")
    store = Store.create(uri, name=name)
    with store.transaction() as change:
        changes.put_empty(change)
    return store


def import_shipped(assets: Path, path: Path, *, name: str | None = None) -> Store:
    """Open the copy of the shipped corpus at `path`; make it or bring it up to date first.

    Parameters
    ----------
    assets : pathlib.Path
        The shipped corpus.
    path : pathlib.Path
    name : str, optional

    Returns
    -------
    Store

    Raises
    ------
    KindredError
        ``damaged``, ``no_shipped_corpus``, ``corpus_version``, or
        ``corpus_exists`` when something else is at `path`.
    """
    origin = shipped.digest(assets)
    if store := _current(path, origin):
        return store
    with _locked(path):
        if store := _current(path, origin):  # another process was faster
            return store
        shipped.verify(assets)
        tables = shipped.read(assets)

        def fill(change: Transaction) -> None:
            changes.put_shipped(change, tables)

        if path.exists() and any(path.iterdir()):
            try:
                store = Store.open(str(path))
            except KindredError as error:
                raise (_taken(path) if error.code == "no_corpus" else error) from None
            with store.transaction(origin=origin) as change:
                fill(change)
            return store
        return _build(path, name or path.name, fill, origin=origin)


def _current(path: Path, origin: str) -> Store | None:
    try:
        store = Store.open(str(path))
    except KindredError as error:
        if error.code == "no_corpus":
            return None
        raise
    return store if store.head.origin == origin else None


def fill_remote(
    uri: str, change: Callable[[Transaction], None], prepare: Callable[[], None]
) -> None:
    """As `fill`, on object storage; nobody else may write there at the same time."""
    try:
        store = Store.open(uri)
    except KindredError as error:
        if error.code != "no_corpus":
            raise
        store = Store.create(uri, name=title(uri))
    prepare()
    with store.transaction() as transaction:
        if "posts" not in transaction:
            changes.put_empty(transaction)
        change(transaction)


def fill(
    path: Path,
    name: str,
    change: Callable[[Transaction], None],
    prepare: Callable[[Path], None],
    tidy: Callable[[], None] = lambda: None,
) -> None:
    """Change a corpus in one step; one that is not there is made, and appears whole.

    Parameters
    ----------
    path : pathlib.Path
    name : str
    change : callable
        Gets the transaction.
    prepare : callable
        Gets the corpus's directory first, to put files into.
    tidy : callable
        Called when it is changed, before anybody else may change it: a file that no post
        names any more must not go when another import has just found it there.

    Raises
    ------
    KindredError
        ``corpus_version``, ``corpus_busy``, ``damaged``, or ``corpus_exists``
        when something else is at `path`.
    """
    with _locked(path):
        if not path.exists() or not any(path.iterdir()):

            def first(transaction: Transaction) -> None:
                changes.put_empty(transaction)
                change(transaction)

            _build(path, name, first, origin=None, prepare=prepare)
            return
        try:
            store = Store.open(str(path))
        except KindredError as error:
            raise (_taken(path) if error.code == "no_corpus" else error) from None
        prepare(path)
        with store.transaction() as transaction:
            change(transaction)
        tidy()


def _build(
    path: Path,
    name: str,
    fill: Callable[[Transaction], None],
    *,
    origin: str | None,
    prepare: Callable[[Path], None] | None = None,
) -> Store:
    """Write a store beside `path` and move it there in one step."""
    for stale in path.parent.glob(f".{path.name}.building-*"):
        shutil.rmtree(stale)  # we hold the lock: its maker was killed
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.building-", dir=path.parent))
    try:
        if prepare is not None:
            prepare(draft)
        store = Store.create(str(draft), name=name)
        with store.transaction(origin=origin) as change:
            fill(change)
        draft.chmod(0o755)
        draft.rename(path)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise _taken(path) from None
        raise
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Store.open(str(path))


def _locked(path: Path) -> AbstractContextManager[None]:
    return lock(path.parent / f".{path.name}.lock", f"The corpus at {path}")


def _taken(path: Path) -> KindredError:
    return KindredError("corpus_exists", f"{path} is not empty; choose another place or name.")
