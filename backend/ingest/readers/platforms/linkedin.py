"""LinkedIn: shares and comments of the data that it sends."""

from __future__ import annotations

from backend.ingest.readers.platforms.common import Cells, Context, Item, LeftOut, first, hashtags

NAME = "linkedin"
TITLE = "LinkedIn"
PRIVATE = (
    (r"(^|/)(messages|guide_messages|learning_.*messages)\.csv$", "private messages"),
    (r"(^|/)(connections|email addresses|phonenumbers|imported_?contacts|contacts)\.csv$",
     "contacts and addresses, which are private"),
)  # fmt: skip


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a share or a comment."""
    if "ShareCommentary" in item or {"ShareLink", "Date"} <= item.keys():
        return True
    return item.keys() == {"Date", "Link", "Message"}


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a share or a comment."""
    who = str(item.get("Visibility") or "").upper()
    if who in ("CONNECTIONS_ONLY", "CONTAINER", "PRIVATE"):
        raise LeftOut("posts that not everybody may see")
    words = str(first(item, "ShareCommentary", "Message") or "")
    # Lines are each in quotes of their own.
    words = words.replace('"\n"', "\n").replace('""', '"')
    return {
        "text": words,
        "time": item.get("Date"),
        "tags": hashtags(words),
        "image": first(item, "MediaUrl"),
        "url": first(item, "ShareLink", "Link"),
        "kind": "comment" if "Message" in item else "post",
    }
