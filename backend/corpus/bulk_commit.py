"""Many posts at once, with all that belongs to them, in one commit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import changes, creation, remote, schema
from backend.corpus.media import checked
from backend.corpus.model_outputs import vectors_name
from backend.corpus.store import Transaction
from backend.corpus.tables import chunks, quoted
from backend.domain import Affect, Kind, Post, Reaction, User

FINGERPRINTS = "fingerprints"
REACTIONS = "reactions"
IMPORTS = "imports"
_PRINT_SCHEMA = pa.schema([("id", pa.string()), ("fingerprint", pa.string())])
_REACTION_SCHEMA = pa.schema([("user", pa.string()), ("post", pa.string()), ("kind", pa.string())])
_IMPORT_SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("source", pa.string()),
        ("format", pa.string()),
        ("bundle", pa.string()),
        ("posts", pa.int64()),
        ("time", pa.timestamp("us", tz="UTC")),
    ]
)
_USERS = 5_000  # whose vectors are made at a time


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some posts with all that was made of them.

    Attributes
    ----------
    posts : sequence of Post
    users : sequence of User
    fingerprints : mapping of str to str
        By post id; two posts with the same one are the same.
    groups : mapping of str to str
        Duplicate group by post id.
    vectors : mapping of Kind to (ids, matrix)
    predictions : mapping of str to Affect
    reactions : sequence of Reaction
    """

    posts: Sequence[Post]
    users: Sequence[User] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    vectors: changes.Vectors = field(default_factory=dict)
    predictions: Mapping[str, Affect] = field(default_factory=dict)
    reactions: Sequence[Reaction] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One import, as a corpus remembers it.

    Attributes
    ----------
    run : str
        Drawn for it; the same import is never committed twice.
    source, format, bundle : str
    posts : int
        New or changed.
    """

    run: str
    source: str
    format: str
    bundle: str
    posts: int


def commit(
    path: Path | str,
    name: str,
    record: Import,
    batches: Callable[[], Iterable[Batch]],
    *,
    users: Callable[[np.ndarray], np.ndarray],
    words: tuple[Sequence[str], np.ndarray],
    media: Path,
    named: Callable[[], Iterable[str]],
) -> None:
    """Bring an import into a corpus: all of it, or nothing.

    Parameters
    ----------
    path : pathlib.Path or str
        The corpus, a directory or a URI; made when it is not there.
    name : str
    record : Import
    batches : callable
        Gives the batches, each time from the first on.
    users : callable
        Sums of post vectors ``(n, dim)`` -> vectors of users.
    words : tuple
        Words that the corpus has no vector of, and their vectors.
    media : pathlib.Path
        The folder of the media that the posts name; they are linked, or copied.
    named : callable
        Gives the names of those media.

    Raises
    ------
    KindredError
        As `importing.fill`; the corpus is then as it was.
    """
    replaced: set[str] = set()

    def prepare(folder: Path) -> None:
        for relative in named():
            bring(media / checked(relative), folder / "media" / relative)

    def change(transaction: Transaction) -> None:
        runs = transaction.read(IMPORTS, ["run"]) if IMPORTS in transaction else None
        if runs is not None and record.run in runs["run"].to_pylist():
            return  # it was killed between its commit and saying so
        authors: set[str] = set()
        for batch in batches():
            replaced.update(_media_of(transaction, [post.id for post in batch.posts]))
            authors |= _add(transaction, record.bundle, batch)
        _place_users(transaction, record.bundle, sorted(authors), users)
        if len(words[0]):
            changes.add_vectors(transaction, record.bundle, {Kind.WORD: words})
        row = {
            "run": record.run,
            "source": record.source,
            "format": record.format,
            "bundle": record.bundle,
            "posts": record.posts,
            "time": datetime.now(UTC),
        }
        transaction.append(IMPORTS, pa.Table.from_pylist([row], schema=_IMPORT_SCHEMA))

    if isinstance(path, Path):
        creation.fill(path, name, change, prepare, lambda: _forget_media(path, replaced))
    else:
        creation.fill_remote(path, change, lambda: remote.upload(path, named(), media))
        _forget_media(path, replaced)


def _add(change: Transaction, bundle: str, batch: Batch) -> set[str]:
    """Write a batch; the users whose posts have changed."""
    ids = [post.id for post in batch.posts]
    before = change.read_in("posts", "id", ids, ["user"])["user"].to_pylist()
    changes.add_posts(change, batch.posts, users=batch.users, groups=batch.groups, replace=True)
    changes.add_vectors(change, bundle, batch.vectors)
    if batch.predictions:
        changes.add_predictions(change, bundle, batch.predictions)
    change.delete_in(FINGERPRINTS, "id", ids)
    rows = [{"id": id_, "fingerprint": batch.fingerprints.get(id_)} for id_ in ids]
    change.append(FINGERPRINTS, pa.Table.from_pylist(rows, schema=_PRINT_SCHEMA))
    _react(change, batch.reactions)
    return {user for user in (*before, *(post.user for post in batch.posts)) if user}


def _react(change: Transaction, reactions: Sequence[Reaction]) -> None:
    wanted = list(dict.fromkeys((r.user, r.post, r.kind) for r in reactions))
    if not wanted:
        return
    there: set[tuple[str, ...]] = set()
    if REACTIONS in change:
        found = change.read_in(REACTIONS, "post", [post for _, post, _ in wanted])
        there = {(r["user"], r["post"], r["kind"]) for r in found.to_pylist()}
    rows = [dict(zip(("user", "post", "kind"), r, strict=True)) for r in wanted if r not in there]
    change.append(REACTIONS, pa.Table.from_pylist(rows, schema=_REACTION_SCHEMA))


def _place_users(
    change: Transaction,
    bundle: str,
    authors: Sequence[str],
    place: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Make the vectors of users anew from all their posts."""
    table = vectors_name(bundle)
    if table not in change:
        return
    for some in chunks(authors, _USERS):
        posts = change.read_in("posts", "user", some, ["id", "user"]).sort_by("id")
        of = dict(zip(posts["id"].to_pylist(), posts["user"].to_pylist(), strict=True))
        change.delete_in(table, "id", list(some), also=f"kind = {quoted(Kind.USER)}")
        found = change.read_in(table, "id", list(of), ["id", "vector", "kind"])
        found = found.filter(pc.equal(found["kind"], Kind.POST.value)).sort_by("id")
        if not len(found):
            continue
        owners = [of[id_] for id_ in found["id"].to_pylist()]
        names = sorted(set(owners))
        row = {name: i for i, name in enumerate(names)}
        matrix = schema.to_matrix(found["vector"])
        sums = np.zeros((len(names), matrix.shape[1]), dtype=np.float32)
        np.add.at(sums, [row[owner] for owner in owners], matrix)
        changes.add_vectors(change, bundle, {Kind.USER: (names, place(sums))})


def bring(source: Path, target: Path) -> None:
    """Put a file at its place: as a link to the same bytes where the disk can do that."""
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        draft = target.with_name(f".{target.name}.part")
        shutil.copyfile(source, draft)
        draft.replace(target)


def _media_of(change: Transaction, ids: Sequence[str]) -> set[str]:
    found = change.read_in("posts", "id", ids, ["image", "audio"])
    return {name for row in found.to_pylist() for name in row.values() if name}


def _forget_media(path: Path | str, names: Collection[str]) -> None:
    """Delete the media that no post names any more."""
    if not names:
        return
    from backend.corpus.corpus import Corpus

    corpus = Corpus.open(path)
    wanted = sorted(names)
    used: set[str] = set()
    for column in ("image", "audio"):
        for some in chunks(wanted):
            used |= set(corpus.table([column], filters={column: some})[column].to_pylist())
    if not isinstance(path, Path):
        remote.forget(path, set(names) - used)
        return
    for name in set(names) - used:
        (path / "media" / checked(name)).unlink(missing_ok=True)
