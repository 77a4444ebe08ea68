"""What Instagram, Facebook and Threads export as JSON, their broken UTF-8 mended."""

from __future__ import annotations

import json
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.mojibake import mended
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    at,
    epoch,
    first,
    hashtags,
    objects,
    text,
)

NAME = "meta"
TITLE = "Instagram, Facebook or Threads export"
PRIVATE = (
    (r"(^|/)messages/.*message_\d+\.json$", "private messages"),
    (r"(^|/)(inbox|message_requests|archived_threads|filtered_threads)/.*\.json$",
     "private messages"),
    (r"(^|/)(profile_photos|profile_pictures|cover_photos)[\w-]*\.json$", "portraits"),
    (r"(^|/)(archived_posts|recently_deleted[\w-]*|drafts?|your_uncategori[sz]ed[\w-]*)\.json$",
     "posts that were archived, deleted or never sent"),
)  # fmt: skip
_PORTRAITS = ("ig_profile_picture", "profile_photos", "profile", "profile_picture")
_HIDDEN = ("ig_archived_post_media", "ig_recently_deleted_media", "direct", "archived_posts")
_NAMES = ("personal_information", "profile_information")
_SMALL = 2**22
_SOUNDS = (".mp3", ".m4a", ".aac", ".wav", ".ogg", ".opus")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a post, a comment, or a picture with its caption."""
    if "sender_name" in item and "timestamp_ms" in item:
        return True  # a message
    if {"uri", "creation_timestamp"} <= item.keys():
        return path[-1:] != ("media",)
    if any("uri" in one for one in objects(item.get("media"))):
        return True
    if {"path", "taken_at"} <= item.keys():
        return True
    if _value(item, "Comment") is not None and "string_map_data" in item:
        return True
    data = objects(item.get("data"))
    has_words = any("post" in one or "comment" in one for one in data)
    attached = any(one.get("data") for one in objects(item.get("attachments")))
    return "timestamp" in item and (has_words or attached)


def prepare(tree: Tree, context: Context) -> None:
    """Look up whose export it is."""
    for name in tree.names(".json"):
        base = name.rpartition("/")[2].removesuffix(".json")
        if base in _NAMES and tree.sizes[name] <= _SMALL:
            try:
                profile = mended(json.loads(tree.read(name, _SMALL)))
            except (KindredError, ValueError, RecursionError):
                continue
            found = _owner(profile)
            if found[0]:
                context.owner = found


def _owner(profile: Any) -> tuple[str, str]:
    user = next(iter(objects(at(profile, "profile_user"))), None)
    if user is not None:
        handle = str(_value(user, "Username") or "")
        return handle, str(_value(user, "Name") or handle)
    name = first(profile, "profile_v2.name.full_name", "profile.name.full_name")
    return (str(name), str(name)) if name else ("", "")


def _value(item: Item, name: str) -> Any:
    """Return a value of ``string_map_data``."""
    return at(item, "string_map_data", name, "value")


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a post."""
    item = mended(item)
    path = tuple(map(str, mended(list(context.path))))
    if "sender_name" in item:
        raise LeftOut("private messages")
    if any(name in _PORTRAITS for name in path):
        raise LeftOut("portraits")
    if any(name in _HIDDEN for name in path) or item.get("is_draft"):
        raise LeftOut("posts that were archived, deleted or never sent")
    user, name = context.owner
    words, time, media = _content(item)
    if not words and not media:
        raise LeftOut("entries without words, pictures or sounds")
    sounds = [uri for uri in media if uri.lower().endswith(_SOUNDS)]
    return {
        "text": words,
        "user": _author(item) or user,
        "name": _author(item) or name,
        "time": epoch(time),
        "tags": hashtags(words),
        "image": [uri for uri in media if uri not in sounds],
        "audio": sounds,
    }


def _content(item: Item) -> tuple[str, Any, list[str]]:
    """Return the words, the time and the media of a post in any of the layouts."""
    if "string_map_data" in item:
        return str(_value(item, "Comment")), at(item, "string_map_data", "Time", "timestamp"), []
    if "path" in item and "taken_at" in item:
        return str(item.get("caption") or ""), item["taken_at"], [str(item["path"])]
    media = objects(item.get("media")) or ([dict(item)] if "uri" in item else [])
    words = [item.get("title") if "media" in item else None]
    if "data" in item or "attachments" in item:
        words = [
            one.get("post") or at(one, "comment", "comment") for one in objects(item.get("data"))
        ]
        parts = [p for a in objects(item.get("attachments")) for p in objects(a.get("data"))]
        media = [p["media"] for p in parts if isinstance(p.get("media"), dict)]
        if not any(words):
            words += [p.get("text") for p in parts]
    words += [first(one, "description", "title") for one in media if not any(words)]
    texts = list(dict.fromkeys(text(w).strip() for w in words if isinstance(w, str) and w.strip()))
    time = first(item, "creation_timestamp", "timestamp")
    time = time or first(media[0] if media else {}, "creation_timestamp")
    return "\n".join(texts), time, [str(one["uri"]) for one in media if one.get("uri")]


def _author(item: Item) -> str:
    """Return who wrote a comment, where it says."""
    said = [at(one, "comment", "author") for one in objects(item.get("data"))]
    return next((name for name in said if isinstance(name, str)), "")
