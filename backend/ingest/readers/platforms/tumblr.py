"""Posts of Tumblr, as its API and its export write them."""

from __future__ import annotations

from backend.ingest.readers import html
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    counts,
    epoch,
    first,
    names_of,
    objects,
    reactions,
)

NAME = "tumblr"
TITLE = "Tumblr"
_HIDDEN = {"draft", "private", "queued", "queue", "submission"}


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a post."""
    own_fields = sum(
        name in item for name in ("post_url", "reblog_key", "id_string", "note_count", "trail")
    )
    return isinstance(item.get("blog_name"), str) and "type" in item and own_fields >= 2


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a post."""
    if item.get("state") in _HIDDEN:
        raise LeftOut("drafts and private posts")
    markup = [
        first(item, name) for name in ("body", "caption", "text", "quote", "answer", "description")
    ]
    words = [html.to_text(str(one)) for one in markup if isinstance(one, str)]
    words += [
        str(b["text"]) for b in objects(item.get("content")) if isinstance(b.get("text"), str)
    ]
    words = words or [html.to_text(str(item.get("summary") or ""))]
    user = str(item["blog_name"])
    pictures = [first(p, "original_size.url") for p in objects(item.get("photos"))]
    pictures += [
        first(objects(b.get("media"))[0], "url")
        for b in objects(item.get("content"))
        if b.get("type") in ("image", "video") and objects(b.get("media"))
    ]
    return {
        "id": str(first(item, "id_string", "id")),
        "text": "\n".join(dict.fromkeys(w for w in words if w)),
        "title": first(item, "title", "source_title") if item.get("type") == "text" else None,
        "user": user,
        "time": epoch(first(item, "timestamp", "date")),
        "tags": names_of(item.get("tags")),
        "links": html.links("\n".join(one for one in markup if isinstance(one, str))),
        "image": [p for p in pictures if p] or first(item, "video_url"),
        "audio": first(item, "audio_url"),
        "url": item.get("post_url"),
        "reactions": reactions(user, "share", [first(item, "parent_post_id", "reblogged_from_id")]),
        **counts(likes=first(item, "note_count")),
    }
