"""Notes of Misskey and its forks: the export ``notes.json`` and the API."""

from __future__ import annotations

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

NAME = "misskey"
TITLE = "Misskey notes"


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a note."""
    own_fields = sum(name in item for name in ("renoteId", "fileIds", "cw", "replyId", "localOnly"))
    return "createdAt" in item and "visibility" in item and "text" in item and own_fields >= 1


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a note; a renote without words is a reaction only."""
    if item.get("visibility") == "specified":
        raise LeftOut("direct notes, which are private")
    handle = first(item, "user.username")
    host = first(item, "user.host")
    user = f"{handle}@{host}" if handle and host else str(handle or first(item, "userId") or "me")
    files = objects(item.get("files"))
    choices = names_of(at(item, "poll", "choices"), "text")
    words = item.get("text") if isinstance(item.get("text"), str) else ""
    found = reactions(user, "share", [item.get("renoteId")])
    if item.get("renoteId") and not words and not files:
        return {"reactions": found}
    found += reactions(user, "reply", [item.get("replyId")])

    def media(*kinds: str) -> list[str]:
        ours = (f for f in files if str(f.get("type") or "").startswith(kinds))
        return [
            str(first(f, "path", "url", "name")) for f in ours if first(f, "path", "url", "name")
        ]

    return {
        "id": str(item.get("id")),
        "text": "\n".join(filter(None, [words, *choices])),
        "title": item.get("cw"),
        "user": user if handle or item.get("userId") else None,
        "name": first(item, "user.name"),
        "time": item.get("createdAt"),
        "tags": names_of(item.get("tags")) or hashtags(words),
        "image": media("image/", "video/"),
        "audio": media("audio/"),
        "visibility": item.get("visibility"),
        "reactions": found if handle or item.get("userId") else [],
        **counts(shares=item.get("renoteCount"), replies=item.get("repliesCount")),
    }
