"""Reddit: the data that it sends, dumps such as Pushshift's, and its API."""

from __future__ import annotations

from backend.domain import KindredError
from backend.ingest.readers import delimited
from backend.ingest.readers.base import Options
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    counts,
    epoch,
    first,
    objects,
    reactions,
    text,
)

NAME = "reddit"
TITLE = "Reddit"
PRIVATE = (
    (r"(^|/)(messages|messages_archive|chat_history|message_headers)\.csv$", "private messages"),
    (r"(^|/)drafts\.csv$", "drafts"),
    (r"(^|/)(ip_logs|account_gender|checkfile|birthdate|linked_phone_number|persona)\.csv$",
     "private facts about the account"),
)  # fmt: skip
_GONE = {"[deleted]", "[removed]", "[deleted by user]", "[ Removed by Reddit ]"}
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a submission or a comment."""
    if {"id", "permalink", "date", "subreddit"} <= item.keys():
        return "body" in item  # the data that Reddit sends
    has_words = "selftext" in item or "body" in item
    own_fields = sum(
        name in item for name in ("link_id", "parent_id", "permalink", "score", "num_comments")
    )
    return (
        "id" in item
        and "subreddit" in item
        and has_words
        and "created_utc" in item
        and own_fields >= 1
    )


def prepare(tree: Tree, context: Context) -> None:
    """Look up whose data they are."""
    for name in tree.names("statistics.csv"):
        try:
            for row in delimited.read(tree, Options(table=name)):
                if row.cells.get("statistic") == "account name":
                    who = str(row.cells.get("value") or "")
                    context.owner = who, who
        except KindredError:
            continue


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a submission or a comment, but of none that was deleted."""
    is_post = "selftext" in item or "title" in item
    body = text(first(item, "selftext") if "selftext" in item else first(item, "body"))
    if body.strip() in _GONE or str(first(item, "title")) in _GONE:
        raise LeftOut("deleted or removed posts")
    author = str(first(item, "author") or context.owner[0])
    user = "" if author in _GONE else author
    prefix = "t3_" if is_post else "t1_"
    id_ = str(item["id"])
    link = str(first(item, "permalink") or "")
    parent = str(first(item, "parent_id", "parent") or "")
    if parent and "_" not in parent and "date" in item:
        parent = f"t1_{parent}"
    title = text(item.get("title"))
    return {
        "id": id_ if id_.startswith(("t1_", "t3_")) else prefix + id_,
        "text": body or title,
        "title": title,
        "user": user,
        "time": epoch(first(item, "created_utc", "date")),
        "links": _links(item),
        "image": _pictures(item),
        "url": f"https://www.reddit.com{link}" if link.startswith("/") else link,
        "subreddit": item.get("subreddit"),
        "flair": first(item, "link_flair_text"),
        "reactions": reactions(user, "reply", [parent]),
        **counts(likes=first(item, "score"), replies=first(item, "num_comments")),
    }


def _links(item: Item) -> list[str]:
    """Return where a submission of a link leads; one of words leads to itself."""
    address = str(first(item, "url_overridden_by_dest", "url") or "")
    is_own = item.get("is_self") or str(item.get("permalink") or "?") in address
    return [address] if address and not is_own and not _pictures(item) else []


def _pictures(item: Item) -> list[str]:
    gallery = first(item, "media_metadata")
    if isinstance(gallery, dict):
        shown = [first(one, "s.u", "s.gif") for one in objects(list(gallery.values()))]
        return [text(address) for address in shown if address]
    address = str(first(item, "url", "media") or "")
    ending = address.partition("?")[0].lower()
    return [address] if ending.endswith(_PICTURES) else []
