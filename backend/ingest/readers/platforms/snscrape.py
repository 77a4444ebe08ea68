"""Posts that snscrape or twscrape collected, from X and from other platforms."""

from __future__ import annotations

import re

from backend.ingest.readers.platforms import x_tweet
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    at,
    counts,
    first,
    hashtags,
    names_of,
    objects,
    reactions,
    text,
)

NAME = "snscrape"
TITLE = "snscrape"
_TEXTS = ("rawContent", "content", "renderedContent", "body", "selftext", "caption", "title")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a post of snscrape."""
    module = str(item.get("_type") or "")
    if module.startswith(("snscrape.modules.", "snscrape.base.")):
        return first(item, *_TEXTS) is not None
    if "renderedContent" in item or ("rawContent" in item and "likeCount" in item):
        return True
    return "content" in item and "likeCount" in item and "retweetCount" in item


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a post."""
    user = first(
        item, "user.username", "username", "author", "user.screen_name", "channel.username"
    )
    user = str(user) if isinstance(user, str | int) else _shown(item.get("user"), "username")
    body = text(first(item, *_TEXTS))
    found = reactions(user, "reply", [first(item, "inReplyToTweetId", "parentId")])
    found += reactions(user, "quote", [first(item, "quotedTweet.id")])
    found += reactions(user, "share", [first(item, "retweetedTweet.id")])
    mentioned = names_of(item.get("mentionedUsers"), "username")
    found += reactions(user, "mention", [f"@{name}" for name in mentioned])
    id_ = first(item, "id", "id_str", "mid", "url")
    return {
        "id": str(id_) if id_ is not None else None,
        "text": body,
        "title": item.get("title"),
        "user": user,
        "name": first(item, "user.displayname", "user.name")
        or _shown(item.get("user"), "displayname"),
        "time": first(item, "date", "created", "createdAt"),
        "language": x_tweet.language(item.get("lang")),
        "tags": names_of(item.get("hashtags"), "text", "name") or hashtags(body),
        "image": [
            url for one in _media(item) if (url := first(one, "fullUrl", "url", "previewUrl"))
        ],
        "url": item.get("url"),
        "reactions": found,
        **counts(
            likes=first(item, "likeCount", "likes"),
            shares=first(item, "retweetCount", "shares"),
            replies=first(item, "replyCount", "comments"),
            quotes=item.get("quoteCount"),
            views=first(item, "viewCount", "views"),
        ),
    }


def _shown(value: object, name: str) -> str:
    """Return a value of an object that a table holds as Python shows it."""
    pattern = rf"""['"]?{name}['"]?\s*[:=]\s*(?:'([^']{{1,100}})'|"([^"]{{1,100}})")"""
    match = re.search(pattern, value[:10_000]) if isinstance(value, str) else None
    return match[1] or match[2] if match else ""


def _media(item: Item) -> list[dict[str, object]]:
    found = objects(item.get("media"))
    found += [
        {"url": first(v, "thumbnailUrl")} for v in objects(at(item, "media", "videos"))
    ] + objects(at(item, "media", "photos"))
    return [_film(one) or one for one in found]


def _film(medium: Item) -> dict[str, object] | None:
    films = [v for v in objects(medium.get("variants")) if "mp4" in str(v.get("contentType"))]
    return {"url": films[0].get("url")} if films else None
