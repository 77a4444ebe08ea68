"""What others wrote stays text: in HTML, in Markdown, in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.common.markup import esc, link, plain, with_commands
from app.components.shared.export import COLUMNS, as_csv, as_json, harmless, rows
from app.components.shared.post_card import repeats_title
from backend.domain import Hit, Kind, Post, User

EVIL = '<img src=x onerror="alert(1)"> **bold** [a](javascript:alert(1)) =1+1'


@given(st.text())
def test_escaped_text_opens_no_tag(text: str) -> None:
    assert not set(esc(text)) & set("<>\"'")


@given(st.text(alphabet="ab*_[]()<>`~$:#\\ {}|"))
def test_plain_escapes_every_sign(text: str) -> None:
    made = plain(text)
    for i, sign in enumerate(made):
        if sign in "*_[]<>`~$:#{}|":
            assert made[i - 1] == "\\"


@given(st.text(alphabet="ab*_[]()<>`~$:#\\ {}|\n"))
def test_a_message_has_commands_and_nothing_else(text: str) -> None:
    made = with_commands(text)
    parts = re.split(r"(?<!\\)(?:\\\\)*`", made)  # at backticks that are not escaped
    for i, part in enumerate(parts):
        if i % 2:
            assert part and part.isprintable()  # one line: the code ends where it says
        else:
            assert not re.search(r"(?<!\\)(?:\\\\)*[*_\[\]<>~$:#{}|]", part)
    assert len(parts) % 2


def test_only_web_addresses_become_links() -> None:
    assert "<a" in link("https://example.org/?a=1&b=2", "x")
    assert "<a" not in link("javascript:alert(1)", "x")
    assert "<a" not in link(None, "x")
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


def hits() -> tuple[list[Hit], dict[str, Post], dict[str, User]]:
    posts = {"p1": Post("p1", text=EVIL, title="=cmd()", user="u1", licence="CC0", source="s")}
    users = {"u1": User("u1", "@anna", 3, "s")}
    found = [
        Hit("p1", Kind.POST, 1, 0.5, 99.0),
        Hit("u1", Kind.USER, 1, -0.25, 50.0),
        Hit("sunset", Kind.WORD, 1, 0.1, 10.0),
        Hit("gone", Kind.IMAGE, 2, 0.1, 10.0),
    ]
    return found, posts, users


def test_export_names_and_guards() -> None:
    table = rows(*hits())
    read = list(csv.DictReader(io.StringIO(as_csv(table).decode("utf-8-sig"))))
    assert tuple(read[0]) == COLUMNS
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

    at = AppTest.from_function(script).run()
    assert not at.exception
    shown = "".join(html.value for html in at.html)
    for tag in ("<img", "<script", "<b>t", "<i>l", "<u>", "javascript:"):
        assert tag not in shown
    assert "&lt;img src=x" in shown
    assert not at.markdown


def test_explained_words_stay_text() -> None:
    def script() -> None:
        from app.components.analyse.explanations import show_words
        from backend.domain import Span

        text = "so <b>happy</b> & sad"
        spans = (Span((3, 6), 0.2, "<b>"), Span((6, 11), 0.4, "happy"), Span((18, 21), -0.3, "sad"))
        show_words(text, spans, "joy")

    at = AppTest.from_function(script).run()
    assert not at.exception
    shown = "".join(html.value for html in at.html)
    assert "<b>" not in shown.replace('<p class="k-quote"', "")
    assert "&lt;b&gt;" in shown and ">happy</mark>" in shown and "dotted" in shown
