"""The user space of a corpus: made with its maps, kept beside them, and brought up to date.

New posts and new users need no training: a user whose number of posts has changed has the mean
of the vectors of their posts until the space is made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.corpus.encodings import OWN
from backend.corpus.model_outputs import user_space_name
from backend.corpus.native import Native
from backend.corpus.reactions import to_posts, weights
from backend.domain import Kind
from backend.search.index.vector_index import VectorIndex
from backend.search.user_space import UserSpace, contrasted
from backend.settings import SEED

_SAMPLE = 50_000  # posts that a space is fitted to
_FEW = 20_000  # posts whose vectors are looked up one by one
SCHEMA = pa.schema(
    [
        ("part", pa.string()),  # an input, "centre " and an input, "user", "spread"
        ("id", pa.string()),
        ("posts", pa.int64()),
        ("numbers", pa.list_(pa.float16())),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class CorpusUsers:
    """The user space of a corpus, and its users in it.

    Attributes
    ----------
    space : UserSpace
    ids : numpy.ndarray
        ``(n,)`` str objects, sorted: users with a vector.
    vectors : numpy.ndarray
        ``(n, dim)`` float32 of unit length.
    posts : numpy.ndarray
        ``(n,)`` int64: the posts that each had when the vector was computed.
    index : VectorIndex
    """

    space: UserSpace
    ids: np.ndarray
    vectors: np.ndarray
    posts: np.ndarray
    index: VectorIndex

    @classmethod
    def of(
        cls, space: UserSpace, ids: np.ndarray, vectors: np.ndarray, posts: np.ndarray
    ) -> CorpusUsers:
        """Return the users in the order of their ids; those without a direction are left out."""
        order = np.argsort(ids.astype(str), kind="stable")
        order = order[vectors[order].any(axis=1)]
        ids, vectors, posts = ids[order], vectors[order], posts[order]
        return cls(space, ids, vectors, posts, VectorIndex(ids, vectors))

    def vector(self, user: str) -> np.ndarray | None:
        """Return the vector ``(dim,)`` of a user; None where they have none."""
        row = int(np.searchsorted(self.ids.astype(str), user))
        known = row < len(self.ids) and self.ids[row] == user
        return self.vectors[row] if known else None

    def place(self, parts: Mapping[Native, np.ndarray]) -> np.ndarray | None:
        """Return the unit vector ``(dim,)`` of a post from its native vectors, ``(d,)`` each."""
        rows: dict[str, np.ndarray] = {
            name: vector[None] for name, vector in parts.items() if name in self.space.maps
        }
        if not rows or not self.space.reads(rows):
            return None
        return normalize(self.space.posts(rows))[0]


def make(corpus: Corpus, bundle: str) -> CorpusUsers | None:
    """Fit the user space of a corpus and store it; None where too few users have two posts."""
    if bundle == OWN:  # vectors of unknown encoders, which may be of users already
        return None
    snapshot = corpus.snapshot()
    owners = _owners(snapshot)
    rng = np.random.default_rng(SEED)
    sample = sorted(rng.permutation(sorted(owners))[:_SAMPLE].tolist()) if owners else []
    parts = _parts(snapshot, bundle, sample)
    present = np.any([~np.isnan(rows[:, 0]) for rows in parts.values()], axis=0) if parts else []
    if not np.any(present):
        return None
    _, codes = np.unique([owners[id_] for id_ in sample], return_inverse=True)
    space = UserSpace.fit({k: rows[present] for k, rows in parts.items()}, codes[present])
    if space is None:
        return None
    names, means, posts = _vectors(snapshot, bundle, space, owners)
    row = {name: i for i, name in enumerate(names.tolist())}
    placed = space.posts({k: rows[present] for k, rows in parts.items()})
    kept = np.array(sample)[present].tolist()
    codes = np.array([row[owners[id_]] for id_ in kept])
    table = to_posts(snapshot)
    reactions = None if table is None else weights(table, kept, names.tolist())
    users = CorpusUsers.of(space, names, contrasted(placed, codes, means, reactions), posts)
    corpus.write_side_tables({user_space_name(bundle): _to_table(users)})
    return users


def read(corpus: Corpus, bundle: str) -> CorpusUsers | None:
    """Read the user space of a corpus, with its users of today; None where it has none."""
    table = corpus.side_table(user_space_name(bundle))
    if table is None or not len(table):
        return None
    stored = _from_table(table)
    known = dict(zip(stored.ids.tolist(), stored.posts.tolist(), strict=True))
    today = corpus.posts_by_user()
    if known == today:
        return stored
    changed = {user for user, posts in today.items() if known.get(user) != posts}
    kept = np.array([id_ in today and id_ not in changed for id_ in stored.ids], dtype=bool)
    owners = _owners(corpus, changed)
    ids, vectors, posts = _vectors(corpus, bundle, stored.space, owners)
    return CorpusUsers.of(
        stored.space,
        np.concatenate([stored.ids[kept], ids]),
        np.concatenate([stored.vectors[kept], vectors]),
        np.concatenate([stored.posts[kept], posts]),
    )


def vectors_of(corpus: Corpus, bundle: str, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """Return ids and vectors of a kind; of users in their own space, where there is one."""
    users = read(corpus, bundle) if kind is Kind.USER else None
    return (users.ids, users.vectors) if users is not None else corpus.vectors(bundle, kind)


def ids_of(corpus: Corpus, bundle: str, kind: Kind) -> np.ndarray:
    """Return the ids of `vectors_of`, without reading vectors where that can be avoided."""
    users = read(corpus, bundle) if kind is Kind.USER else None
    return users.ids if users is not None else corpus.ids_with_vectors(bundle, kind)


def _owners(corpus: Corpus, users: set[str] | None = None) -> dict[str, str]:
    """Return the user of each post, by the id of the post."""
    posts = corpus.table(["id", "user"])
    posts = posts.filter(pc.is_valid(posts["user"]))
    if users is not None:
        posts = posts.filter(pc.is_in(posts["user"], value_set=pa.array(sorted(users))))
    return dict(zip(posts["id"].to_pylist(), posts["user"].to_pylist(), strict=True))


def _parts(corpus: Corpus, bundle: str, ids: list[str]) -> dict[Native, np.ndarray]:
    """Return the native vectors of posts, rows of NaN where one has none."""
    row = {id_: i for i, id_ in enumerate(ids)}
    parts = {}
    for kind in Native:
        found, vectors = corpus.vectors(bundle, kind, ids)
        if len(found):
            parts[kind] = np.full((len(ids), vectors.shape[1]), np.nan, dtype=np.float32)
            parts[kind][[row[id_] for id_ in found]] = vectors
    return parts


def _vectors(
    corpus: Corpus, bundle: str, space: UserSpace, owners: Mapping[str, str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the users of some posts, their vectors, and how many posts they have."""
    names = np.array(sorted(set(owners.values())), dtype=object)
    code = {name: i for i, name in enumerate(names.tolist())}
    sums = np.zeros((len(names), space.dim), dtype=np.float32)
    for name in space.maps:
        for ids, rows in _batches(corpus, bundle, Native(name), owners):
            if rows.shape[1] == len(space.maps[name]):
                np.add.at(sums, [code[owners[id_]] for id_ in ids], space.part(name, rows))
    count = corpus.posts_by_user()
    return names, normalize(sums), np.array([count.get(n, 0) for n in names], dtype=np.int64)


def _batches(
    corpus: Corpus, bundle: str, kind: Native, owners: Mapping[str, str]
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield the vectors of some posts."""
    if len(owners) <= _FEW:
        ids, rows = corpus.vectors(bundle, kind, list(owners))
        if len(ids):
            yield ids.tolist(), rows
        return
    for batch, rows in corpus.stream_vectors(bundle, kind):
        names = batch.to_pylist()
        wanted = [i for i, id_ in enumerate(names) if id_ in owners]
        yield [names[i] for i in wanted], rows[wanted].astype(np.float32)


def _to_table(users: CorpusUsers) -> pa.Table:
    space = users.space
    tables = [_rows("spread", [""], np.array([[space.spread]]))]
    for name in space.maps:
        tables.append(_rows(f"centre {name}", [""], space.centres[name][None]))
        numbers = [f"{i:06d}" for i in range(len(space.maps[name]))]
        tables.append(_rows(name, numbers, space.maps[name]))
    tables.append(_rows("user", users.ids.tolist(), users.vectors, users.posts))
    return pa.concat_tables(tables)


def _rows(
    part: str, ids: list[str], matrix: np.ndarray, posts: np.ndarray | None = None
) -> pa.Table:
    starts = np.arange(len(ids) + 1, dtype=np.int32) * matrix.shape[1]
    columns = [
        pa.array([part] * len(ids), pa.string()),
        pa.array(ids, pa.string()),
        pa.array(np.zeros(len(ids), np.int64) if posts is None else posts, pa.int64()),
        pa.ListArray.from_arrays(starts, matrix.astype(np.float16).ravel()),
    ]
    return pa.table(columns, schema=SCHEMA)


def _from_table(table: pa.Table) -> CorpusUsers:
    def rows(part: str) -> pa.Table:
        return table.filter(pc.equal(table["part"], part)).sort_by("id")

    def matrix(some: pa.Table) -> np.ndarray:
        flat = pc.list_flatten(some["numbers"]).to_numpy().astype(np.float32)
        return flat.reshape(len(some), -1)

    inputs = [name for name in Native if len(rows(name))]
    space = UserSpace(
        {name: matrix(rows(f"centre {name}"))[0] for name in inputs},
        {name: matrix(rows(name)) for name in inputs},
        float(matrix(rows("spread"))[0, 0]),
    )
    users = rows("user")
    ids = np.array(users["id"].to_pylist(), dtype=object)
    return CorpusUsers.of(space, ids, matrix(users), users["posts"].to_numpy())
