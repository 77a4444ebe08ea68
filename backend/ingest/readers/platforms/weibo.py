"""Posts of Weibo: the tables and JSON of its collectors, and its own API."""

from __future__ import annotations

import re

from backend.ingest.readers.html import to_text
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    counts,
    first,
    names_of,
    objects,
    reactions,
)

NAME = "weibo"
TITLE = "Weibo"
ASIDE = ("user",)
_TOPIC = re.compile(r"#([^#\s]{1,60})#")
_TEXTS = ("微博正文", "正文", "博文内容", "微博内容")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a post."""
    if any(name in item for name in _TEXTS):
        return any(
            name in item for name in ("发布时间", "点赞数", "日期", "微博id", "bid", "用户id")
        )
    own_fields = sum(
        name in item for name in ("reposts_count", "attitudes_count", "bid", "mblogid")
    )
    return "text" in item and "created_at" in item and own_fields >= 2


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a post."""
    words = to_text(str(first(item, *_TEXTS, "text_raw", "text") or ""))
    user = first(item, "用户id", "user_id", "user.id", "uid")
    name = first(item, "用户昵称", "用户名", "screen_name", "user.screen_name", "昵称")
    tags = [
        t.strip("#") for t in str(first(item, "话题", "topics") or "").split(",") if t.strip("# ")
    ]
    pictures = first(item, "原始图片url", "微博图片url", "pics", "图片url")
    if isinstance(pictures, str):
        pictures = [p for p in re.split(r"[,\s]+", pictures) if p.startswith("http")]
    else:
        pictures = [first(p, "large.url", "url") for p in objects(pictures)]
    film = str(first(item, "微博视频url", "视频url", "video_url") or "")
    original = first(item, "retweet_id", "源微博id", "retweeted_status.id", "retweet.id")
    bid = first(item, "bid", "mblogid")
    return {
        "id": str(first(item, "微博id", "id", "mid", "bid") or "") or None,
        "text": words,
        "user": str(user) if user is not None else name,
        "name": name,
        "time": first(item, "完整日期", "full_created_at", "发布时间", "created_at", "日期"),
        "tags": names_of(tags) or list(dict.fromkeys(_TOPIC.findall(words))),
        "image": [*(p for p in pictures if p), *([film] if film.startswith("http") else [])],
        "url": f"https://weibo.com/{user}/{bid}" if user and bid else None,
        "reactions": reactions(user or name, "share", [original]),
        **counts(
            likes=first(item, "点赞数", "attitudes_count"),
            shares=first(item, "转发数", "reposts_count"),
            replies=first(item, "评论数", "comments_count"),
        ),
    }
