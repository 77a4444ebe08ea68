"""The archive of an X (Twitter) account: tweets in scripts, media named by the id of the tweet."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import dates, json_items
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms import x_tweet
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    at,
    first,
    names_of,
    objects,
    reactions,
    text,
)

NAME = "x-archive"
TITLE = "X (Twitter) archive"
PRIVATE = (
    (r"(^|/)direct[-_]messages?(-group)?(-part\d+)?\.js$", "direct messages, which are private"),
    (r"(^|/)deleted[-_](note-)?tweets?[\w-]*\.js$", "deleted posts"),
    (r"(^|/)(contact|phone-number|email-address-change|ip-audit|connected-app)[\w-]*\.js$",
     "private facts about the account"),
)  # fmt: skip
_FOLDERS = ("tweets_media", "tweet_media", "community_tweet_media", "tweets_media_community")
_NOTES = re.compile(r"(^|/)note-tweet(-part\d+)?\.js$")
_ACCOUNT = re.compile(r"(^|/)(account|profile)\.js$")
_CUT = 40  # characters of a long tweet that its short form surely has


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a tweet or a like of an archive."""
    if isinstance(item.get("like"), dict) and "tweetId" in item["like"]:
        return True
    tweet = _tweet(item)
    if "user" in item and tweet is item:
        return False  # as the API gives it
    return (
        isinstance(first(tweet, "full_text", "text"), str)
        and "created_at" in tweet
        and "id_str" in tweet
        and isinstance(tweet.get("entities"), dict)
    )


def _tweet(item: Item) -> Item:
    inner = item.get("tweet")
    return inner if isinstance(inner, dict) else item


def prepare(tree: Tree, context: Context) -> None:
    """Look up whose archive it is, and the long texts of its tweets."""
    notes: dict[Any, list[Item]] = {}
    for name in tree.names(".js"):
        if _ACCOUNT.search(name):
            for item in _items(tree, name):
                account = first(item, "account") or {}
                if first(account, "username"):
                    handle = str(account["username"])[:100]
                    shown = str(first(account, "accountDisplayName") or handle)[:100]
                    context.owner = handle, shown
        elif _NOTES.search(name):
            for item in _items(tree, name):
                note = item.get("noteTweet")
                if isinstance(note, dict):
                    notes.setdefault(_second(note.get("createdAt")), []).append(note)
    context.memory["notes"] = notes


def _items(tree: Tree, name: str) -> list[dict[str, Any]]:
    try:
        return [item.value for item in json_items.items(tree, name) if isinstance(item.value, dict)]
    except KindredError:
        return []


def _second(time: Any) -> datetime | None:
    try:
        return dates.parse(time).replace(microsecond=0)
    except KindredError:
        return None


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a tweet, with its long text and the files of its media."""
    user, name = context.owner
    if isinstance(item.get("like"), dict):
        return {"reactions": reactions(user, "like", [item["like"].get("tweetId")])}
    tweet = _tweet(item)
    made = x_tweet.common_cells(tweet, user)
    if not made["id"]:
        raise LeftOut("tweets without an id")
    note = _note(tweet, made["text"], context)
    if note is not None:
        core = first(note, "core") or {}
        made["text"] = text(core.get("text"))
        made["tags"] = names_of(core.get("hashtags"), "text", "tag") or made["tags"]
    addresses = x_tweet.media(tweet)
    files = [_file(context, made["id"], address) or address for address in addresses]
    quoted = [
        match[1]
        for url in objects(at(tweet, "entities", "urls"))
        if (
            match := re.search(r"(?:twitter|x)\.com/\w+/status/(\d+)", str(url.get("expanded_url")))
        )
    ]
    made["reactions"] += reactions(user, "quote", quoted)
    address = f"https://x.com/{user}/status/{made['id']}" if user else None
    return made | {"user": user, "name": name, "image": files, "url": address}


def _note(tweet: Item, short: str, context: Context) -> Item | None:
    """Return the long form of a tweet: written in the same second, with the same start."""
    notes = context.memory.get("notes")
    if not notes:
        return None
    begin = re.sub(r"\s*(…|\.\.\.)?\s*(https://t\.co/\w+)?\s*$", "", short)
    for note in notes.get(_second(tweet.get("created_at")), ()):
        whole = text(at(note, "core", "text"))
        if len(whole) > len(begin) and whole[:_CUT] == begin[:_CUT]:
            return note
    return None


def _file(context: Context, id_: str, address: str) -> str | None:
    base = address.partition("?")[0].rpartition("/")[2]
    folder = context.file.rpartition("/")[0]
    inside = [f"{folder}/{media}/{id_}-{base}".lstrip("/") for media in _FOLDERS]
    for name in inside:
        if name in context.tree.sizes:
            return "/" + name
    return context.local(f"{id_}-{base}")
