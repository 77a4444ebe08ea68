"""Finding users by what a person types."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import schema
from backend.domain import KindredError, User

_SHOWN = 5


def users(table: pa.Table, ids: Sequence[str]) -> dict[str, User]:
    """Users by id, in the order of `ids`, those that are there.

    Parameters
    ----------
    table : pyarrow.Table
        All users, as `schema.USERS`.
    ids : sequence of str

    Returns
    -------
    dict of str to User
    """
    wanted = pa.array(list(ids), pa.string())
    found = table.take(pc.drop_null(pc.index_in(wanted, value_set=table["id"])))
    return {user.id: user for user in schema.to_users(found)}


def find(table: pa.Table, prefix: str, *, limit: int) -> list[User]:
    """Users whose name or id begins with `prefix`, most posts first.

    Parameters
    ----------
    table : pyarrow.Table
        All users.
    prefix : str
    limit : int

    Returns
    -------
    list of User
    """
    wanted = prefix.strip().lower()
    keys = _keys(table)
    mask = pc.starts_with(keys[0], wanted)
    for key in keys[1:]:
        mask = pc.or_(mask, pc.starts_with(key, wanted))
    return schema.to_users(_ranked(table.filter(mask))[:limit])


def resolve(table: pa.Table, text: str) -> User:
    """The one user that `text` means.

    Parameters
    ----------
    table : pyarrow.Table
        All users.
    text : str
        An id; or the end of one, or a name, if no other user has the same.

    Returns
    -------
    User

    Raises
    ------
    KindredError
        ``no_user`` or ``ambiguous_user``.
    """
    text = text.strip().removeprefix("@")
    if exact := users(table, [text]):
        return exact[text]
    mask = None
    for key in _keys(table):
        same = pc.equal(key, text.lower())
        mask = same if mask is None else pc.or_(mask, same)
    found = schema.to_users(_ranked(table.filter(mask)))
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(user.id for user in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise KindredError(
            "ambiguous_user", f"{len(found)} users are called {text!r}: {some}{more}. Use the id."
        )
    near = ", ".join(user.id for user in find(table, text[:3], limit=_SHOWN))
    hint = f" Did you mean one of {near}?" if near else ""
    raise KindredError("no_user", f"The corpus has no user {text!r}.{hint}")


def _keys(table: pa.Table) -> list[pa.ChunkedArray]:
    """What a user is found by: name, id, and the id without its source."""
    ids = pc.utf8_lower(table["id"])
    names = pc.utf8_lower(pc.coalesce(table["name"], table["id"]))
    return [names, ids, pc.replace_substring_regex(ids, pattern="^.*:", replacement="")]


def _ranked(table: pa.Table) -> pa.Table:
    return table.sort_by([("posts", "descending"), ("name", "ascending"), ("id", "ascending")])
