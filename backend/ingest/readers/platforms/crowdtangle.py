"""Posts of Facebook and Instagram as CrowdTangle gave them: tables and its API."""

from __future__ import annotations

from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    counts,
    first,
    hashtags,
    objects,
)

NAME = "crowdtangle"
TITLE = "CrowdTangle"
_WHO = ("Page Name", "Group Name", "Account", "User Name")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a post."""
    if "Post Created" in item:
        return any(name in item for name in _WHO) and ("Message" in item or "Description" in item)
    return {"platformId", "platform", "date"} <= item.keys() and isinstance(
        item.get("account"), dict
    )


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a post: its message, not what its link says."""
    if "Post Created" not in item:
        return _api(item)
    words = str(first(item, "Message") if "Message" in item else first(item, "Description") or "")
    words = "" if words == "None" else words
    user = first(item, "User Name", *_WHO)
    return {
        "text": words or str(first(item, "Image Text") or ""),
        "title": first(item, "Title") if "Message" not in item else None,
        "user": user,
        "name": first(item, *_WHO),
        "time": first(item, "Post Created"),
        "tags": hashtags(words),
        "url": first(item, "URL"),
        "type": first(item, "Type"),
        **counts(
            likes=first(item, "Likes"),
            shares=first(item, "Shares"),
            replies=first(item, "Comments"),
            views=first(item, "Post Views", "Views"),
        ),
    }


def _api(item: Item) -> Cells:
    words = str(first(item, "message", "description") or "")
    pictures = [m for m in objects(item.get("media")) if m.get("type") in ("photo", "video")]
    return {
        "id": str(item["platformId"]),
        "text": words,
        "user": first(item, "account.handle", "account.platformId", "account.name"),
        "name": first(item, "account.name"),
        "time": item["date"],
        "language": item.get("languageCode"),
        "tags": hashtags(words),
        "image": [m["url"] for m in pictures if m.get("url")],
        "url": item.get("postUrl"),
        **counts(
            likes=first(item, "statistics.actual.likeCount", "statistics.actual.favoriteCount"),
            shares=first(item, "statistics.actual.shareCount"),
            replies=first(item, "statistics.actual.commentCount"),
        ),
    }
