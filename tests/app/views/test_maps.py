"""The pages of maps, of one user and of words, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.components.maps import clusters
from app.components.shared.post_card import alt_text
from app.data.maps import map_of
from app.data.session import workspace
from backend.corpus import Corpus
from backend.domain import Kind, Post
from backend.maps.types import Map
from backend.settings import settings
from backend.workspace import users
from tests.app.pages import Open, examples, messages, prose, shown
from tests.waiting import until


@pytest.mark.parametrize("page", ["users", "posts"])
def test_a_map_opens_with_its_groups(open_page: Open, page: str) -> None:
    at = open_page(page)
    assert messages(at, "exception", "error") == []
    assert any(heading.value == "Clusters" for heading in at.subheader)
    assert "Showing all " in prose(at) and page in prose(at)
    assert "unclustered" in shown(at, "html")
    assert "Trustworthiness" in prose(at)


def test_names_from_a_sample_are_said_to_be(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Names of clusters" not in prose(open_page("posts"))

    def sampled(kind: Kind) -> Map:
        whole = map_of(kind)
        return replace(whole, quality={**whole.quality, "named_from": 60_000.0})

    monkeypatch.setattr(clusters, "map_of", sampled)
    assert "come from the words of 60,000 posts" in prose(open_page("posts"))


@pytest.mark.parametrize("page", ["posts", "users"])
def test_a_map_opens_where_the_corpus_of_a_link_is_gone(open_page: Open, page: str) -> None:
    at = open_page(page, corpus="gone")
    assert messages(at, "error") == []
    assert "Corpus gone was not found" in shown(at, "warning")


@pytest.mark.parametrize(
    "tab", ["story", "feels", "says", "posts", "time", "made", "columns", "table"]
)
@pytest.mark.parametrize("page", ["users", "posts"])
def test_a_group_from_a_link(open_page: Open, page: str, tab: str) -> None:
    at = open_page(page, sel="group:medium:0", tab=tab)
    assert messages(at, "exception", "error", "warning") == []
    assert " selected" in prose(at)


def test_every_column_colours_the_map(open_page: Open) -> None:
    at = open_page("users")
    options = at.selectbox(key="user_colour").options
    assert len(options) >= 10
    for i in range(len(options)):
        at = at.selectbox(key="user_colour").select_index(i).run()
        assert messages(at, "exception", "error") == [], options[i]


def test_save_reopen_compare_and_delete(open_page: Open) -> None:
    at = open_page("posts", sel="group:medium:0")
    at.text_input(key="save_group:medium:0").set_value("First  group")
    at = next(b for b in at.button if b.label == "Save").click().run()
    assert messages(at, "exception") == []
    assert at.query_params["sel"] == "saved:First group"
    at = open_page("posts", sel="group:medium:1", vs="saved:First group")
    assert messages(at, "exception") == []
    assert shown(at, "html").count('class="k-pairbar"') == 9
    assert "0 in both" in shown(at, "html")
    at = open_page("posts")
    at = at.button(key="delete_First group").click().run()
    assert messages(at, "exception") == []
    at = open_page("posts", sel="saved:First group")
    assert messages(at, "exception") == []
    assert "First group" in shown(at, "warning")


def test_what_cannot_be_opened_is_said(open_page: Open) -> None:
    for address in ("drawn:0123456789abcdef", "group:medium:99999", "value:emotion=envy", "x:y"):
        at = open_page("posts", sel=address)
        assert messages(at, "exception") == []
        assert messages(at, "warning"), address
        assert any(heading.value == "Clusters" for heading in at.subheader)


def test_find_and_filter(open_page: Open) -> None:
    at = open_page("posts", find="cat", colour="emotion", only="joy")
    assert messages(at, "exception") == []
    assert "the others are hidden" in prose(at)
    at = at.button(key="post_select_shown").click().run()
    assert messages(at, "exception") == []
    assert at.query_params["sel"].startswith("drawn:")
    headings = "\n".join(h.value for h in at.subheader)
    assert "Emotion: joy" in headings.replace("\\", "")


def test_search_within_a_selection(open_page: Open) -> None:
    at = open_page("search", q='"a cat"', to="post", within="group:medium:0", of="post")
    assert messages(at, "exception", "error") == []
    assert "Within" in prose(at)


def test_a_user(open_page: Open) -> None:
    at = open_page("user")
    assert messages(at, "exception") == []
    assert at.text_input(key="user_name").value == ""
    at = open_page("user", user="oca:yvesguillou")
    assert messages(at, "exception", "error") == []
    headings = {h.value for h in at.header}
    assert headings >= {"Emotions", "Interests", "Similar users", "On the map", "Posts"}
    assert "Both use" in shown(at, "html") and "have no dates" in prose(at)
    at = open_page("user", user="nobody at all")
    assert messages(at, "exception") == []
    assert messages(at, "error")


def test_images_that_are_not_alike_are_not_listed(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = workspace().user_profiles
    with monkeypatch.context() as patch:
        patch.setattr(users, "_ALIKE", -1.0)
        name = next(
            user.id
            for user in workspace().find_users(limit=40)
            if any(abs(pair.score) < 0.1 for one in profiles.nearest(user.id) for pair in one.pairs)
        )
    at = open_page("user", user=name)
    assert messages(at, "exception", "error") == []
    beside = re.findall(r'k-meta">(-?\d\.\d\d)</span>', shown(at, "html"))
    scores = [float(score) for score in beside]
    assert all(score >= 0.35 for score in scores)
    listed = [pair for one in profiles.nearest(name) for pair in one.pairs[:2]]
    assert len(scores) == len(listed)


@pytest.mark.parametrize("kind", [Kind.USER, Kind.POST])
def test_thumbnails_are_typical_of_the_posts_of_a_cluster(open_page: Open, kind: Kind) -> None:
    """Not those nearest to the middle of its users, where perhaps nobody posts."""
    at = open_page(f"{kind.value}s")
    assert messages(at, "exception", "error") == []
    drawn = [image.alt for element in at.get("image") for image in element.proto.imgs]
    made, corpus = workspace().maps.map(kind), workspace().corpus()
    ids, vectors = corpus.vectors(made.bundle, Kind.POST)
    at_row = {id_: row for row, id_ in enumerate(ids)}
    table = corpus.table(["id", "user", "image"]).to_pandas()
    of = table["user" if kind is Kind.USER else "id"]
    expected = []
    for cluster in sorted(made.level().clusters, key=lambda c: -c.size)[:6]:
        members = set(made.ids[made.level().labels == cluster.id])
        inside = table[of.isin(members)]
        with_image = inside["id"][inside["image"].notna()]
        middle = vectors[[at_row[i] for i in inside["id"] if i in at_row]].mean(axis=0)
        alike = {i: float(vectors[at_row[i]] @ middle) for i in with_image if i in at_row}
        shown_ids = [i for i in cluster.typical[:4] if i in alike]
        expected += shown_ids
        assert set(cluster.typical) <= set(inside["id"])
        if shown_ids:
            assert min(alike[i] for i in shown_ids) >= np.quantile([*alike.values()], 0.75)
    assert len(expected) > 12
    posts = workspace().posts(expected)
    assert drawn == [alt_text(posts[i]).strip() for i in expected]


def test_emotion_over_time_where_there_are_times(open_page: Open) -> None:
    at = open_page("user", user="moji:lizbravo")
    assert messages(at, "exception") == []
    assert "k-moments" in shown(at, "html") or "there is no timeline" in prose(at)


def test_words_side_by_side(open_page: Open) -> None:
    at = open_page("words")
    assert messages(at, "exception") == []
    assert len(examples(at)) >= 4
    at = open_page("words", q="king - man + woman")
    assert messages(at, "exception", "error") == []
    titles = [h.value for h in at.subheader]
    assert titles == ["Metadata only", "Clean text + metadata", "Joint space"]
    clean = [b.label for b in at.button if str(b.key).startswith("word_clean+metadata_")]
    assert "queen" in clean[:5]
    at = open_page("words", q="zzxqv", space="metadata")
    assert messages(at, "exception") == []
    assert "no word" in shown(at, "info")


@pytest.mark.parametrize("page", ["posts", "words"])
def test_maps_that_are_not_there_are_made_from_the_page(
    home: Path, open_page: Open, page: str
) -> None:
    name = f"bare-{page}"
    corpus = Corpus.create(home / "corpora" / name, name=name)
    corpus.add([Post("1", text="one"), Post("2", text="two")])
    address = {"corpus": name} | ({"q": "dog"} if page == "words" else {})
    at = open_page(page, **address)
    assert messages(at, "exception") == []
    assert "Build " in shown(at, "info")
    at = at.button(key="make_maps").click().run()
    assert messages(at, "exception", "error") == []
    assert "continues in the background" in shown(at, "caption")
    jobs = workspace().map_jobs
    until(lambda: jobs.state(name).stage != "making", lambda: jobs.state(name))
    at = open_page(page, **address)
    assert "A map needs 3 users" in shown(at, "warning")
    assert at.button(key="make_maps").label == "Try again"


def test_a_demo_makes_no_maps(home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    Corpus.create(home / "corpora" / "bare", name="bare").add([Post("1", text="one")])
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    try:
        at = open_page("users", corpus="bare")
        assert messages(at, "info") and not [b for b in at.button if b.key == "make_maps"]
    finally:
        monkeypatch.undo()
        settings.cache_clear()
