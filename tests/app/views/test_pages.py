"""Each page over the shipped corpus and bundle, without a browser."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import backend
from app.components.users import user_page
from backend.domain import Content
from tests.app.pages import Open, examples, messages, shown
from tests.backend.recognition.drawn import frame
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[3]


def png() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((64, 64)).save(buffer, "PNG")
    return buffer.getvalue()


def test_overview(open_page: Open) -> None:
    at = open_page("overview")
    assert messages(at, "exception", "error") == []
    assert {metric.label for metric in at.metric} >= {"Posts", "Users", "Languages", "Sources"}
    markup = shown(at, "html")
    assert "Emotion wheel: " in markup and "Licence" in markup and "Runs on" in markup
    assert "Search: exact" in markup


def test_overview_needs_no_torch(home: Path) -> None:
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "at = AppTest.from_file('app/main.py', default_timeout=300).run()\n"
        "assert not at.exception, at.exception\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=PATIENCE)


def test_analyse_starts_with_examples(open_page: Open) -> None:
    at = open_page("analyse")
    assert messages(at, "exception", "error") == []
    assert any("No post at hand" in heading.value for heading in at.subheader)
    example = next(b for b in at.button if str(b.key).startswith("use_example"))
    at = example.click().run()
    assert messages(at, "exception", "error") == []
    assert set(at.query_params) & {"text", "image", "sound"}
    assert "Emotion wheel: " in shown(at, "html")


def test_analyse_from_a_link(open_page: Open) -> None:
    at = open_page("analyse", text="What a <b>lovely</b> day")
    assert messages(at, "exception", "error") == []
    assert at.text_area[0].value == "What a <b>lovely</b> day"
    markup = shown(at, "html")
    assert "k-verdict" in markup and "<b>lovely</b>" not in markup
    assert 'class="k-quote"' in markup  # why
    assert "Nearest words" in markup


def test_analyse_an_upload(open_page: Open) -> None:
    at = open_page("analyse")
    at.file_uploader[0].upload("photo.png", png())
    at.run()
    assert messages(at, "exception", "error") == []
    assert len(at.query_params["image"]) == 40
    assert '<th scope="row">Image' in shown(at, "html")


def test_analyse_shows_what_is_written_and_never_as_markup(open_page: Open) -> None:
    drawn = io.BytesIO()
    Image.fromarray(frame(["<b>Hello</b> my friend"])).save(drawn, "PNG")
    at = open_page("analyse")
    at.file_uploader[0].upload("meme.png", drawn.getvalue())
    at.run()
    assert messages(at, "exception", "error") == []
    markup = shown(at, "html")
    assert "Written in the image" in markup
    assert "my friend" in markup and "<b>Hello" not in markup


def test_analyse_refuses_what_is_no_picture(open_page: Open) -> None:
    at = open_page("analyse")
    at.file_uploader[0].upload("photo.png", b"not a picture at all" * 50)
    at.run()
    assert messages(at, "exception") == []
    assert "photo.png" in shown(at, "error")
    assert "image" not in at.query_params


def test_analyse_keeps_a_text_too_long_for_a_link(open_page: Open) -> None:
    at = open_page("analyse")
    # Mentions are long, and encoders never see them: an explanation takes time for each word.
    text = "I waited for you. " + "@somebody_who_came_along_later " * 60
    at.text_area[0].set_value(text)
    at.run()
    assert messages(at, "exception") == []
    assert "text" not in at.query_params
    assert at.text_area[0].value == text
    assert "Emotion wheel: " in shown(at, "html")


def test_search_starts_with_queries_that_work(open_page: Open) -> None:
    at = open_page("search")
    assert messages(at, "exception", "error") == []
    offered = examples(at)
    assert len(offered) >= 4
    for i, query in enumerate(offered):
        begun = open_page("search").button(key=f"starter_{i}").click().run()
        assert messages(begun, "exception", "error") == []
        assert begun.query_params["q"] == begun.text_input(key="search_line").value == query


@pytest.mark.parametrize("target", ["post", "image", "text", "audio", "user", "word"])
def test_search_each_target(open_page: Open, target: str) -> None:
    at = open_page("search", q='"a stormy night" - people', to=target)
    assert messages(at, "exception", "error") == []
    assert shown(at, "html").count('class="k-score"') == 24
    assert " of " in shown(at, "caption")


def test_search_shows_no_section_of_what_a_corpus_has_none_of(home: Path, open_page: Open) -> None:
    ws = backend.open_workspace(home)
    ws.add_post(Content(image=ws.read_upload(png(), owner="test").image), "pictures")
    try:
        at = open_page("search", corpus="pictures", q='"a cat"')
        assert messages(at, "exception", "error") == []
        headings = {h.value for h in at.header}
        assert "Images" in headings and not headings & {"Texts", "Sounds", "Users"}
        captions = [c.value for c in at.caption]
        assert not any(" of 0 " in c for c in captions)
        assert any(
            "This corpus has no " in c and "texts" in c and "users" in c for c in captions
        ), captions
        at = open_page("search", corpus="pictures", q='"a cat"', to="text")
        assert "This corpus has no texts to search." in [c.value for c in at.caption]
    finally:
        ws.corpus_admin.delete("pictures")


def test_search_says_what_is_wrong_with_a_query(open_page: Open) -> None:
    at = open_page("search", q='"never closed')
    assert messages(at, "exception") == []
    assert messages(at, "error") and "Traceback" not in shown(at, "error")
    at = open_page("search", q="1e99*dog")
    assert messages(at, "exception") == []
    assert "weight" in shown(at, "error")


def test_the_finder_says_of_how_many_it_shows_some(open_page: Open) -> None:
    at = open_page("user")
    assert messages(at, "exception") == []
    many = backend.open_workspace().overview().counts["users"]
    assert any(c.value.startswith(f"24 of {many:,} users, most posts first") for c in at.caption)
    assert "Type more" in user_page.finder_caption(25, "a", many)
    assert user_page.finder_caption(1, "anna", many) == "1 user, most posts first"
    assert (
        user_page.finder_caption(0, "x", many) == "No user has this name. Try a part of the name."
    )


@pytest.mark.parametrize("typed", ["tomas", "PRIETO", "más pri"])
def test_a_user_is_found_by_any_part_of_the_name_whatever_its_accents(
    open_page: Open, typed: str
) -> None:
    at = open_page("user", corpus="larkhaven")
    found = next(t for t in at.text_input if t.key == "user_name").set_value(typed).run()
    assert messages(found, "exception", "error") == []
    assert "Tomás Prieto" in shown(found, "html")
    assert any(caption.value == "1 user, most posts first" for caption in found.caption)


def test_one_dated_post_is_one() -> None:
    assert user_page.dated_posts(1) == "The only dated post is"
    assert user_page.dated_posts(2) == "All 2 dated posts are"


def test_search_with_filters_from_a_link(open_page: Open) -> None:
    at = open_page("search", q='"a cat"', to="post", sources="openmoji", k="12")
    assert messages(at, "exception", "error") == []
    assert shown(at, "html").count('class="k-score"') == 12
    at = open_page("search", q='"a cat"', emotions="envy")
    assert messages(at, "exception") == []
    assert messages(at, "warning")


def test_more_like_this(open_page: Open) -> None:
    at = open_page("search", q='"a cat"', to="post")
    button = next(b for b in at.button if b.label == "More like this")
    at = button.click().run()
    assert messages(at, "exception", "error") == []
    assert at.query_params["q"].startswith("post:")


def test_a_link_to_a_corpus_that_is_gone_says_so(open_page: Open) -> None:
    at = open_page("search", corpus="gone", q='"dog"')
    assert any("Corpus gone was not found" in w.value and "commons" in w.value for w in at.warning)
    assert not open_page("search", q='"dog"').warning


@pytest.mark.parametrize("page", ["search", "words"])
def test_an_empty_page_says_which_corpus_it_asks_and_lets_one_choose(
    open_page: Open, page: str
) -> None:
    at = open_page(page, corpus="larkhaven")
    (choice,) = [one for one in at.segmented_control if one.label == "Corpus"]
    assert choice.value == "larkhaven"
    assert choice.proto.wrap, "a phone hides what stands in the same row"


def test_a_post_has_its_author_and_its_time(open_page: Open) -> None:
    at = open_page("search", corpus="larkhaven", q="ferry", to="post")
    assert messages(at, "exception", "error") == []
    cards = re.findall(r'<div class="k-meta">by .+?</div>', shown(at, "html"))
    assert len(cards) == 24
    assert all(re.search(r">\d{1,2} (Mar|Apr) 2026, \d\d:\d\d<", card) for card in cards)


def test_posts_like_those_of_a_user_are_not_said_to_be_theirs(open_page: Open) -> None:
    at = open_page("search", corpus="larkhaven", q="@larkhaven:rowthree + joy", to="post")
    assert messages(at, "exception", "error") == []
    markup = shown(at, "html")
    assert "Found by its words and its likeness to the user" in markup
    assert "its author" not in markup
    assert "by <a" in markup and "<mark>Joy</mark> Mensah</a>" in markup
    begun = open_page("search", corpus="larkhaven")
    assert "Kit Hanley plus joy: like their posts, and joyful" in shown(begun, "caption")


def test_words_start_with_those_of_the_corpus(open_page: Open) -> None:
    at = open_page("words", corpus="larkhaven")
    assert messages(at, "exception", "error") == []
    offered = examples(at)
    assert offered[:2] == ["oldpier", "oldpier + stormmarta"]
    for i, query in enumerate(offered):
        begun = open_page("words", corpus="larkhaven").button(key=f"sum_{i}").click().run()
        assert messages(begun, "exception", "error", "info") == []
        assert begun.query_params["q"] == query
    assert "flag + africa - europe" in examples(open_page("words"))


def test_a_user_found_by_the_id_alone_shows_it(open_page: Open) -> None:
    at = open_page("user", corpus="larkhaven")
    at = next(t for t in at.text_input if t.key == "user_name").set_value("kit").run()
    markup = shown(at, "html")
    assert "Kit Hanley" in markup and "larkhaven:rowthree" not in markup
    assert "10 posts · larkhaven:drumkit.dan" in markup


def test_what_was_asked_of_a_post_is_in_its_link(open_page: Callable[..., AppTest]) -> None:
    at = open_page("analyse", text="I love this", why="negative")
    (pills,) = [group for group in at.pills if group.label == "Explain"]
    assert messages(at, "exception") == []
    assert pills.value == "negative"
    (pills,) = [g for g in pills.set_value("anger").run().pills if g.label == "Explain"]
    assert pills.value == "anger" and at.query_params["why"] == "anger"
    # Of another post something else is asked, and of no post what nobody can ask.
    at.text_area(key="analyse_text").set_value("What a sad day").run()
    assert "why" not in at.query_params
    at = open_page("analyse", text="I love this", why="nonsense")
    (pills,) = [group for group in at.pills if group.label == "Explain"]
    assert messages(at, "exception") == []
    assert pills.value == "joy"
