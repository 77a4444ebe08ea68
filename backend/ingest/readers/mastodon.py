"""Read the archive of a Mastodon account: ``outbox.json`` (ActivityStreams) and media."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from backend.domain import KindredError, Reaction
from backend.ingest.readers import encoding, html
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.json_lines import without_surrogates
from backend.settings import settings

NAME = "mastodon"
TITLE = "Mastodon archive"
_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_SMALL = 2**20
_BETWEEN = re.compile(r"[ \t\r\n,]*")  # two items


def matches(tree: Tree) -> str | None:
    """Return why the source is a Mastodon archive."""
    outbox = _find_file(tree, "outbox.json")
    return f"{outbox} is a Mastodon outbox" if outbox else None


def _find_file(tree: Tree, base: str) -> str | None:
    return next((n for n in tree.names(base) if n.rpartition("/")[2].lower() == base), None)


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each post; boosts, replies and favourites become reactions."""
    outbox = _find_file(tree, "outbox.json")
    if outbox is None:
        raise KindredError(
            "no_table", "The archive has no outbox.json; export it again from Mastodon."
        )
    user, name = _actor(tree)
    for number, item in _items(tree, outbox):
        yield _row(number, item, (user, name), tree, outbox)
    if (likes := _find_file(tree, "likes.json")) is not None:
        for number, item in _items(tree, likes):
            if isinstance(item, str):
                yield Row(number, reactions=_reaction(user, item, "like"), file=likes)


def _actor(tree: Tree) -> tuple[str, str]:
    """Return the id and the name of the account."""
    file = _find_file(tree, "actor.json")
    actor: Any = {}
    if file is not None:
        try:
            actor = without_surrogates(json.loads(tree.read(file, _SMALL)))
        except (ValueError, RecursionError) as error:
            raise KindredError("not_json", f"{file} is not valid JSON.") from error
    actor = actor if isinstance(actor, dict) else {}
    handle = str(actor.get("preferredUsername") or "me")[:100]
    host = str(actor.get("id") or "").partition("://")[2].partition("/")[0]
    return f"{handle}@{host}" if host else handle, str(actor.get("name") or handle)[:100]


def _row(number: int, item: Any, owner: tuple[str, str], tree: Tree, file: str) -> Row:
    user, name = owner
    if isinstance(item, KindredError):
        return Row(number, error=item)
    if not isinstance(item, dict):
        return Row(number, error=KindredError("not_a_post", "This item is not an activity."))
    post = item.get("object")
    if item.get("type") == "Announce":
        return Row(number, reactions=_reaction(user, post, "share"), file=file)
    if item.get("type") != "Create" or not isinstance(post, dict):
        message = f"This item is of type {str(item.get('type'))[:40]}, not a post."
        return Row(number, error=KindredError("not_a_post", message))
    visibility = _visibility(post)
    if visibility == "direct":
        return Row(number, error=KindredError("private", "Private messages are left out."))
    content = post.get("contentMap")
    language = next(iter(content), "") if isinstance(content, dict) else ""
    choices = [html.to_text(str(c.get("name") or "")) for c in _choices(post)]
    cells = {
        "id": post.get("id"),
        "text": "\n".join(filter(None, [html.to_text(str(post.get("content") or "")), *choices])),
        "warning": html.to_text(str(post.get("summary") or "")),
        "user": user,
        "name": name,
        "time": post.get("published") or item.get("published"),
        "language": language,
        "tags": [
            str(t.get("name", "")).lstrip("#")
            for t in _as_list(post.get("tag"))
            if isinstance(t, dict) and t.get("type") == "Hashtag"
        ],
        "links": html.links(str(post.get("content") or "")),
        "visibility": visibility,
        "url": post.get("url"),
        "image": _attached(post, tree, "image/", "video/"),
        "audio": _attached(post, tree, "audio/"),
    }
    named = [t.get("name") for t in _as_list(post.get("tag")) if _is_mention(t)]
    reactions = _reaction(user, post.get("inReplyTo"), "reply")
    reactions += tuple(r for name in named for r in _reaction(user, name, "mention"))
    return Row(number, cells, reactions=reactions, file=file)


def _is_mention(tag: Any) -> bool:
    return isinstance(tag, dict) and tag.get("type") == "Mention"


def _choices(post: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of a poll."""
    found = post.get("oneOf") or post.get("anyOf")
    return [c for c in _as_list(found) if isinstance(c, dict)]


def _attached(post: dict[str, Any], tree: Tree, *kinds: str) -> list[str]:
    """Return the paths of the media of a post, or addresses of what the archive lacks."""
    paths = []
    for attachment in _as_list(post.get("attachment")):
        if not isinstance(attachment, dict):
            continue
        # Pleroma puts the address into a list of links.
        link = next(iter(_as_list(attachment.get("url"))), None)
        link = link if isinstance(link, dict) else {"href": link}
        kind = str(attachment.get("mediaType") or link.get("mediaType") or "")
        address = link.get("href")
        if kind.startswith(kinds) and isinstance(address, str) and address:
            paths.append(_path(address, tree))
    return paths


def _path(address: str, tree: Tree) -> str:
    path = address.partition("://")[2].partition("/")[2] if "://" in address else address
    path = path.partition("?")[0].lstrip("/").removeprefix("system/")
    try:
        return "/" + tree.find("/" + path)
    except KindredError:
        return address if "://" in address else "/" + path


def _visibility(post: dict[str, Any]) -> str:
    to, copied = ([str(a) for a in _as_list(post.get(field))] for field in ("to", "cc"))
    if _PUBLIC in to:
        return "public"
    if _PUBLIC in copied:
        return "unlisted"
    return "followers" if any(a.endswith("/followers") for a in (*to, *copied)) else "direct"


def _reaction(user: str, post: Any, kind: str) -> tuple[Reaction, ...]:
    return (Reaction(user, post[:256], kind),) if isinstance(post, str) and post else ()


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _items(tree: Tree, file: str) -> Iterator[tuple[int, Any]]:
    """Yield the items of an ordered collection, parsed one at a time."""
    limit = settings().limits.line_bytes
    decoder = json.JSONDecoder()
    with tree.open(file) as opened:
        blocks = encoding.blocks(opened, "utf-8")
        text, in_items, number = "", False, 0
        for block in blocks:
            text += block
            if not in_items:
                at = text.find('"orderedItems"')
                at = text.find("[", at) if at >= 0 else -1
                if at < 0:
                    text = text[-limit:]
                    continue
                in_items, text = True, text[at + 1 :]
            at = _next_item(text, 0)
            while at < len(text):
                if text[at] == "]":
                    return
                try:
                    item, end = decoder.raw_decode(text, at)
                except ValueError:
                    break  # the rest of the item is in the next block
                except RecursionError:
                    message = "This item is nested too deeply; the rest of the file is skipped."
                    yield number + 1, KindredError("not_json", message)
                    return
                number += 1
                yield number, _clean_item(item)
                at = _next_item(text, end)
            text = text[at:]
            if len(text) > 2 * limit:
                message = f"This item is damaged, or longer than {limit:,} characters, the limit."
                yield number + 1, KindredError("too_large", message)
                return
        if not in_items:
            raise KindredError("not_json", f"{file} has no orderedItems.")
        yield number + 1, KindredError("damaged", f"{file} is cut off; export the archive again.")


def _next_item(text: str, at: int) -> int:
    """Return where the next item begins."""
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _clean_item(item: Any) -> Any:
    try:
        return without_surrogates(item)
    except RecursionError:
        return KindredError("not_json", "This item is nested too deeply.")


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field in ActivityStreams."""
    fields = ("id", "text", "user", "name", "time", "language", "tags", "url", "image", "audio")
    return {f: (f,) for f in fields} | {"title": ("warning",), "label": ("visibility",)}
