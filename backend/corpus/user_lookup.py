"""Find users by a typed name or id."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import schema
from backend.domain import KindredError, User

_SHOWN = 5


def users(table: pa.Table, ids: Sequence[str]) -> dict[str, User]:
    """Return users by id, in the order of `ids`; unknown ids are left out.

    Parameters
    ----------
    table : pyarrow.Table
        All users, as `schema.USERS`.
    ids : sequence of str
    """
    id_array = pa.array(list(ids), pa.string())
    rows = table.take(pc.drop_null(pc.index_in(id_array, value_set=table["id"])))
    return {user.id: user for user in schema.to_users(rows)}


def find(table: pa.Table, prefix: str, *, limit: int) -> list[User]:
    """Return users whose name or id begins with `prefix`, most posts first.

    Parameters
    ----------
    table : pyarrow.Table
        All users.
    prefix : str
    limit : int
    """
    start = prefix.strip().lower()
    keys = _keys(table)
    mask = pc.starts_with(keys[0], start)
    for key in keys[1:]:
        mask = pc.or_(mask, pc.starts_with(key, start))
    return schema.to_users(_ranked(table.filter(mask))[:limit])


def resolve(table: pa.Table, text: str) -> User:
    """Return the user that `text` means.

    Parameters
    ----------
    table : pyarrow.Table
        All users.
    text : str
        An id, or a unique name or id without its source.

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
        equal = pc.equal(key, text.lower())
        mask = equal if mask is None else pc.or_(mask, equal)
    matches = schema.to_users(_ranked(table.filter(mask)))
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = ", ".join(user.id for user in matches[:_SHOWN])
        more = f" and {len(matches) - _SHOWN} more" if len(matches) > _SHOWN else ""
        raise KindredError(
            "ambiguous_user", f"{len(matches)} users match {text!r}: {listed}{more}. Use the id."
        )
    near = ", ".join(user.id for user in find(table, text[:3], limit=_SHOWN))
    hint = f" Did you mean one of {near}?" if near else ""
    raise KindredError("no_user", f"The corpus has no user {text!r}.{hint}")


def _keys(table: pa.Table) -> list[pa.ChunkedArray]:
    """Return the searchable columns in lower case: name, id, id without its source."""
    ids = pc.utf8_lower(table["id"])
    names = pc.utf8_lower(pc.coalesce(table["name"], table["id"]))
    return [names, ids, pc.replace_substring_regex(ids, pattern="^.*:", replacement="")]


def _ranked(table: pa.Table) -> pa.Table:
    return table.sort_by([("posts", "descending"), ("name", "ascending"), ("id", "ascending")])
