"""The page Label and labels of whole selections, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.data.session import workspace
from backend.domain import Kind
from backend.settings import settings
from tests.app.dated import UNDATED, dated_corpus
from tests.app.pages import Open, messages, prose, shown
from tests.backend.trends.generated import Planted


@pytest.fixture(scope="module")
def truth(home: Path) -> Planted:
    return dated_corpus(home, "labels")[1]


def test_posts_are_labelled_one_by_one(open_page: Open, truth: Planted) -> None:
    at = open_page("label", corpus="labels")
    assert "Name a label to start" in shown(at, "info")
    at = at.text_input(key="label_name").set_value("stance").run()
    for value in ("for", "against"):
        at = at.text_input(key="label_new_value").set_value(value).run()
    assert messages(at, "exception", "error") == []
    assert [b.label for b in at.button if str(b.key).startswith("give_")] == ["against", "for"]
    for i in range(12):
        at = at.button(key=f"give_{i % 2}_{('against', 'for')[i % 2]}").click().run()
        assert messages(at, "exception", "error") == []
    given = workspace().labelling.values("stance", "labels")
    assert len(given) == 12 and list(given.values()) == ["against", "for"] * 6
    assert "12 posts labelled" in shown(at, "html") and "Learning curve" in prose(at)
    at = at.button(key="label_undo").click().run()
    assert len(workspace().labelling.values("stance", "labels")) == 11
    at = at.toggle(key="label_guess").set_value(True).run()
    assert "The model so far" in shown(at, "html")
    before = prose(at)
    at = at.button(key="label_skip").click().run()
    assert messages(at, "exception", "error") == [] and before


def test_a_selection_is_labelled_at_once_and_used(open_page: Open, truth: Planted) -> None:
    for group, value in ((0, "first"), (1, "second")):
        at = open_page("posts", corpus="labels", sel=f"group:medium:{group}")
        at.text_input(key=f"label_all_group:medium:{group}").set_value("kind")
        at.text_input(key=f"label_value_group:medium:{group}").set_value(value)
        at = next(b for b in at.button if b.label == "Label all").click().run()
        assert messages(at, "exception", "error") == []
    counts = workspace().labelling.counts("kind", "labels")
    n = [int((truth.labels == g).sum()) + UNDATED * (g == 0) for g in (0, 1)]
    assert counts == {"first": n[0], "second": n[1]}
    corpus = workspace().corpus("labels")
    predictions, vectors = (
        corpus.predictions("toy").num_rows,
        corpus.vectors("toy", Kind.POST)[0].size,
    )
    at = open_page("label", corpus="labels", label="kind")
    at = at.button(key="label_use").click().run()
    assert messages(at, "exception", "error") == []
    assert f"{sum(n):,} posts of the corpus now have the label" in shown(at, "success")
    trainable = {label.name: label for label in workspace().training.labels("labels")}
    assert trainable["kind"].classes == {"first": n[0], "second": n[1]} or sum(
        trainable["kind"].classes.values()
    ) == sum(n)
    scorable = {label.name for label in workspace().error_analysis.labels("labels")}
    assert {"kind", "place"} <= scorable  # the labels that were there stay
    assert "label: kind" in workspace().maps.columns(Kind.POST, "labels")
    assert corpus.predictions("toy").num_rows == predictions
    assert corpus.vectors("toy", Kind.POST)[0].size == vectors
    exported = workspace().labelling.export("kind", "csv", "labels").decode("utf-8-sig")
    assert exported.splitlines()[0] == "id,kind" and len(exported.splitlines()) == sum(n) + 1


def test_only_posts_of_a_selection_are_asked_for(open_page: Open, truth: Planted) -> None:
    at = open_page("label", corpus="labels", label="within", sel="group:medium:2")
    assert messages(at, "exception", "error") == []
    assert f"{int((truth.labels == 2).sum())} posts without a value" in prose(at)


def test_a_demo_writes_nothing(
    open_page: Open, truth: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    home = settings().home
    before = {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file()}
    try:
        at = open_page("label", corpus="labels", label="mood")
        at = at.text_input(key="label_new_value").set_value("good").run()
        at = at.button(key="give_0_good").click().run()
        assert messages(at, "exception", "error") == []
        assert "1 post labelled" in shown(at, "html")
        assert "last for your visit" in prose(at)
        assert not [b for b in at.button if b.key == "label_use"]
        after = {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file()}
        assert after == before
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert workspace().labelling.values("mood", "labels") == {}
