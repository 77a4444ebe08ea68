"""Tweets as the APIs of X (Twitter) and their collectors write them: v1.1, v2, twarc."""

from __future__ import annotations

from typing import Any

from backend.ingest.readers.platforms import x_tweet
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    at,
    counts,
    first,
    names_of,
    objects,
    reactions,
    text,
)

NAME = "x-api"
TITLE = "X (Twitter) API, twarc"
ASIDE = ("includes", "matching_rules", "errors", "__twarc")
_SECOND = ("author_id", "edit_history_tweet_ids", "public_metrics", "referenced_tweets")
_KINDS = {"retweeted": "share", "quoted": "quote", "replied_to": "reply"}


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a tweet of one of the APIs."""
    if "includes" in path or not isinstance(first(item, "full_text", "text"), str):
        return False
    if _is_first(item):
        return True
    has_second = any(name in item or f"{name}.like_count" in item for name in _SECOND)
    return (
        "id" in item and has_second and ("created_at" in item or "edit_history_tweet_ids" in item)
    )


def _is_first(item: Item) -> bool:
    named = isinstance(first(item, "user.screen_name"), str)
    has_own_field = any(
        name in item for name in ("id_str", "entities", "truncated", "favorite_count")
    )
    return named and "created_at" in item and has_own_field and ("id_str" in item or "id" in item)


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a tweet."""
    return _first_api(item) if _is_first(item) else _second_api(item, context)


def _first_api(tweet: Item) -> Cells:
    user = str(first(tweet, "user.screen_name"))
    made = x_tweet.common_cells(tweet, user)
    original = first(tweet, "retweeted_status")
    if isinstance(original, dict):  # its text is cut, the original's is not
        author = at(original, "user", "screen_name")
        made["text"] = f"RT @{author}: {x_tweet.full_text(original)}"
        made["tags"] = names_of(x_tweet.entities(original).get("hashtags"), "text") or made["tags"]
        made["reactions"] += reactions(user, "share", [first(original, "id_str", "id")])
    return made | {
        "user": user,
        "name": first(tweet, "user.name"),
        "image": x_tweet.media(tweet),
        "url": f"https://x.com/{user}/status/{made['id']}",
    }


def _second_api(tweet: Item, context: Context) -> Cells:
    users, media = _includes(context)
    id_ = first(tweet, "author_id", "author.id")
    author = first(tweet, "author") or users.get(str(id_)) or {}
    user = str(first(author, "username") or first(tweet, "author.username") or id_ or "")
    said = first(tweet, "note_tweet.entities", "entities") or {}
    mentioned = names_of(first(said, "mentions"), "username")
    found = reactions(user, "mention", [f"@{name}" for name in mentioned])
    for other in objects(tweet.get("referenced_tweets")):
        kind = _KINDS.get(str(other.get("type")))
        found += reactions(user, kind, [other.get("id")]) if kind else []
    keys = first(tweet, "attachments.media_keys") or []
    shown = [media.get(str(key), {}) for key in keys] if isinstance(keys, list) else []
    shown += objects(first(tweet, "attachments.media"))
    metrics = first(tweet, "public_metrics") or {}
    return {
        "id": str(first(tweet, "id")),
        "text": text(first(tweet, "note_tweet.text", "text")),
        "user": user,
        "name": first(author, "name") or first(tweet, "author.name"),
        "time": first(tweet, "created_at"),
        "language": x_tweet.language(tweet.get("lang")),
        "tags": names_of(first(said, "hashtags"), "tag", "text"),
        "links": x_tweet.links(first(said, "urls")),
        "image": [url for one in shown if (url := first(one, "url", "preview_image_url"))],
        "url": f"https://x.com/{user or 'i'}/status/{first(tweet, 'id')}",
        "reactions": found,
        **counts(
            likes=first(metrics, "like_count") or first(tweet, "public_metrics.like_count"),
            shares=first(metrics, "retweet_count") or first(tweet, "public_metrics.retweet_count"),
            replies=first(metrics, "reply_count") or first(tweet, "public_metrics.reply_count"),
            quotes=first(metrics, "quote_count") or first(tweet, "public_metrics.quote_count"),
            views=first(metrics, "impression_count"),
        ),
    }


def _includes(context: Context) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the users and the media that a page of answers brings, by their ids."""
    if context.memory.get("page") is not context.root:
        users = objects(at(context.root, "includes", "users"))
        media = objects(at(context.root, "includes", "media"))
        context.memory["page"] = context.root
        context.memory["users"] = {str(u.get("id")): u for u in users}
        context.memory["media"] = {str(m.get("media_key")): m for m in media}
    return context.memory["users"], context.memory["media"]
