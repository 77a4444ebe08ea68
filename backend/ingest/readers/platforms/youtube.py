"""Comments and videos of YouTube: Takeout, the Data API, youtube-comment-downloader, yt-dlp."""

from __future__ import annotations

import json
import re
from typing import Any

from backend.ingest.readers.html import to_text
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    counts,
    epoch,
    first,
    hashtags,
    names_of,
    reactions,
)

NAME = "youtube"
TITLE = "YouTube"
PRIVATE = (
    (r"(^|/)(watch-history|search-history|wiedergabeverlauf|suchverlauf)\.json$",
     "videos watched and searches, which are private"),
)  # fmt: skip
ASIDE = ("pageInfo", "thumbnails")
_PIECES = re.compile(r'\s*\{"(text|mention|link|emoji)":')
_CHANNEL = re.compile(r"UC[\w-]{2,40}")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a comment or a video."""
    if {"cid", "text", "author"} <= item.keys():
        return True
    if str(item.get("kind") or "").startswith("youtube#"):
        return isinstance(item.get("snippet"), dict)
    if {"id", "text", "author_id", "parent"} <= item.keys():
        return "timestamp" in item or "time_text" in item
    return "Comment Text" in item or _takeout(item) is not None


def _takeout(item: Item) -> list[str] | None:
    """Return the cells of a comment of Takeout, whose names are in the language of the account."""
    values = [str(value or "") for value in item.values()]
    has_pieces = any(map(_PIECES.match, values))
    return values if has_pieces and any(map(_CHANNEL.fullmatch, values)) else None


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a comment or a video."""
    if "cid" in item:
        return _downloaded(item)
    if "snippet" in item:
        return _api(item)
    if "author_id" in item:
        return _of_yt_dlp(item)
    return _comment(item)


def _comment(item: Item) -> Cells:
    values = [str(value or "") for value in item.values()]
    named = dict(item)
    body = str(first(named, "Comment Text", "Live Chat Text") or "")
    body = body or next((v for v in values if _PIECES.match(v)), "")
    channel = first(named, "Channel ID") or next((v for v in values if _CHANNEL.fullmatch(v)), "")
    time = first(named, "Comment Create Timestamp", "Live Chat Create Timestamp")
    time = time or next((v for v in values if re.match(r"\d{4}-\d\d-\d\dT", v)), None)
    words = _joined(body)
    parent = first(named, "Parent Comment ID", "Top-Level Comment ID")
    return {
        "id": first(named, "Comment ID", "Live Chat ID") or values[0],
        "text": words,
        "user": channel,
        "time": time,
        "tags": hashtags(words),
        "video": first(named, "Video ID"),
        "reactions": reactions(channel, "reply", [parent]),
    }


def _joined(body: str) -> str:
    """Join the pieces of JSON that a text is in."""
    if not _PIECES.match(body):
        return body
    try:
        pieces = json.loads(f"[{body}]")
    except (ValueError, RecursionError):
        return body
    return "".join(str(p.get("text") or "") for p in pieces if isinstance(p, dict))


def _downloaded(item: Item) -> Cells:
    user = str(first(item, "channel", "author") or "")
    id_ = str(item["cid"])
    parent = id_.rpartition(".")[0]
    words = str(item.get("text") or "")
    return {
        "id": id_,
        "text": words,
        "user": user,
        "name": item.get("author"),
        # Without it the time is only told as "2 weeks ago".
        "time": epoch(item.get("time_parsed")) or item.get("time"),
        "tags": hashtags(words),
        "reactions": reactions(user, "reply", [parent]),
        **counts(likes=item.get("votes"), replies=item.get("replies")),
    }


def _of_yt_dlp(item: Item) -> Cells:
    user, parent = str(item.get("author_id") or ""), item.get("parent")
    words = str(item.get("text") or "")
    return {
        "id": str(item["id"]),
        "text": words,
        "user": user,
        "name": item.get("author"),
        "time": epoch(item.get("timestamp")),
        "tags": hashtags(words),
        "reactions": reactions(user, "reply", [] if parent == "root" else [parent]),
        **counts(likes=item.get("like_count")),
    }


def _api(item: Item) -> Cells:
    snippet: Any = item["snippet"]
    top = first(snippet, "topLevelComment")
    if isinstance(top, dict):
        return _api(top) | {"id": str(item.get("id") or top.get("id"))}
    if first(snippet, "textOriginal", "textDisplay") is None and "title" not in snippet:
        raise LeftOut("entries that are no comments or videos")
    words = first(snippet, "textOriginal") or to_text(str(first(snippet, "textDisplay") or ""))
    id_ = item.get("id")
    id_ = first(id_, "videoId", "channelId", "playlistId") if isinstance(id_, dict) else id_
    user = first(snippet, "authorChannelId.value", "authorDisplayName", "channelId")
    is_comment = bool(words)
    body = str(words or first(snippet, "description") or "")
    return {
        "id": str(id_),
        "text": body,
        "title": None if is_comment else snippet.get("title"),
        "user": user,
        "name": first(snippet, "authorDisplayName", "channelTitle"),
        "time": first(snippet, "publishedAt"),
        "language": first(snippet, "defaultLanguage", "defaultAudioLanguage"),
        "tags": names_of(snippet.get("tags")) or hashtags(body),
        "video": first(snippet, "videoId"),
        "reactions": reactions(user, "reply", [snippet.get("parentId")]),
        **counts(
            likes=first(snippet, "likeCount") or first(item, "statistics.likeCount"),
            replies=first(item, "statistics.commentCount"),
            views=first(item, "statistics.viewCount"),
        ),
    }
