"""Messages of Discord: what DiscordChatExporter writes, and the data that Discord sends."""

from __future__ import annotations

import json

from backend.domain import KindredError
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    at,
    counts,
    first,
    hashtags,
    names_of,
    objects,
    reactions,
)

NAME = "discord"
TITLE = "Discord"
_SMALL = 2**20
_DIRECT = {"1", "3", "DM", "GROUP_DM"}
_KINDS = {"Default", "Reply", "0", "19"}
_SOUNDS = (".mp3", ".ogg", ".wav", ".m4a", ".flac", ".opus")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a message."""
    if {"AuthorID", "Content"} <= item.keys() or {"ID", "Timestamp", "Contents"} <= item.keys():
        return True
    own_fields = sum(name in item for name in ("attachments", "isPinned", "channel_id", "embeds"))
    has_author = isinstance(item.get("author"), dict) and "id" in item["author"]
    return has_author and "timestamp" in item and "content" in item and own_fields >= 1


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a message."""
    if "Contents" in item:
        return _of_own_data(item, context)
    if "AuthorID" in item:
        words = str(item.get("Content") or "")
        files = [a.strip() for a in str(item.get("Attachments") or "").split(",") if a.strip()]
        return {
            "text": words,
            "user": str(item.get("AuthorID") or ""),
            "name": item.get("Author"),
            "time": item.get("Date"),
            "tags": hashtags(words),
            **_media(files),
        }
    kind = item.get("type", "Default")
    if str(kind) not in _KINDS:
        raise LeftOut("messages about the channel")
    author = item["author"]
    user = str(first(author, "name", "username") or author["id"])
    mentioned = names_of(item.get("mentions"), "name", "username")
    answered = first(item, "reference.messageId", "message_reference.message_id")
    words = str(item.get("content") or "")
    found = reactions(user, "reply", [answered])
    found += reactions(user, "mention", [f"@{name}" for name in mentioned])
    attached = [str(first(a, "url", "filename") or "") for a in objects(item.get("attachments"))]
    emojis = [e.get("count") for e in objects(item.get("reactions"))]
    return {
        "id": str(item.get("id")),
        "text": words,
        "user": user,
        "name": first(author, "nickname", "global_name"),
        "time": item.get("timestamp"),
        "tags": hashtags(words),
        "channel": at(context.root, "channel", "name"),
        "reactions": found,
        **counts(likes=sum(n for n in emojis if isinstance(n, int)) if emojis else None),
        **_media(attached),
    }


def _of_own_data(item: Item, context: Context) -> Cells:
    """Return the cells of a message in the data that Discord sends; direct ones are private."""
    folder = context.file.rpartition("/")[0]
    channel = context.memory.get(folder)
    if channel is None:
        channel = context.memory[folder] = _channel(context.tree, f"{folder}/channel.json")
    if str(channel.get("type")) in _DIRECT:
        raise LeftOut("direct messages, which are private")
    words = str(item.get("Contents") or "")
    return {
        "id": str(item.get("ID")),
        "text": words,
        "time": item.get("Timestamp"),
        "tags": hashtags(words),
        "channel": channel.get("name"),
        **_media(str(item.get("Attachments") or "").split()),
    }


def _channel(tree: Tree, name: str) -> Item:
    try:
        found = json.loads(tree.read(name.lstrip("/"), _SMALL))
    except (KindredError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _media(files: list[str]) -> Cells:
    sounds = [f for f in files if f.partition("?")[0].lower().endswith(_SOUNDS)]
    return {"image": [f for f in files if f and f not in sounds], "audio": sounds}
