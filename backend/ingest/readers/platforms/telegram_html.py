"""Chats of Telegram exported as pages: ``messages.html``, ``messages2.html``, and media."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from selectolax.lexbor import LexborNode

from backend.domain import KindredError
from backend.ingest.readers import html
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms import common, html_pages
from backend.ingest.readers.platforms.common import Cells, LeftOut
from backend.ingest.readers.platforms.html_pages import href, words

NAME = "telegram-html"
TITLE = "Telegram export"
_PAGES = re.compile(r"(^|/)messages\d*\.html?$")
_CHATS = re.compile(r"(^|/)chats/")  # of an account, rather than one chat
_TIME = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d:\d\d)(?: UTC([+-]\d\d:\d\d))?")
_NUMBER = re.compile(r"message(-?\d+)$")
_SOUNDS = "a.media_voice_message, a.media_audio_file"
_PICTURES = (
    "a.photo_wrap, a.video_file_wrap, a.animated_wrap, a.sticker_wrap, a.media_video, a.media_photo"
)


def matches(tree: Tree) -> str | None:
    """Return why the source is a chat of Telegram."""
    return common.first_of(_pages(tree))


def _pages(tree: Tree) -> list[str]:
    return html_pages.pages(tree, _PAGES, b'class="history"')


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each message."""
    names = [options.table] if options.table else _pages(tree)
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    for folder, files in folders.items():
        yield from _chat(tree, folder if len(folders) > 1 else "", files)


def _chat(tree: Tree, folder: str, files: list[str]) -> Iterator[Row]:
    """Yield the messages of a chat, which may have several pages."""
    title, authors = "", set[str]()
    with suppress(KindredError):  # the reason is told with the messages
        first = html_pages.parsed(tree, files[0])
        title = words(first.css_first(".page_header .text.bold"))
        authors = {words(n) for n in first.css("div.message > .body > .from_name")}
    if _CHATS.search(files[0]) and len(authors) < 3 and title in authors:
        for name in files:
            count = tree.read(name).count(b'class="message default')
            tree.leave_out(name, "messages of private chats", max(1, count))
        return
    prefix = f"{folder.rpartition('/')[2]}/" if folder else ""
    before = [""]  # the author of the message before, whom a joined one does not repeat

    def cells(node: LexborNode) -> Cells:
        return _message(node, prefix, title if folder else "", before)

    yield from html_pages.rows(tree, files, "div.message", cells)


def _message(node: LexborNode, prefix: str, chat: str, before: list[str]) -> Cells:
    if "service" in (node.attributes.get("class") or "").split():
        raise LeftOut("service messages")
    body = next((n for n in node.iter() if "body" in (n.attributes.get("class") or "")), None)
    if body is None:
        raise LeftOut("messages without words, pictures or sounds")
    own = {n.attributes.get("class") or "": n for n in body.iter()}
    # Bots are named behind the author.
    said = re.sub(r"\s+via @\w+$", "", words(own.get("from_name")))
    user = before[0] = said or before[0]
    forwarded = own.get("forwarded body")
    source = words(forwarded.css_first(".from_name")) if forwarded is not None else ""
    markup = "\n".join(n.html or "" for n in node.css("div.text"))
    poll = node.css(".media_poll .question, .media_poll .answer")
    text = "\n".join(filter(None, [html.to_text(markup), *(words(n) for n in poll)]))
    pictures = [address for n in node.css(_PICTURES) if (address := href(n))]
    sounds = [address for n in node.css(_SOUNDS) if (address := href(n))]
    if not text and not pictures and not sounds:
        raise LeftOut("messages without words, pictures or sounds")
    when = own.get("pull_right date details")
    number = _NUMBER.search(node.attributes.get("id") or "")
    answered = re.search(r"message(\d+)", href(node.css_first(".reply_to a")))
    likes = [common.number(words(n)) for n in node.css(".reaction .count")]
    return {
        "id": f"{prefix}{number[1]}" if number else None,
        "text": text,
        "user": user,
        "name": user,
        "time": _time((when.attributes.get("title") or "") if when is not None else ""),
        "tags": common.hashtags(text),
        "links": html.links(markup),
        "image": pictures,
        "audio": sounds,
        "chat": chat,
        "forwarded from": _TIME.sub("", source).strip(),
        "reactions": common.reactions(user, "reply", [prefix + answered[1]] if answered else []),
        **common.counts(likes=sum(int(n) for n in likes if n) if likes else None),
    }


def _time(title: str) -> str | None:
    match = _TIME.match(title)
    if match is None:
        return title or None
    day, month, year, clock, zone = match.groups()
    return f"{year}-{month}-{day}T{clock}{zone or 'Z'}"


mapping = common.mapping
