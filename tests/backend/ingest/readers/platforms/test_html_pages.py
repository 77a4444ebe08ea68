"""Pages that Telegram, Tumblr and VK export."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.domain import Reaction
from backend.ingest import Options, open_tree
from backend.ingest.readers.platforms import html_pages, telegram_html
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written

CHAT = """<!DOCTYPE html><html><head><meta charset="utf-8"/></head><body>
<div class="page_header"><div class="content"><div class="text bold">{title}</div></div></div>
<div class="page_body chat_page"><div class="history">{messages}</div></div></body></html>"""


def message(number: int, body: str, who: str = "", joined: bool = False) -> str:
    more = " joined" if joined else ""
    name = "" if joined else f'<div class="from_name">{who} </div>'
    return (
        f'<div class="message default clearfix{more}" id="message{number}"><div class="body">'
        f'<div class="pull_right date details" title="12.03.2021 14:2{number}:10 UTC+01:00">14:2'
        f"{number}</div>{name}{body}</div></div>"
    )


def text(words: str) -> str:
    return f'<div class="text">{words}</div>'


def test_a_telegram_chat(tmp_path: Path) -> None:
    hashtag = """<a href="" onclick="return ShowHashtag('storm')">#storm</a>"""
    picture = (
        '<div class="media_wrap clearfix"><a class="photo_wrap clearfix pull_left" '
        'href="photos/a.png"><img class="photo" src="photos/a_thumb.png"></a></div>'
    )
    reply = '<div class="reply_to details">In reply to <a href="#go_to_message1">this</a></div>'
    forwarded = (
        '<div class="forwarded body"><div class="from_name">News <span class="date details" '
        f'title="11.03.2021 08:00:00">11.03.2021 08:00:00</span></div>{text("Far away")}</div>'
    )
    liked = (
        '<span class="reactions"><span class="reaction"><span class="count">3</span></span></span>'
    )
    messages = [
        '<div class="message service" id="message-1"><div class="body details">Day</div></div>',
        message(1, text(f'Hello &amp;<br>see <a href="https://a.example/?b=1">here</a> {hashtag}')
                + liked, "Anna"),
        message(2, picture + text("With a picture"), joined=True),
        message(3, reply + forwarded, "Ben"),
        message(4, '<div class="media_wrap">a photo, not included</div>', "Ben"),
    ]  # fmt: skip
    samples.picture(tmp_path / "photos" / "a.png")
    page = CHAT.format(title="Storm", messages="\n".join(messages))
    read = Read(written(tmp_path, {"messages.html": page}))
    assert read.report.format == "telegram-html"
    assert read.texts == ["Hello &\nsee here #storm", "With a picture", "Far away"]
    assert [post.user for post in read.posts] == ["Anna", "Anna", "Ben"]
    assert read.when()[0] == "2021-03-12T13:21:10"
    assert read.pictures() == ["", "photos/a.png", ""]
    assert read.posts[0].tags == ("storm",)
    assert read.posts[0].labels == {"likes": "3", "links": "https://a.example/?b=1"}
    assert read.posts[2].labels == {"forwarded from": "News"}
    assert read.reactions == [Reaction("Ben", "1", "reply")]
    assert read.left == {
        "service messages": 1, "messages without words, pictures or sounds": 1
    }  # fmt: skip


def test_a_message_on_the_next_page_may_be_of_the_same_author(tmp_path: Path) -> None:
    files = {
        f"messages{page or ''}.html": CHAT.format(title="Storm", messages=messages)
        for page, messages in (
            (10, message(3, text("Third"), joined=True)),
            (2, message(2, text("Second"), "Ben via @gif")),
            (0, message(1, text("First"), "Anna")),
        )
    }
    read = Read(written(tmp_path, files))
    assert [(post.text, post.user) for post in read.posts] == [
        ("First", "Anna"), ("Second", "Ben"), ("Third", "Ben")
    ]  # fmt: skip


def test_private_chats_of_a_telegram_account(tmp_path: Path) -> None:
    secret = message(1, text("psst"), "Me") + message(2, text("what?"), "Ben")
    group = "".join(message(i, text(f"Hi, from {i}"), f"User {i}") for i in range(1, 5))
    files = {
        "chats/chat_01/messages.html": CHAT.format(title="Ben", messages=secret),
        "chats/chat_02/messages.html": CHAT.format(title="Storm", messages=group),
    }
    read = Read(written(tmp_path, files))
    assert read.texts == [f"Hi, from {i}" for i in range(1, 5)]
    assert read.posts[0].id == "chat_02/1"
    assert read.posts[0].labels == {"chat": "Storm"}
    assert read.left == {"messages of private chats": 2}


def test_a_tumblr_blog(tmp_path: Path) -> None:
    footer = '<div id="footer"><span id="timestamp"> {} </span>{}</div>'
    files = {
        "posts/html/629001234567890.html": "<html><head><title>My cat</title></head><body>"
        '<h1>My cat</h1><p>She sleeps, see <a href="https://a.example/cat">this</a></p>'
        '<img src="../../media/629001234567890_1.png"><img src="../../media/629001234567890_0.png">'
        + footer.format("August 21st, 2018 10:04am", '<span class="tag">sleepy head</span>')
        + "</body></html>",
        "posts/html/629001234567891.html": "<html><body><p>"
        '<a class="tumblr_blog" href="https://other.tumblr.com/post/123456">other</a>:</p>'
        "<blockquote><p>So true</p></blockquote>"
        + footer.format("September 2nd, 2018 12:15am", "")
        + "</body></html>",
        "payload-0.json": [{"type": "x", "data": {"email": "a@b.c", "blogs": [{"name": "anna"}]}}],
    }
    for i in range(2):
        samples.picture(tmp_path / "media" / f"629001234567890_{i}.png", i)
    read = Read(written(tmp_path, files))
    assert read.report.format == "tumblr-html"
    assert read.texts == ["My cat\nShe sleeps, see this", "other:\n\nSo true"]
    assert [post.user for post in read.posts] == ["anna", "anna"]
    assert read.when() == ["2018-08-21T10:04:00", "2018-09-02T00:15:00"]
    assert read.posts[0].tags == ("sleepy head",)
    assert read.posts[0].url == "https://anna.tumblr.com/post/629001234567890"
    assert read.pictures() == ["media/629001234567890_0.png", ""]
    assert read.reactions == [Reaction("anna", "123456", "share")]


def test_an_archive_of_vk(tmp_path: Path) -> None:
    wall = (
        '<html><head><meta charset="windows-1251"></head><body><div class="item">'
        '<div class="item__main"><div>Привет, мир! #осень</div></div>'
        '<a class="post__link" href="https://vk.com/wall12_34">https://vk.com/wall12_34</a>'
        '<div class="item__tertiary">5 янв 2020 в 12:00:07</div></div></body></html>'
    )
    comment = (
        '<html><head><meta charset="windows-1251"></head><body><div class="item"><div>Красиво</div>'
        '<div><a href="https://vk.com/wall-1_22?reply=33">https://vk.com/wall-1_22?reply=33</a>'
        '</div><div class="item__tertiary">7 мая 2021 в 9:05</div></div></body></html>'
    )
    files = {
        "wall/wall0.html": wall.encode("cp1251"),
        "comments/comments0.html": comment.encode("cp1251"),
        "messages/7/messages0.html": '<div class="message">a</div><div class="message">b</div>',
    }
    read = Read(written(tmp_path, files))
    posts = {post.id: post for post in read.posts}
    assert posts["12_34"].text == "Привет, мир! #осень"
    assert posts["12_34"].user == "12"
    assert posts["12_34"].tags == ("осень",)
    assert posts["-1_33"].text == "Красиво"
    assert posts["-1_33"].user is None
    assert sorted(read.when()) == ["2020-01-05T12:00:07", "2021-05-07T09:05:00"]
    assert read.left == {"private messages": 2}


@pytest.mark.parametrize(
    "element", ["<div>", "<a><b>", "<table><tr><td>"], ids=["div", "ab", "table"]
)
def test_a_page_that_is_nested_without_end_is_refused(tmp_path: Path, element: str) -> None:
    page = CHAT.format(title="Storm", messages=message(1, text("hi" + 50_000 * element), "Ann"))
    written(tmp_path, {"messages.html": page})
    tree = open_tree(tmp_path)
    (row,) = telegram_html.read(tree, Options())
    tree.close()
    assert row.error is not None
    assert row.error.code == "too_deep"


@pytest.mark.parametrize("unit", ["<br>", "<!---->", "<br a>"])
def test_a_page_of_too_many_elements_is_not_parsed(
    unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes a hundred times the memory of its bytes."""
    monkeypatch.setattr(html_pages, "_ELEMENTS", 200)
    page = CHAT.format(title="Storm", messages=message(1, text("hi" + unit * 200), "Ann"))
    written(tmp_path, {"messages.html": page})
    tree = open_tree(tmp_path)
    (row,) = telegram_html.read(tree, Options())
    tree.close()
    assert row.error is not None and row.error.code == "too_large"
    assert "messages.html" in row.error.message
