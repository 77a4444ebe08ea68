"""Tweets as the archive and the first API of X (Twitter) write them."""

from __future__ import annotations

from typing import Any

from backend.domain import Reaction
from backend.ingest.readers.platforms.common import (
    Cells,
    Item,
    at,
    counts,
    first,
    names_of,
    objects,
    reactions,
    text,
)

# What the language of a tweet may say that is none.
NO_LANGUAGE = {"und", "zxx", "mis", "art", "qam", "qct", "qht", "qme", "qst"}


def language(code: Any) -> str | None:
    """Return the language of a tweet; None for what is none.

    Examples
    --------
    >>> language("en"), language("und"), language("in")
    ('en', None, 'id')
    """
    written = str(code or "")
    if written in NO_LANGUAGE:
        return None
    return {"in": "id", "iw": "he"}.get(written, written) or None


def full_text(tweet: Item) -> str:
    """Return the text of a tweet; of one that was cut the long text."""
    return text(first(tweet, "extended_tweet.full_text", "full_text", "text"))


def entities(tweet: Item) -> Item:
    """Return the entities of a tweet, with those of its long form."""
    found = first(tweet, "extended_tweet.entities", "entities")
    return found if isinstance(found, dict) else {}


def media(tweet: Item) -> list[str]:
    """Return the addresses of the pictures and films of a tweet."""
    found = first(
        tweet,
        "extended_tweet.extended_entities.media",
        "extended_entities.media",
        "extended_tweet.entities.media",
        "entities.media",
    )
    return [address for one in objects(found) if (address := _address(one))]


def _address(medium: Item) -> str:
    films = [v for v in objects(at(medium, "video_info", "variants")) if v.get("url")]
    films = [v for v in films if "mp4" in str(v.get("content_type"))] or films
    if films:
        return str(max(films, key=lambda v: _bitrate(v))["url"])
    return str(first(medium, "media_url_https", "media_url") or "")


def _bitrate(variant: Item) -> int:
    rate = variant.get("bitrate") or 0
    return int(rate) if str(rate).isdigit() else 0


def links(urls: Any) -> list[str]:
    """Return the addresses behind the short ones of a text."""
    return names_of(urls, "unwound_url", "expanded_url")


def common_cells(tweet: Item, user: str) -> Cells:
    """Return the cells of a tweet but for its author and media.

    Parameters
    ----------
    tweet : mapping
    user : str
        Id of the author, whose reactions these are.
    """
    id_ = str(first(tweet, "id_str", "id") or "")
    said = entities(tweet)
    mentioned = names_of(said.get("user_mentions"), "screen_name")
    found: list[Reaction] = []
    found += reactions(
        user, "reply", [first(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id")]
    )
    found += reactions(user, "quote", [first(tweet, "quoted_status_id_str", "quoted_status_id")])
    found += reactions(user, "mention", [f"@{name}" for name in mentioned])
    return {
        "id": id_,
        "text": full_text(tweet),
        "time": first(tweet, "created_at"),
        "language": language(tweet.get("lang")),
        "tags": names_of(said.get("hashtags"), "text", "tag"),
        "links": links(said.get("urls")),
        "reactions": found,
        **counts(
            likes=first(tweet, "favorite_count"),
            shares=first(tweet, "retweet_count"),
            replies=first(tweet, "reply_count"),
            quotes=first(tweet, "quote_count"),
        ),
    }
