"""A Mastodon account's archive: ``outbox.json`` (ActivityStreams) and its media."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from backend.domain import KindredError, Reaction
from backend.ingest.readers import encoding
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.html import to_text
from backend.ingest.readers.json_lines import sound
from backend.settings import settings

NAME = "mastodon"
TITLE = "Mastodon archive"
_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_SMALL = 2**20
_BETWEEN = re.compile(r"[ \t\r\n,]*")  # two items


def matches(tree: Tree) -> str | None:
    """Whether there is an outbox."""
    found = _file(tree, "outbox.json")
    return f"{found} is a Mastodon outbox" if found else None


def _file(tree: Tree, base: str) -> str | None:
    return next((n for n in tree.names(base) if n.rpartition("/")[2].lower() == base), None)


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """A row for each post; boosts, replies and favourites become reactions."""
    outbox = _file(tree, "outbox.json")
    if outbox is None:
        raise KindredError("no_table", "The archive has no outbox.json.")
    user, name = _actor(tree)
    for number, item in _items(tree, outbox):
        yield _row(number, item, user, name, outbox)
    for base, kind in (("likes.json", "like"),):
        if (file := _file(tree, base)) is not None:
            for number, item in _items(tree, file):
                if isinstance(item, str):
                    yield Row(number, reactions=_reaction(user, item, kind), file=file)


def _actor(tree: Tree) -> tuple[str, str]:
    """Id and name of the account."""
    file = _file(tree, "actor.json")
    found: Any = {}
    if file is not None:
        try:
            found = sound(json.loads(tree.read(file, _SMALL)))
        except (ValueError, RecursionError) as error:
            raise KindredError("not_json", f"{file} is not valid JSON.") from error
    found = found if isinstance(found, dict) else {}
    handle = str(found.get("preferredUsername") or "me")[:100]
    host = str(found.get("id") or "").partition("://")[2].partition("/")[0]
    return f"{handle}@{host}" if host else handle, str(found.get("name") or handle)[:100]


def _row(number: int, item: Any, user: str, name: str, file: str) -> Row:
    if isinstance(item, KindredError):
        return Row(number, error=item)
    if not isinstance(item, dict):
        return Row(number, error=KindredError("not_a_post", "It is not an activity."))
    post = item.get("object")
    if item.get("type") == "Announce":
        return Row(number, reactions=_reaction(user, post, "share"), file=file)
    if item.get("type") != "Create" or not isinstance(post, dict):
        kind = str(item.get("type"))[:40]
        return Row(number, error=KindredError("not_a_post", f"It is of type {kind}, no post."))
    seen = _visibility(post)
    if seen == "direct":
        said = "It is a private message, which is left out."
        return Row(number, error=KindredError("private", said))
    content = post.get("contentMap")
    language = next(iter(content), "") if isinstance(content, dict) else ""
    cells = {
        "id": post.get("id"),
        "text": to_text(str(post.get("content") or "")),
        "warning": to_text(str(post.get("summary") or "")),
        "user": user,
        "name": name,
        "time": post.get("published") or item.get("published"),
        "language": language,
        "tags": [
            str(t.get("name", "")).lstrip("#")
            for t in _list(post.get("tag"))
            if isinstance(t, dict) and t.get("type") == "Hashtag"
        ],
        "visibility": seen,
        "url": post.get("url"),
        "image": _attached(post, "image/", "video/"),
        "audio": _attached(post, "audio/"),
    }
    return Row(number, cells, reactions=_reaction(user, post.get("inReplyTo"), "reply"), file=file)


def _attached(post: dict[str, Any], *kinds: str) -> list[str]:
    return [
        "/" + str(a.get("url") or "").lstrip("/").removeprefix("system/")
        for a in _list(post.get("attachment"))
        if isinstance(a, dict) and str(a.get("mediaType") or "").startswith(kinds) and a.get("url")
    ]


def _visibility(post: dict[str, Any]) -> str:
    to, copied = ([str(a) for a in _list(post.get(field))] for field in ("to", "cc"))
    if _PUBLIC in to:
        return "public"
    if _PUBLIC in copied:
        return "unlisted"
    return "followers" if any(a.endswith("/followers") for a in (*to, *copied)) else "direct"


def _reaction(user: str, post: Any, kind: str) -> tuple[Reaction, ...]:
    return (Reaction(user, post[:256], kind),) if isinstance(post, str) and post else ()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _items(tree: Tree, file: str) -> Iterator[tuple[int, Any]]:
    """The items of an ordered collection, one at a time however many there are."""
    limit = settings().limits.line_bytes
    decoder = json.JSONDecoder()
    with tree.open(file) as opened:
        blocks = encoding.blocks(opened, "utf-8")
        text, begun, number = "", False, 0
        for block in blocks:
            text += block
            if not begun:
                at = text.find('"orderedItems"')
                at = text.find("[", at) if at >= 0 else -1
                if at < 0:
                    text = text[-limit:]
                    continue
                begun, text = True, text[at + 1 :]
            at = _next(text, 0)
            while at < len(text):
                if text[at] == "]":
                    return
                try:
                    item, end = decoder.raw_decode(text, at)
                except ValueError:
                    break  # the rest of the item is in the next block
                except RecursionError:
                    yield number + 1, KindredError("not_json", "An item is nested too deeply.")
                    return
                number += 1
                yield number, _sound(item)
                at = _next(text, end)
            text = text[at:]
            if len(text) > 2 * limit:
                said = f"An item is damaged, or longer than {limit:,} characters, the limit."
                yield number + 1, KindredError("too_large", said)
                return
        if not begun:
            raise KindredError("not_json", f"{file} holds no orderedItems.")
        yield number + 1, KindredError("damaged", f"{file} ends in the middle.")


def _next(text: str, at: int) -> int:
    """Where the next item begins."""
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _sound(item: Any) -> Any:
    try:
        return sound(item)
    except RecursionError:
        return KindredError("not_json", "The item is nested too deeply.")


def mapping(columns: list[str], samples: list[Row]) -> Mapped:
    """What ActivityStreams says."""
    fields = ("id", "text", "user", "name", "time", "language", "tags", "url", "image", "audio")
    return {f: (f,) for f in fields} | {"title": ("warning",), "label": ("visibility",)}
