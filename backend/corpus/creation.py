"""Create, load and change corpora, each in one atomic step."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from pathlib import Path

from backend.corpus import changes, shipped
from backend.corpus.remote import corpus_title, is_remote
from backend.corpus.store import Store, Transaction, lock
from backend.domain import KindredError


def create(uri: str, *, name: str | None = None) -> Store:
    """Create an empty corpus in a new or empty place; see `Corpus.create`."""
    name = name or (corpus_title(uri) if is_remote(uri) else Path(uri).name)
    if not is_remote(uri):
        path = Path(uri)
        with _locked(path):
            if _is_taken(path):
                raise _path_taken(path)
            return _build(path, name, changes.put_empty, origin=None)
    try:
        Store.open(uri)
    except KindredError as error:
        if error.code != "no_corpus":
            raise
    else:
        raise KindredError(
            "corpus_exists", f"There is already a corpus at {uri}; choose another place."
        )
    store = Store.create(uri, name=name)
    with store.transaction() as change:
        changes.put_empty(change)
    return store


def import_shipped(assets: Path, path: Path, *, name: str | None = None) -> Store:
    """Open the copy of the shipped corpus at `path`; see `Corpus.import_shipped`."""
    origin = shipped.digest(assets)
    if store := _open_if_current(path, origin):
        return store
    with _locked(path):
        if store := _open_if_current(path, origin):  # another process was faster
            return store
        shipped.verify(assets)
        put_shipped = partial(changes.put_shipped, shipped=shipped.read(assets))
        if _is_taken(path):
            store = _open_existing(path)
            if store.head.origin is not None:
                with store.transaction(origin=origin) as change:
                    put_shipped(change)
                return store
            _make_way(store, path)
        return _build(path, name or path.name, put_shipped, origin=origin)


def _make_way(store: Store, path: Path) -> None:
    """Rename a corpus of the user's that is older than the shipped one of its name."""
    numbered = (path.with_name(f"{path.name}-{n}") for n in count(2))
    new = next(candidate for candidate in numbered if not candidate.exists())
    with store.transaction(name=new.name):
        pass
    path.rename(new)


def _open_if_current(path: Path, origin: str) -> Store | None:
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
    """As `fill`, on object storage; no other process may write there at the same time."""
    try:
        store = Store.open(uri)
    except KindredError as error:
        if error.code != "no_corpus":
            raise
        store = Store.create(uri, name=corpus_title(uri))
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
    clean_up: Callable[[], None] = lambda: None,
) -> None:
    """Change a corpus in one step; create it, whole, if it does not exist.

    Parameters
    ----------
    path : pathlib.Path
    name : str
    change : callable
        Called with the transaction.
    prepare : callable
        Called first, with the directory of the corpus, to add files.
    clean_up : callable
        Called after the change and before the lock is released: unused files must not be
        deleted while another import is starting to use them.

    Raises
    ------
    KindredError
        ``corpus_version``, ``corpus_busy``, ``damaged``, or ``corpus_exists``
        when something else is at `path`.
    """
    with _locked(path):
        if not _is_taken(path):

            def first(transaction: Transaction) -> None:
                changes.put_empty(transaction)
                change(transaction)

            _build(path, name, first, origin=None, prepare=prepare)
            return
        store = _open_existing(path)
        prepare(path)
        with store.transaction() as transaction:
            change(transaction)
        clean_up()


def _build(
    path: Path,
    name: str,
    fill: Callable[[Transaction], None],
    *,
    origin: str | None,
    prepare: Callable[[Path], None] | None = None,
) -> Store:
    """Write a store next to `path`, then rename it in one step."""
    for stale in path.parent.glob(f".{path.name}.building-*"):
        shutil.rmtree(stale)  # we hold the lock: the process that made it was killed
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.building-", dir=path.parent))
    try:
        if prepare is not None:
            prepare(temporary)
        store = Store.create(str(temporary), name=name)
        with store.transaction(origin=origin) as change:
            fill(change)
        temporary.chmod(0o755)
        temporary.rename(path)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise _path_taken(path) from None
        raise
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Store.open(str(path))


def _is_taken(path: Path) -> bool:
    return path.exists() and any(path.iterdir())


def _open_existing(path: Path) -> Store:
    """Open the store in a directory that is not empty."""
    try:
        return Store.open(str(path))
    except KindredError as error:
        raise (_path_taken(path) if error.code == "no_corpus" else error) from None


def _locked(path: Path) -> AbstractContextManager[None]:
    return lock(path.parent / f".{path.name}.lock", f"The corpus at {path}")


def _path_taken(path: Path) -> KindredError:
    return KindredError("corpus_exists", f"{path} is not empty; choose another place or name.")
