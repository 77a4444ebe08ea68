"""Changes to the tables of a corpus: load shipped files, or add posts and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import schema
from backend.corpus.model_outputs import REACTIONS, predictions_name, vectors_name
from backend.corpus.native import Native
from backend.corpus.readings import READINGS
from backend.corpus.shipped import Shipped
from backend.corpus.side_tables import SIDE_TABLE_PREFIXES
from backend.corpus.store import Transaction
from backend.corpus.tables import one_of, quoted
from backend.domain import Affect, Kind, KindredError, Post, User

POST_KINDS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.POST, *Native)
Vectors = Mapping[Kind | Native, tuple[Sequence[str], np.ndarray]]


def put_empty(change: Transaction) -> None:
    """Create the tables that every corpus has."""
    change.put("posts", schema.POSTS.empty_table())
    change.put("users", schema.USERS.empty_table())


def put_shipped(change: Transaction, shipped: Shipped) -> None:
    """Replace the shipped posts, users and outputs by those of this version.

    Posts that users added stay, unless one with the same id is shipped now.
    Their vectors under a shipped bundle are deleted: the bundle may have changed.
    """
    posts, users = shipped.posts, shipped.users
    if "posts" in change:
        added = change.read("posts", where="added IS NOT NULL")
        shipped_ids = posts["id"].combine_chunks()
        added = added.filter(pc.invert(pc.is_in(added["id"], value_set=shipped_ids)))
        posts = pa.concat_tables([posts, added])
        authors = change.read_in("users", "id", _distinct(added["user"]))
        new = pc.invert(pc.is_in(authors["id"], value_set=users["id"].combine_chunks()))
        users = pa.concat_tables([users, authors.filter(new)])
    change.put("posts", posts)
    change.put("users", users)
    update_users(change, _distinct(posts["user"]), ())
    for bundle, table in shipped.vectors.items():
        change.put(vectors_name(bundle), table)
    for bundle, table in shipped.predictions.items():
        change.put(predictions_name(bundle), table)
    for bundle in shipped.vectors:
        clear_side_tables(change, bundle)
    for name, table in shipped.side_tables.items():
        change.put(name, table)
    if shipped.readings is not None:
        _put_readings(change, shipped.readings, posts["id"].combine_chunks())
    if shipped.reactions is not None:
        change.put(REACTIONS, shipped.reactions)
    _drop_orphans(change, posts["id"].combine_chunks())
    _index(change)


def _put_readings(change: Transaction, shipped: pa.Table, posts: pa.Array) -> None:
    """Replace the shipped readings; those of other posts stay."""
    if READINGS in change:
        kept = change.read(READINGS)
        new = pc.invert(pc.is_in(kept["id"], value_set=shipped["id"].combine_chunks()))
        shipped = pa.concat_tables([shipped, kept.filter(new)])
    change.put(READINGS, shipped.filter(pc.is_in(shipped["id"], value_set=posts)))


def add_posts(
    change: Transaction,
    posts: Sequence[Post],
    *,
    users: Sequence[User],
    groups: Mapping[str, str],
    replace: bool,
    bare: bool = False,
) -> None:
    """Append posts and update the users.

    Parameters
    ----------
    change : Transaction
    posts : sequence of Post
    users : sequence of User
        Names and tags of authors; their posts are counted here.
    groups : mapping of str to str
        Duplicate group by post id.
    replace : bool
        Whether a post may replace one with the same id.
    bare : bool
        Whether a post may have a vector alone.

    Raises
    ------
    KindredError
        ``duplicate_id``, ``bad_id`` or ``empty_post``.
    """
    ids = [post.id for post in posts]
    for post in posts:
        schema.check_id(post.id)
        if post.user is not None:
            schema.check_id(post.user, "user")
        if not post.modalities and not bare:
            raise KindredError("empty_post", f"The post {post.id} has no text, image or sound.")
    taken = sorted({id_ for id_ in ids if ids.count(id_) > 1}) if len(set(ids)) < len(ids) else []
    before = change.read_in("posts", "id", ids, ["id", "user"])
    if not replace:
        taken += before["id"].to_pylist()
    if taken:
        raise KindredError(
            "duplicate_id",
            f"{len(taken)} of the posts have an id that is already used: {', '.join(taken[:5])}.",
        )
    if len(before):
        # Outputs for the old content, of any bundle, are not valid for the new one.
        change.delete_in("posts", "id", ids)
        kinds = ", ".join(quoted(kind) for kind in POST_KINDS)
        for name in change:
            if name.startswith(("vectors.", "maps.")):
                change.delete_in(name, "id", ids, also=f"kind IN ({kinds})")
            elif name == READINGS or name.startswith(("predictions.", "families.")):
                change.delete_in(name, "id", ids)
    change.append("posts", schema.posts_table(posts, groups=groups, added=datetime.now(UTC)))
    authors = {post.user for post in posts if post.user} | set(_distinct(before["user"]))
    update_users(change, sorted(authors | {user.id for user in users}), users)
    _index(change)


def update_users(change: Transaction, ids: Sequence[str], updates: Iterable[User]) -> None:
    """Update the number of posts of users, and add new users.

    Parameters
    ----------
    change : Transaction
    ids : sequence of str
        The users to update.
    updates : iterable of User
        New names and tags.
    """
    if not ids:
        return
    posts = change.read_in("posts", "user", ids, ["user", "source"])
    counted = posts.group_by("user").aggregate([("user", "count"), ("source", "min")]).to_pylist()
    counts = {row["user"]: (row["user_count"], row["source_min"]) for row in counted}
    users = {user.id: user for user in schema.to_users(change.read_in("users", "id", ids))}
    users |= {user.id: user for user in updates}
    rows = []
    for id_ in ids:
        number, source = counts.get(id_, (0, None))
        user = users.get(id_) or User(id=id_, name=id_.rpartition(":")[2] or id_, source=source)
        rows.append(User(id_, user.name, number, user.source, user.tags))
    change.delete_in("users", "id", ids)
    change.append("users", schema.users_table(rows))


def clear_outputs(change: Transaction, bundle: str, dim: int) -> None:
    """Clear a bundle's vectors and predictions, so that vectors of another length fit."""
    if (name := vectors_name(bundle)) in change:
        change.put(name, schema.vectors_schema(dim, pa.float16()).empty_table())
    if (name := predictions_name(bundle)) in change:
        change.put(name, schema.PREDICTIONS.empty_table())
    clear_side_tables(change, bundle)


def clear_side_tables(change: Transaction, bundle: str) -> None:
    """Clear what was made of the vectors of a bundle, which have changed."""
    for prefix in SIDE_TABLE_PREFIXES:
        if (name := f"{prefix}{bundle}") in change:
            change.put(name, change.schema(name).empty_table())


def add_vectors(change: Transaction, bundle: str, vectors: Vectors) -> None:
    """Write vectors; replace those with the same kind and id.

    Parameters
    ----------
    change : Transaction
    bundle : str
    vectors : mapping of Kind to (ids, matrix)

    Raises
    ------
    KindredError
        ``bad_vectors``; ``no_post`` or ``no_user`` for an unknown id.
    """
    name = vectors_name(bundle)
    for kind, (ids_, matrix) in vectors.items():
        ids = list(ids_)
        dtype: pa.DataType = pa.float16()
        if name in change:
            column = change.schema(name).field("vector").type
            dtype = column.value_type
            if np.ndim(matrix) == 2 and np.shape(matrix)[1] != column.list_size:
                raise KindredError(
                    "bad_vectors",
                    f"The vectors of bundle {bundle} have {column.list_size} numbers, "
                    f"not {np.shape(matrix)[1]}.",
                )
        table = schema.vectors_table(kind, ids, matrix, dtype)
        if kind in POST_KINDS:
            _check_exist(change, "posts", ids)
        elif kind is Kind.USER:
            _check_exist(change, "users", ids)
        change.delete_in(name, "id", ids, also=f"kind = {quoted(kind)}")
        change.append(name, table)


def add_predictions(change: Transaction, bundle: str, predictions: Mapping[str, Affect]) -> None:
    """Write predictions; replace those of the same posts."""
    name = predictions_name(bundle)
    _check_exist(change, "posts", list(predictions))
    change.delete_in(name, "id", list(predictions))
    change.append(name, schema.predictions_table(predictions))


def _check_exist(change: Transaction, name: str, ids: Sequence[str]) -> None:
    existing = set(change.read_in(name, "id", ids, ["id"])["id"].to_pylist())
    if missing := [id_ for id_ in ids if id_ not in existing]:
        what = name.removesuffix("s")
        raise KindredError(f"no_{what}", f"The corpus has no {what} {missing[0]!r}.")


def _index(change: Transaction) -> None:
    change.index("posts", ("id", "user"))
    change.index("users", ("id",))


def _drop_orphans(change: Transaction, posts: pa.Array) -> None:
    """Delete vectors, predictions and readings of posts that do not exist."""
    for name in change:
        if name != READINGS and not name.startswith(("vectors.", "predictions.")):
            continue
        where = one_of("kind", POST_KINDS) if name.startswith("vectors.") else None
        ids = change.read(name, ["id"], where)["id"]
        orphans = _distinct(ids.filter(pc.invert(pc.is_in(ids, value_set=posts))))
        change.delete_in(name, "id", orphans, also=where or "true")


def _distinct(column: pa.ChunkedArray) -> list[str]:
    return sorted(value for value in pc.unique(column).to_pylist() if value is not None)
