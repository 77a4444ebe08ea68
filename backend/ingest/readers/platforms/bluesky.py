"""Posts of Bluesky: feeds of its API, records, and the firehose."""

from __future__ import annotations

from typing import Any

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
)

NAME = "bluesky"
TITLE = "Bluesky"
_POST = "app.bsky.feed.post"
_REACTIONS = {"app.bsky.feed.like": "like", "app.bsky.feed.repost": "share"}


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a post, a like or a repost."""
    if path[-1:] in (("record",), ("value",), ("embed",)):
        return False
    record = _record(item)
    kind = str(record.get("$type") or first(item, "commit.collection") or "")
    if kind in _REACTIONS:
        return isinstance(record.get("subject"), dict)
    is_post = kind == _POST or str(first(item, "post.uri", "uri") or "").startswith("at://")
    return is_post and "text" in record and "createdAt" in record


def _record(item: Item) -> dict[str, Any]:
    found = first(item, "post.record", "record", "value", "commit.record")
    return found if isinstance(found, dict) else dict(item)


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a post; a like or a repost is a reaction only."""
    view = item["post"] if isinstance(item.get("post"), dict) else item
    record = _record(item)
    uri = str(first(view, "uri") or _commit_uri(item) or "")
    did = uri.removeprefix("at://").partition("/")[0]
    user = str(first(view, "author.handle") or first(view, "author.did") or did or context.owner[0])
    kind = _REACTIONS.get(str(record.get("$type") or first(item, "commit.collection")))
    if kind:
        return {"reactions": reactions(user, kind, [at(record, "subject", "uri")])}
    found = reactions(user, "reply", [at(record, "reply", "parent", "uri")])
    quoted = first(record, "embed.record.uri") or first(record, "embed.record.record.uri")
    found += reactions(user, "quote", [quoted])
    by = first(item, "reason.by.handle", "reason.by.did")
    found += reactions(by, "share", [uri])
    features = [
        f for facet in objects(record.get("facets")) for f in objects(facet.get("features"))
    ]
    tagged = [f.get("tag") for f in features if str(f.get("$type")).endswith("#tag")]
    mentioned = [f.get("did") for f in features if str(f.get("$type")).endswith("#mention")]
    found += reactions(user, "mention", mentioned)
    tags = [*names_of(record.get("tags")), *names_of(tagged), *hashtags(record.get("text"))]
    languages = record.get("langs")
    pictures, films = _media(view, record, context)
    key = uri.rpartition("/")[2]
    return {
        "id": uri or None,
        "text": record.get("text"),
        "user": user,
        "name": first(view, "author.displayName") or context.owner[1],
        "time": record.get("createdAt"),
        "language": languages[0] if isinstance(languages, list) and languages else None,
        "tags": list(dict.fromkeys(tags)),
        "links": names_of([*features, first(record, "embed.external")], "uri"),
        "image": [*pictures, *films],
        "url": f"https://bsky.app/profile/{user}/post/{key}" if uri and user else None,
        "reactions": found,
        **counts(
            likes=view.get("likeCount"),
            shares=view.get("repostCount"),
            replies=view.get("replyCount"),
            quotes=view.get("quoteCount"),
        ),
    }


def _commit_uri(item: Item) -> str | None:
    key = first(item, "commit.rkey")
    return f"at://{item.get('did')}/{first(item, 'commit.collection')}/{key}" if key else None


def _media(view: Item, record: Item, context: Context) -> tuple[list[str], list[str]]:
    """Return pictures and films: files named by their CIDs, else addresses."""
    found: tuple[list[str], list[str]] = ([], [])
    shown = first(view, "embed.images", "embed.media.images") or []
    embeds = first(record, "embed.images", "embed.media.images") or []
    for i, image in enumerate(objects(embeds) or objects(shown)):
        cid = str(first(image, "image.ref.$link", "image.ref", "image.cid") or "")
        file = (
            context.local(*(f"{cid}{ending}" for ending in ("", ".jpeg", ".jpg", ".png")))
            if cid
            else None
        )
        address = first(objects(shown)[i], "fullsize", "thumb") if i < len(objects(shown)) else None
        if file or address or cid:
            found[0].append(str(file or address or cid))
    film = str(first(record, "embed.video.ref.$link", "embed.video.ref") or "")
    if film and film != "None":
        found[1].append(context.local(film, f"{film}.mp4") or film)
    return found
