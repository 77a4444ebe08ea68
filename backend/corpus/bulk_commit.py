"""Commit an import: many posts with their vectors, predictions and media at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.files import atomic_write
from backend.corpus import changes, creation, readings, remote, schema
from backend.corpus.media import checked_path
from backend.corpus.model_outputs import OWN, REACTIONS, vectors_name
from backend.corpus.store import Transaction
from backend.corpus.tables import chunks, quoted
from backend.domain import Affect, Kind, Post, Reaction, User

if TYPE_CHECKING:
    from backend.corpus.corpus import Corpus

FINGERPRINTS = "fingerprints"
IMPORTS = "imports"
_FINGERPRINT_SCHEMA = pa.schema([("id", pa.string()), ("fingerprint", pa.string())])
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
_USERS_AT_A_TIME, _POSTS_AT_A_TIME = 5_000, 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Posts with their users, vectors, predictions and reactions.

    Attributes
    ----------
    posts : sequence of Post
    users : sequence of User
    fingerprints : mapping of str to str
        By post id; equal for posts with equal content.
    groups : mapping of str to str
        Duplicate group by post id.
    vectors : mapping of Kind to (ids, matrix)
    predictions : mapping of str to Affect
    reactions : sequence of Reaction
    readings : mapping of str to mapping
        By post id and modality.
    """

    posts: Sequence[Post]
    users: Sequence[User] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    vectors: changes.Vectors = field(default_factory=dict)
    predictions: Mapping[str, Affect] = field(default_factory=dict)
    reactions: Sequence[Reaction] = ()
    readings: Mapping[str, readings.PostReadings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Import:
    """The record of an import in a corpus.

    Attributes
    ----------
    run : str
        Random id; an import is never committed twice.
    source, format, bundle : str
    posts : int
        Number of new or changed posts.
    """

    run: str
    source: str
    format: str
    bundle: str
    posts: int


@dataclass(frozen=True, slots=True, eq=False)
class ImportData:
    """Everything that an import adds to a corpus.

    Attributes
    ----------
    batches : callable
        Yield the batches; each call starts with the first.
    user_vectors : callable
        User vectors ``(n, dim)`` from sums of post vectors ``(n, dim)``.
    words : tuple
        Words and their vectors.
    media : pathlib.Path
        Folder of the media of the posts; they are linked, or copied.
    media_names : callable
        Yield the names of those media.
    side_tables : mapping of str to pyarrow.Table
        Written as a whole.
    """

    batches: Callable[[], Iterable[Batch]]
    user_vectors: Callable[[np.ndarray], np.ndarray]
    words: tuple[Sequence[str], np.ndarray]
    media: Path
    media_names: Callable[[], Iterable[str]]
    side_tables: Mapping[str, pa.Table] = field(default_factory=dict)


def commit(path: Path | str, name: str, record: Import, data: ImportData) -> None:
    """Commit an import to a corpus: all of it, or nothing.

    Parameters
    ----------
    path : pathlib.Path or str
        Directory or URI of the corpus; created if it does not exist.
    name : str
    record : Import
    data : ImportData

    Raises
    ------
    KindredError
        As `creation.fill`; the corpus is then unchanged.
    """
    replaced: set[str] = set()

    def prepare(folder: Path) -> None:
        for relative in data.media_names():
            link_or_copy(data.media / checked_path(relative), folder / "media" / relative)

    def change(transaction: Transaction) -> None:
        runs = transaction.read(IMPORTS, ["run"]) if IMPORTS in transaction else None
        if runs is not None and record.run in runs["run"].to_pylist():
            return  # committed before, but killed before it was marked as done
        authors, given = set[str](), set[str]()  # given: users who brought a vector
        for batch in data.batches():
            ids = [post.id for post in batch.posts]
            before = transaction.read_in("posts", "id", ids, ["user", "image", "audio"])
            replaced.update(schema.media_names(before))
            authors |= {user for user in before["user"].to_pylist() if user}
            authors |= {post.user for post in batch.posts if post.user}
            _add_batch(transaction, record.bundle, batch)
            given |= set(batch.vectors.get(Kind.USER, ((),))[0])
        _update_user_vectors(transaction, record.bundle, sorted(authors - given), data.user_vectors)
        for table, rows in data.side_tables.items():
            transaction.put(table, rows)
        if len(data.words[0]):
            changes.add_vectors(transaction, record.bundle, {Kind.WORD: data.words})
        row = asdict(record) | {"time": datetime.now(UTC)}
        transaction.append(IMPORTS, pa.Table.from_pylist([row], schema=_IMPORT_SCHEMA))

    if isinstance(path, Path):
        creation.fill(path, name, change, prepare, lambda: _delete_unused_media(path, replaced))
    else:
        creation.fill_remote(
            path, change, lambda: remote.upload(path, data.media_names(), data.media)
        )
        _delete_unused_media(path, replaced)


def commit_readings(
    corpus: Corpus,
    bundle: str,
    batch: Batch,
    user_vectors: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Commit readings of existing posts, with the vectors and predictions that they change.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    batch : Batch
        Posts, readings, vectors and predictions; the posts themselves stay as they are.
    user_vectors : callable
        As for `ImportData`.

    Raises
    ------
    KindredError
        As `Corpus.add`; the corpus is then unchanged.
    """
    authors = sorted({post.user for post in batch.posts if post.user})
    with corpus.transaction() as transaction:
        readings.add(transaction, batch.readings)
        changes.add_vectors(transaction, bundle, batch.vectors)
        if batch.predictions:
            changes.add_predictions(transaction, bundle, batch.predictions)
        if batch.vectors:
            _update_user_vectors(transaction, bundle, authors, user_vectors)
    corpus.refresh()


def commit_vectors(
    corpus: Corpus,
    bundle: str,
    vectors: changes.Vectors,
    predictions: Mapping[str, Affect],
    *,
    users: Sequence[str] = (),
    user_vectors: Callable[[np.ndarray], np.ndarray] | None = None,
    words: tuple[Sequence[str], np.ndarray] | None = None,
) -> None:
    """Commit outputs of a bundle for existing posts.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    vectors : mapping of Kind to (ids, matrix)
    predictions : mapping of str to Affect
    users : sequence of str
        Whose vectors are computed from those of their posts, by `user_vectors`.
    user_vectors : callable, optional
        As for `ImportData`.
    words : tuple, optional
        Words and their vectors.

    Raises
    ------
    KindredError
        As `Corpus.add`; the corpus is then unchanged.
    """
    with corpus.transaction() as transaction:
        changes.add_vectors(transaction, bundle, vectors)
        if predictions:
            changes.add_predictions(transaction, bundle, predictions)
        if user_vectors is not None:
            _update_user_vectors(transaction, bundle, users, user_vectors)
        if words is not None and len(words[0]):
            changes.add_vectors(transaction, bundle, {Kind.WORD: words})
    corpus.refresh()


def _add_batch(change: Transaction, bundle: str, batch: Batch) -> None:
    ids = [post.id for post in batch.posts]
    changes.add_posts(
        change,
        batch.posts,
        users=batch.users,
        groups=batch.groups,
        replace=True,
        bare=bundle == OWN,
    )
    changes.add_vectors(change, bundle, batch.vectors)
    readings.add(change, batch.readings)
    if batch.predictions:
        changes.add_predictions(change, bundle, batch.predictions)
    change.delete_in(FINGERPRINTS, "id", ids)
    rows = [{"id": id_, "fingerprint": batch.fingerprints.get(id_)} for id_ in ids]
    change.append(FINGERPRINTS, pa.Table.from_pylist(rows, schema=_FINGERPRINT_SCHEMA))
    _add_reactions(change, batch.reactions)


def _add_reactions(change: Transaction, reactions: Sequence[Reaction]) -> None:
    keys = list(dict.fromkeys((r.user, r.post, r.kind) for r in reactions))
    if not keys:
        return
    existing: set[tuple[str, ...]] = set()
    if REACTIONS in change:
        before = change.read_in(REACTIONS, "post", [post for _, post, _ in keys])
        existing = {(r["user"], r["post"], r["kind"]) for r in before.to_pylist()}
    rows = [dict(zip(("user", "post", "kind"), r, strict=True)) for r in keys if r not in existing]
    change.append(REACTIONS, pa.Table.from_pylist(rows, schema=schema.REACTIONS))


def _update_user_vectors(
    change: Transaction,
    bundle: str,
    authors: Sequence[str],
    user_vectors: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Compute the vectors of users again from all their posts."""
    table = vectors_name(bundle)
    if table not in change:
        return
    for user_ids in chunks(authors, _USERS_AT_A_TIME):
        posts = change.read_in("posts", "user", user_ids, ["id", "user"]).sort_by("id")
        change.delete_in(table, "id", list(user_ids), also=f"kind = {quoted(Kind.USER)}")
        owners = dict(zip(posts["id"].to_pylist(), posts["user"].to_pylist(), strict=True))
        names, sums = _sums(change, table, owners)
        if names:
            changes.add_vectors(change, bundle, {Kind.USER: (names, user_vectors(sums))})


def _sums(
    change: Transaction, table: str, owners: Mapping[str, str]
) -> tuple[list[str], np.ndarray]:
    """Add up the vectors of posts by their owners; return the owners of some, and the sums."""
    names = sorted(set(owners.values()))
    row_of = {name: i for i, name in enumerate(names)}
    sums, counts = np.empty((0, 0), dtype=np.float32), np.zeros(len(names), dtype=np.int64)
    # Users may be few and their posts many, whose vectors together would take gigabytes.
    for ids in chunks(list(owners), _POSTS_AT_A_TIME):
        vectors = change.read_in(table, "id", ids, ["id", "vector", "kind"])
        vectors = vectors.filter(pc.equal(vectors["kind"], Kind.POST.value)).sort_by("id")
        if not len(vectors):
            continue
        matrix = schema.to_matrix(vectors["vector"])
        if not sums.size:
            sums = np.zeros((len(names), matrix.shape[1]), dtype=np.float32)
        rows = [row_of[owners[id_]] for id_ in vectors["id"].to_pylist()]
        np.add.at(sums, rows, matrix)
        counts += np.bincount(rows, minlength=len(names))
    found = np.flatnonzero(counts)
    return [names[i] for i in found], sums[found] if len(found) else sums


def link_or_copy(source: Path, target: Path) -> None:
    """Put a file at `target`: a hard link where the disk allows it, else a copy."""
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        with atomic_write(target) as temporary:
            shutil.copyfile(source, temporary)


def _delete_unused_media(path: Path | str, names: Collection[str]) -> None:
    """Delete those of the media that no post names."""
    if not names:
        return
    from backend.corpus.corpus import Corpus

    corpus = Corpus.open(path)
    candidates = sorted(names)
    used: set[str] = set()
    for column in ("image", "audio"):
        for chunk in chunks(candidates):
            used |= set(corpus.table([column], filters={column: chunk})[column].to_pylist())
    if not isinstance(path, Path):
        remote.delete_media(path, set(names) - used)
        return
    for name in set(names) - used:
        (path / "media" / checked_path(name)).unlink(missing_ok=True)
