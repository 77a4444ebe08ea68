"""The export of a Tumblr blog: a page for each post, and media named by the ids of posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from selectolax.lexbor import LexborNode

from backend.domain import KindredError
from backend.ingest.readers import html
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms import common, html_pages
from backend.ingest.readers.platforms.common import Cells, LeftOut
from backend.ingest.readers.platforms.html_pages import words

NAME = "tumblr-html"
TITLE = "Tumblr export"
_PAGES = re.compile(r"(^|/)(?:html/)?(\d{5,25})\.html?$")
_MEDIA = re.compile(r"(^|/)(\d{5,25})(?:_\d+)?\.\w{3,5}$")
_ACCOUNT = re.compile(r"(^|/)payload(-\d+)?\.json$")
_TIME = re.compile(r"(\w+) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}) (\d{1,2}):(\d\d)\s?([ap]m)", re.I)
_SOUNDS = (".mp3", ".m4a", ".wav", ".ogg", ".aac")
_SMALL = 2**26


def matches(tree: Tree) -> str | None:
    """Return why the source is the export of a blog."""
    return common.first_of(_pages(tree))


def _pages(tree: Tree) -> list[str]:
    return html_pages.pages(tree, _PAGES, b'id="timestamp"')


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each post."""
    blog = _blog(tree)
    media: dict[str, list[str]] = {}
    for name in tree.names():
        if (match := _MEDIA.search(name)) and not name.lower().endswith((".html", ".htm")):
            media.setdefault(match[2], []).append("/" + name)
    for name in [options.table] if options.table else _pages(tree):
        match = _PAGES.search(name)
        id_ = match[2] if match else name.rpartition("/")[2].partition(".")[0]

        def cells(body: LexborNode, id_: str = id_) -> Cells:
            return _post(body, id_, blog, media.get(id_, []))

        yield from html_pages.rows(tree, [name], "body", cells)


def _blog(tree: Tree) -> str:
    """Return the name of the blog, where the export tells of one only."""
    names: set[str] = set()
    for name in filter(_ACCOUNT.search, tree.names(".json")):
        try:
            payload = json.loads(tree.read(name, _SMALL))
        except (KindredError, ValueError, RecursionError):
            continue
        for part in common.objects(payload) or [payload]:
            blogs = common.objects(common.first(part, "data.blogs", "blogs"))
            names |= {str(one["name"]) for one in blogs if one.get("name")}
        tree.leave_out(name, "files about the account, which are private")
    return names.pop() if len(names) == 1 else ""


def _post(body: LexborNode, id_: str, blog: str, media: list[str]) -> Cells:
    footer = body.css_first("#footer")
    title = words(body.css_first("h1"))
    time = _time(words(body.css_first("#timestamp")))
    tags = [words(n).lstrip("#") for n in body.css("#footer .tag, .tags .tag")]
    shown = [n.attributes.get("src") or "" for n in body.css("img, video, audio, source")]
    for node in (footer, body.css_first("h1")):
        if node is not None:
            node.decompose()
    markup = body.html or ""
    text = words(body)
    named = {address.rpartition("/")[2] for address in shown}
    files = sorted(media, key=lambda n: n.rpartition("/")[2] not in named) or [
        address for address in shown if address.startswith("http")
    ]
    if not text and not title and not files:
        raise LeftOut("posts without words, pictures or sounds")
    quoted = body.css_first("a.tumblr_blog")
    shared = re.search(r"/post/(\d+)", html_pages.href(quoted))
    return {
        "id": id_,
        "text": "\n".join(filter(None, [title, text])),
        "title": title,
        "user": blog,
        "name": blog,
        "time": time,
        "tags": tags or common.hashtags(text),
        "links": html.links(markup),
        "image": [n for n in files if not n.lower().endswith(_SOUNDS)],
        "audio": [n for n in files if n.lower().endswith(_SOUNDS)],
        "url": f"https://{blog}.tumblr.com/post/{id_}" if blog else None,
        "reactions": common.reactions(blog, "share", [shared[1]] if shared else []),
    }


def _time(shown: str) -> datetime | str | None:
    """Return the time under a post, as in ``August 21st, 2018 10:04am``."""
    match = _TIME.search(shown)
    if match is None:
        return shown or None
    said = f"{match[1][:3]} {match[2]} {match[3]} {match[4]}:{match[5]} {match[6]}"
    try:
        return datetime.strptime(said, "%b %d %Y %I:%M %p").replace(tzinfo=UTC)
    except ValueError:
        return shown


mapping = common.mapping
