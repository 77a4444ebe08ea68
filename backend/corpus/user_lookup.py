"""Find users by a typed name or id, in the table of all users; see the methods of `Corpus`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import schema
from backend.domain import KindredError, User
from backend.text.search_tokens import ACCENTS, fold

_SHOWN = 5


def users(table: pa.Table, ids: Sequence[str]) -> dict[str, User]:
    """Return users by id, in the order of `ids`; unknown ids are left out."""
    id_array = pa.array(list(ids), pa.string())
    rows = table.take(pc.drop_null(pc.index_in(id_array, value_set=table["id"])))
    return {user.id: user for user in schema.to_users(rows)}


def find(table: pa.Table, text: str, *, limit: int) -> list[User]:
    """Return users whose name or id has a text anywhere, most posts first.

    Case and accents do not matter. Names that begin with the text come first, then those
    with a word that does, then all others.
    """
    wanted = fold(text.strip().removeprefix("@"))
    keys = [_folded(key) for key in _keys(table)]
    word = rf"(^|[^\p{{L}}\p{{N}}]){re.escape(wanted)}"
    tests = (
        lambda key: pc.starts_with(key, wanted),
        lambda key: pc.match_substring_regex(key, word),
        lambda key: pc.match_substring(key, wanted),
    )
    found: list[User] = []
    for test in tests:
        mask = reduce(pc.or_, map(test, keys))
        found += schema.to_users(_ranked(table.filter(mask))[: limit - len(found)])
        if len(found) >= limit or not wanted:
            break
        rest = pc.invert(mask)
        table, keys = table.filter(rest), [key.filter(rest) for key in keys]
    return found


def resolve(table: pa.Table, text: str) -> User:
    """Return the user that `text` means: an id, or a unique name or id without its source."""
    text = text.strip().removeprefix("@")
    if exact := users(table, [text]):
        return exact[text]
    mask = reduce(pc.or_, [pc.equal(key, text.lower()) for key in _keys(table)])
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


def _folded(names: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return names as `fold` does, all at once."""
    apart = pc.utf8_normalize(names, form="NFKD")
    plain = pc.replace_substring_regex(apart, pattern=ACCENTS, replacement="")
    return pc.replace_substring(plain, pattern="ß", replacement="ss")


def _ranked(table: pa.Table) -> pa.Table:
    return table.sort_by([("posts", "descending"), ("name", "ascending"), ("id", "ascending")])
