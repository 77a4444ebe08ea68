"""TikTok: the data that it sends, its research API, and what collectors write."""

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
    names_of,
)

NAME = "tiktok"
TITLE = "TikTok"
_COMMENTS = ("CommentsList", "Comments List")
_OWN = ("Videos", "Posts", "Post")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a comment, a video or a message."""
    if path[-1:] and path[-1] in _COMMENTS:
        return _any(item, "comment", "Comment") is not None
    if path[-1:] == ("VideoList",) and any(name in _OWN for name in path):
        return _any(item, "Link", "link", "Date", "date") is not None
    if any("Direct Message" in name for name in path):
        return _any(item, "Content", "content") is not None
    return _is_scraped(item)


def _any(item: Item, *names: str) -> Any:
    return first(item, *names)


def _is_scraped(item: Item) -> bool:
    own = {"desc", "createTime"} <= item.keys() and ("author" in item or "stats" in item)
    research = {"video_description", "create_time"} <= item.keys()
    return own or research or {"authorMeta", "text"} <= item.keys() or "authorMeta.name" in item


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a comment or a video."""
    if _is_scraped(item):
        return _scraped(item)
    if any("Direct Message" in name for name in context.path):
        raise LeftOut("direct messages, which are private")
    if context.path[-1] in _COMMENTS:
        words = str(_any(item, "comment", "Comment"))
        return {
            "text": words,
            "time": _any(item, "date", "Date"),
            "tags": hashtags(words),
            "kind": "comment",
        }
    words = str(_any(item, "Title", "title", "Description") or "")
    who = str(_any(item, "WhoCanView", "whoCanView") or "").lower()
    if who in ("self", "only me", "private", "friends"):
        raise LeftOut("videos that not everybody may see")
    if not words:
        raise LeftOut("videos without words or a file")
    return {
        "text": words,
        "time": _any(item, "Date", "date"),
        "tags": hashtags(words),
        "url": _any(item, "Link", "link"),
        "kind": "video",
        **counts(likes=_any(item, "Likes", "likes")),
    }


def _scraped(item: Item) -> Cells:
    words = str(first(item, "desc", "video_description", "text") or "")
    user = first(item, "author.uniqueId", "author", "username", "authorMeta.name")
    user = str(user) if isinstance(user, str) else ""
    id_ = first(item, "id")
    tags = names_of(first(item, "hashtag_names", "hashtags", "challenges"), "name", "title")
    tags = tags or names_of(item.get("textExtra"), "hashtagName") or hashtags(words)
    url = first(item, "webVideoUrl", "shareUrl")
    return {
        "id": str(id_) if id_ is not None else None,
        "text": words,
        "user": user,
        "name": first(item, "author.nickname", "authorMeta.nickName"),
        "time": epoch(first(item, "createTime", "create_time", "createTimeISO")),
        "tags": tags,
        "image": first(item, "videoMeta.downloadAddr", "videoUrl"),
        "url": url or (f"https://www.tiktok.com/@{user}/video/{id_}" if user and id_ else None),
        **counts(
            likes=first(item, "stats.diggCount", "diggCount", "like_count"),
            shares=first(item, "stats.shareCount", "shareCount", "share_count"),
            replies=first(item, "stats.commentCount", "commentCount", "comment_count"),
            views=first(item, "stats.playCount", "playCount", "view_count"),
        ),
        "region": at(item, "region_code"),
    }
