"""Posts and comments of VK, as its API and its collectors write them."""

from __future__ import annotations

from typing import Any

from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    at,
    counts,
    epoch,
    first,
    hashtags,
    objects,
    reactions,
)

NAME = "vk"
TITLE = "VK"
ASIDE = ("profiles", "groups")
_SCREEN = ("screen_name", "domain")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a post or a comment."""
    if not {"from_id", "date", "text"} <= item.keys() or "id" not in item:
        return False
    return "owner_id" in item or "post_id" in item


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a post or a comment."""
    if str(item.get("friends_only") or "0") not in ("0", "False"):
        raise LeftOut("posts for friends, which are private")
    owner = first(item, "owner_id") or ""
    who = str(first(item, "from_id", "owner_id"))
    words = str(item.get("text") or "")
    copied = objects(item.get("copy_history"))
    if not words and copied:
        words = str(copied[0].get("text") or "")
    shared = [f"{c.get('owner_id')}_{c.get('id')}" for c in copied]
    is_comment = "post_id" in item
    answered = [f"{owner}_{item['post_id']}"] if is_comment else []
    id_ = f"{owner}_{item['id']}" if owner else str(item["id"])
    return {
        "id": id_,
        "text": words,
        "user": who,
        "name": _name(who, context),
        "time": epoch(item.get("date")),
        "tags": [tag.partition("@")[0] for tag in hashtags(words)],
        "image": [url for a in objects(item.get("attachments")) if (url := _picture(a))],
        "url": f"https://vk.com/wall{id_}" if owner and not is_comment else None,
        "reactions": [*reactions(who, "share", shared), *reactions(who, "reply", answered)],
        **counts(
            likes=first(item, "likes.count", "likes"),
            shares=first(item, "reposts.count", "reposts"),
            replies=first(item, "comments.count", "comments"),
            views=first(item, "views.count", "views"),
        ),
    }


def _picture(attachment: Item) -> Any:
    sizes = objects(first(attachment, "photo.sizes"))
    if sizes:
        return max(sizes, key=lambda s: s.get("width") or 0).get("url")
    return first(attachment, "photo.photo_1280", "photo.photo_604")


def _name(id_: str, context: Context) -> str | None:
    """Return the name of an author, which stands beside the posts."""
    if context.memory.get("page") is not context.around:
        known: dict[str, str] = {}
        for profile in objects(at(context.around, "profiles")):
            known[str(profile.get("id"))] = (
                f"{profile.get('first_name', '')} {profile.get('last_name', '')}".strip()
            )
        for group in objects(at(context.around, "groups")):
            known[f"-{group.get('id')}"] = str(first(group, "name", *_SCREEN) or "")
        context.memory["page"], context.memory["names"] = context.around, known
    return context.memory["names"].get(id_)
