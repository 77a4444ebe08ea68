"""The archive that VK sends: pages of the wall and of comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from backend.ingest.readers import html
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms import common, html_pages
from backend.ingest.readers.platforms.common import Cells, LeftOut
from backend.ingest.readers.platforms.html_pages import href, words

NAME = "vk-html"
TITLE = "VK archive"
_PAGES = re.compile(r"(^|/)(wall/wall\d*|comments/comments\d*)\.html?$")
_MESSAGES = re.compile(r"(^|/)messages/-?\d+/messages\d+\.html?$")
_POST = re.compile(r"wall(-?\d+)_(\d+)(?:\?(?:.*&)?reply=(\d+))?")
_MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_TIME = re.compile(r"(\d{1,2}) ([а-яё]{3,8})\.? (\d{4})(?: г\.?)? в (\d{1,2}:\d\d(?::\d\d)?)", re.I)


def matches(tree: Tree) -> str | None:
    """Return why the source is an archive of VK."""
    return common.first_of(_pages(tree))


def _pages(tree: Tree) -> list[str]:
    return html_pages.pages(tree, _PAGES, b"item")


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each post and each comment of the account."""
    for name in filter(_MESSAGES.search, tree.names(".html", ".htm")):
        count = tree.read(name).count(b'class="message"')
        tree.leave_out(name, "private messages", max(1, count))
    for name in [options.table] if options.table else _pages(tree):
        yield from html_pages.rows(tree, [name], "div.item", _post)


def _post(item: LexborNode) -> Cells:
    link = item.css_first("a.post__link") or item.css_first('a[href*="/wall"]')
    match = _POST.search(href(link) or words(link))
    attached = [words(n) for n in item.css(".attachment__link")]
    when = item.css_first(".item__tertiary")
    time = words(when) or words(item.last_child)
    for node in (*item.css(".attachment"), *item.css(".kludges"), link, when):
        if node is not None:
            node.decompose()
    main = item.css_first(".item__main") or item
    text = words(main).removesuffix(time).strip()
    if not text and not any(address.startswith("http") for address in attached):
        raise LeftOut("entries without words or pictures")
    owner, number, reply = match.groups() if match else ("", "", None)
    id_ = f"{owner}_{number}" if number else ""
    # The wall of an account is its own; whose a comment is, its page does not say.
    user = owner if not reply else ""
    return {
        "id": f"{owner}_{reply}" if reply else id_ or None,
        "text": text,
        "user": user,
        "time": _time(time),
        "tags": [tag.partition("@")[0] for tag in common.hashtags(text)],
        "links": html.links(main.html or ""),
        "image": [a for a in attached if re.search(r"\.(jpe?g|png|gif|webp)(\?|$)", a)],
        "url": f"https://vk.com/wall{id_}" if id_ and not reply else None,
        "kind": "comment" if reply else "post",
        "reactions": common.reactions(user, "reply", [id_] if reply else []),
    }


def _time(shown: str) -> str | None:
    """Return a time as VK writes it, ``5 янв 2020 в 12:00:00``."""
    match = _TIME.search(shown)
    if match is None:
        return shown or None
    month = next((i for i, m in enumerate(_MONTHS, 1) if match[2].lower().startswith(m)), 0)
    clock = match[4] if match[4].count(":") == 2 else f"{match[4]}:00"
    return f"{match[3]}-{month:02d}-{int(match[1]):02d}T{clock.zfill(8)}Z"


mapping = common.mapping
