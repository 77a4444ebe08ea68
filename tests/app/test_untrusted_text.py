"""What others wrote stays text: in HTML, in Markdown, in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from streamlit.testing.v1 import AppTest

from app.common.markup import esc, link, plain, with_commands, with_links
from app.components.shared.export import COLUMNS, Known, as_csv, as_json, rows
from app.components.shared.post_card import repeats_title
from backend.domain import Hit, Kind, Post, User
from backend.selections.export import harmless
from tests.app.pages import messages
from tests.waiting import PATIENCE

EVIL = '<img src=x onerror="alert(1)"> **bold** [a](javascript:alert(1)) =1+1'


# What Streamlit's Markdown has beyond CommonMark, and CommonMark's own signs.
SIGNS = set("*_[]<>`~$:#{}|")
LINE = st.text(alphabet="ab*_[]()<>~$:#\\ {}|")
# Escapes stay tokens of their own, so that one sees which signs the parser took as escaped.
MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"]).disable("text_join")


class Events(HTMLParser):
    """All that a parser finds in some HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def inline(markdown: str) -> list[Token]:
    """What lies in the lines of some Markdown, which has paragraphs only."""
    blocks = MARKDOWN.parse(markdown)
    kinds = {token.type for token in blocks}
    # Four spaces make a code block: a text, too.
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "code_block"}
    return [token for block in blocks for token in block.children or ()]


@given(st.text())
def test_escaped_text_stays_text_between_tags_and_in_attributes(text: str) -> None:
    found = Events(f'<p title="{esc(text)}">{esc(text)}</p>').found
    assert found == [("p", [("title", text)]), *filter(None, [text]), "/p"]
    assert Events(f"<p title='{esc(text)}'></p>").found == [("p", [("title", text)]), "/p"]


@given(LINE | st.text(alphabet="ab`*\\ "))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    tokens = MARKDOWN.parseInline(plain(text))[0].children or []
    assert {token.type for token in tokens} <= {"text", "text_special"}
    assert not [t.content for t in tokens if t.type == "text" and SIGNS & set(t.content)]
    assert "".join(token.content for token in tokens) == text


@given(st.text(alphabet="ab*_[]()<>`~$:#\\ {}|\n"))
def test_a_message_has_commands_and_nothing_else(text: str) -> None:
    tokens = inline(with_commands(text))
    assert {token.type for token in tokens} <= {
        "text", "text_special", "code_inline", "softbreak", "hardbreak"
    }  # fmt: skip
    assert not [t.content for t in tokens if t.type == "text" and SIGNS & set(t.content)]
    assert all(token.content in text for token in tokens if token.type == "code_inline")


@given(st.lists(st.tuples(LINE, LINE.map(lambda command: f"make {command}!")), max_size=3), LINE)
def test_commands_in_a_message_are_shown_as_they_are(
    parts: list[tuple[str, str]], end: str
) -> None:
    message = "".join(f"Run{text} `{command}`" for text, command in parts) + f".{end}."
    tokens = inline(with_commands(message))
    commands = [token.content for token in tokens if token.type == "code_inline"]
    assert commands == [command for _, command in parts]
    assert "".join(token.content for token in tokens) == message.replace("`", "")


def test_only_web_addresses_become_links() -> None:
    assert "<a" in link("https://example.org/?a=1&b=2", "x")
    assert "<a" not in link("javascript:alert(1)", "x")
    assert "<a" not in link(None, "x")
    assert "<a" not in link("http://[::1", "x")
    assert '"' not in link('https://e.org/"onmouseover="x', "x").split("href=")[1].split('"')[1]


@pytest.mark.parametrize("sign", list("=+-@\t\r|%"))
def test_cells_are_no_formulas(sign: str) -> None:
    assert str(harmless(f"{sign}HYPERLINK(1)")).startswith("'")


def test_space_does_not_hide_a_formula() -> None:
    assert harmless("  =1+1") == "'  =1+1"


def test_numbers_stay_numbers() -> None:
    assert harmless(-0.25) == -0.25
    assert harmless("plain") == "plain"
    assert harmless("") == ""


def hits() -> tuple[list[Hit], Known]:
    labels = {"likes": "12", "=x": "@y"}
    post = Post("p1", text=EVIL, title="=cmd()", user="u1", licence="CC0", source="s")
    posts = {"p1": replace(post, labels=labels)}
    users = {"u1": User("u1", "@anna", 3, "s")}
    found = [
        Hit("p1", Kind.POST, 1, 0.5, 99.0),
        Hit("u1", Kind.USER, 1, -0.25, 50.0),
        Hit("sunset", Kind.WORD, 1, 0.1, 10.0),
        Hit("gone", Kind.IMAGE, 2, 0.1, 10.0),
    ]
    return found, Known(posts, users)


def test_export_names_and_guards() -> None:
    table = rows(*hits())
    read = list(csv.DictReader(io.StringIO(as_csv(table).decode("utf-8-sig"))))
    assert tuple(read[0]) == (*COLUMNS, "'=x", "likes")  # every label is a column
    assert read[0]["likes"] == "12" and read[0]["'=x"] == "'@y"
    assert read[0]["name"] == "'=cmd()" and read[0]["author"] == "'@anna"
    assert read[1]["name"] == "'@anna" and read[1]["score"] == "-0.25"
    assert read[2]["id"] == "sunset"
    assert read[3]["id"] == "gone"  # deleted since: still its id, no wrong neighbour's text
    assert read[3]["text"] == ""
    whole = json.loads(as_json(table, "sunset"))
    assert whole["query"] == "sunset" and whole["hits"][0]["text"] == EVIL


def test_title_is_not_said_twice() -> None:
    assert repeats_title("Nunc Dimittis.", "Nunc Dimittis")
    assert not repeats_title(None, "Snail")


def test_a_post_is_shown_as_text() -> None:
    def script() -> None:
        from app.components.shared.post_card import show_post
        from backend.domain import Post, User

        evil = '<img src=x onerror="alert(1)"> **bold** <script>x</script>'
        show_post(
            Post("p", evil, title="<b>t</b>", licence="<i>l</i>", source="s", url="javascript:x"),
            author=User("u", "<u>anna</u>"),
        )

    at = AppTest.from_function(script, default_timeout=PATIENCE).run()
    assert messages(at, "exception") == []
    shown = "".join(html.value for html in at.html)
    for tag in ("<img", "<script", "<b>t", "<i>l", "<u>", "javascript:"):
        assert tag not in shown
    assert "&lt;img src=x" in shown
    assert not at.markdown


def test_explained_words_stay_text() -> None:
    def script() -> None:
        from app.components.analyse.explanations import show_words
        from backend.domain import Explanation, Modality, Span

        text = "so <b>happy</b> & sad"
        spans = (Span((3, 6), 0.6, "<b>"), Span((6, 11), 1.4, "happy"), Span((18, 21), -0.9, "sad"))
        show_words(Explanation("joy", 0.7, {Modality.TEXT: spans}), text, spans)

    at = AppTest.from_function(script, default_timeout=PATIENCE).run()
    assert messages(at, "exception") == []
    shown = "".join(html.value for html in at.html)
    assert "<b>" not in shown.replace('<p class="k-quote"', "")
    assert "&lt;b&gt;" in shown and ">happy</mark>" in shown and "dotted" in shown


@given(st.text(alphabet="ab<>\"'&. ").map(lambda rest: f"see https://a.example/{rest}"))
def test_links_of_texts_hold_nothing_else(text: str) -> None:
    found = Events(with_links(text)).found
    tags = [one for one in found if isinstance(one, tuple)]
    assert [name for name, _ in tags] == ["a"]
    ((_, attributes),) = tags
    assert dict(attributes)["href"].startswith("https://a.example/")
    assert dict(attributes).keys() == {"href", "target", "rel"}
    shown = "".join(one for one in found if isinstance(one, str) and one != "/a")
    assert shown == text


def test_addresses_of_texts_that_are_linked() -> None:
    said = "a (https://a.example/b), http://c.example/d_(e)! javascript:alert(1) ftp://x.example"
    hrefs = [dict(of)["href"] for _, of in (e for e in Events(with_links(said)).found
                                            if isinstance(e, tuple))]  # fmt: skip
    assert hrefs == ["https://a.example/b", "http://c.example/d_(e)"]
