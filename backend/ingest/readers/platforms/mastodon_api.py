"""Statuses as the API of Mastodon and its kin writes them."""

from __future__ import annotations

from backend.ingest.readers import html
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    counts,
    first,
    names_of,
    objects,
    reactions,
)

NAME = "mastodon-api"
TITLE = "Mastodon API"


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a status."""
    own_fields = sum(name in item for name in ("reblog", "visibility", "media_attachments", "uri"))
    return "content" in item and isinstance(first(item, "account.acct"), str) and own_fields >= 1


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a status; a boost is a reaction only."""
    user = str(first(item, "account.acct"))
    if item.get("visibility") == "direct":
        raise LeftOut("direct posts, which are private")
    boosted = item.get("reblog")
    if isinstance(boosted, dict):
        return {"reactions": reactions(user, "share", [boosted.get("id")])}
    choices = [str(o.get("title") or "") for o in objects(first(item, "poll.options"))]
    words = html.to_text(str(item.get("content") or ""))
    mentioned = names_of(item.get("mentions"), "acct")
    found = reactions(user, "reply", [item.get("in_reply_to_id")])
    found += reactions(user, "quote", [first(item, "quote.quoted_status.id", "quote.id")])
    found += reactions(user, "mention", [f"@{name}" for name in mentioned])
    return {
        "id": str(item.get("id")),
        "text": "\n".join(filter(None, [words, *choices])),
        "title": html.to_text(str(item.get("spoiler_text") or "")),
        "user": user,
        "name": first(item, "account.display_name", "account.username"),
        "time": item.get("created_at"),
        "language": item.get("language"),
        "tags": names_of(item.get("tags"), "name"),
        "links": html.links(str(item.get("content") or "")),
        "image": _media(item, "image", "gifv", "video"),
        "audio": _media(item, "audio"),
        "url": first(item, "url", "uri"),
        "visibility": item.get("visibility"),
        "reactions": found,
        **counts(
            likes=item.get("favourites_count"),
            shares=item.get("reblogs_count"),
            replies=item.get("replies_count"),
        ),
    }


def _media(item: Item, *kinds: str) -> list[str]:
    attached = objects(item.get("media_attachments"))
    addresses = (first(a, "url", "remote_url") for a in attached if a.get("type") in kinds)
    return [str(address) for address in addresses if address]
