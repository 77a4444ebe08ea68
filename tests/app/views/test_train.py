"""The Train page: choosing, starting, watching, the table, the bundle; and what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import backend
from app.data.session import workspace
from backend.corpus import Corpus
from backend.settings import settings
from tests.app.pages import Open, messages, prose, shown, ways_on
from tests.backend.classifiers import samples
from tests.waiting import until


@pytest.fixture(scope="module")
def moods(home: Path) -> Iterator[str]:
    """A small labelled corpus, and nothing left of it or of what was trained on it."""
    samples.corpus(home)
    yield "moods"
    ws = backend.open_workspace(home)
    for job, _ in ws.training.runs.jobs():
        ws.training.runs.cancel(job.id)
    ws.training.activate_bundle(None)
    ws.corpus_admin.delete("moods")


def param(at: AppTest, name: str) -> str:
    """AppTest gives what the page wrote as text and what a test wrote as a list."""
    value = at.query_params[name]
    return value if isinstance(value, str) else value[0]


def test_it_offers_what_ends_soon(open_page: Open) -> None:
    at = open_page("train")
    assert messages(at, "exception", "error", "warning") == []
    assert at.selectbox(key="train_label").value == "sentiment"
    ticked = [c.key for c in at.checkbox if c.value]
    assert len(ticked) == 5 and at.button(key="train_start").label == "Train 5 models"
    assert at.checkbox(key="train_model_f-vgg").disabled
    assert "These models need sounds; no post labelled sentiment has one." in prose(at)
    at = at.checkbox(key="train_model_cmf-ap").check().run()
    assert "cmf-ap" in param(at, "models")
    assert at.button(key="train_start").label == "Train 6 models"
    at = at.selectbox(key="train_label").set_value("arousal").run()
    assert param(at, "label") == "arousal" and "models" not in at.query_params
    assert any(c.key == "train_model_mfcc" for c in at.checkbox)


def test_a_training_from_start_to_use(open_page: Open, moods: str, home: Path) -> None:
    at = open_page("train", corpus=moods, label="mood", models="n-grams,late-fusion")
    assert messages(at, "exception", "warning") == []
    at = at.button(key="train_start").click().run()
    assert messages(at, "exception", "error") == []
    id_ = param(at, "run")
    assert any(b.key == f"train_cancel_{id_}" for b in at.button)
    runs = workspace().training.runs
    job = next(job for job, _ in runs.jobs() if job.id == id_)
    until(lambda: runs.state(job).stage in ("done", "failed", "paused"), lambda: runs.state(job))
    at = at.run()
    assert messages(at, "exception", "error") == []
    assert messages(at, "exception") == []
    assert len(at.get("arrow_vega_lite_chart") or at.get("vega_lite_chart")) == 2
    table = at.dataframe[0].value
    assert set(table["Model"]) == {"n-grams", "late fusion"} and "[" in table["F1"][0]
    assert "late fusion** is the best fusion model here" in prose(at)
    assert "Trained in one step, without a curve: late fusion." in prose(at)
    (curve,) = [m for m in at.markdown if m.value == "**F1** on validation posts"]
    assert "fitted to what the network has learnt" in curve.proto.help

    again = open_page("train", corpus=moods, run=id_)  # the link shows the same table
    assert again.dataframe[0].value.equals(table)

    at = at.button(key=f"use_{id_}").click().run()
    assert messages(at, "exception", "error") == []
    assert any(b.key == f"unuse_{id_}" for b in at.button)
    answer = open_page("analyse", text="I miss you so much, says the sea")
    assert messages(answer, "exception") == []
    assert "Predicted by late fusion" in prose(answer)
    assert any(h.value == "Mood" for h in answer.subheader)

    # Judged on a copy of its posts under another name, it is said to know them; on others, not.
    copied = samples.corpus(home, "copied", posts=30)
    posts = copied.posts(copied.table(["id"])["id"].to_pylist()).values()
    others = Corpus.create(home / "corpora" / "others", name="others")
    others.add([replace(p, text=f"Nobody knows: {p.text}", image=None) for p in posts])
    for name, warned in (
        ("copied", "was trained on 30 of these 30 posts, or on copies"),
        ("others", ""),
    ):
        titles = workspace().error_analysis.models("mood", name)
        model = next(key for key, title in titles.items() if "trained on moods" in title)
        judged = open_page("errors", corpus=name, label="mood", models=model, on=model)
        assert messages(judged, "exception", "error") == []
        assert warned in shown(judged, "warning") and bool(shown(judged, "warning")) == bool(warned)
        workspace().corpus_admin.delete(name)

    at = open_page("train", run=id_).button(key=f"unuse_{id_}").click().run()
    assert any(b.key == f"use_{id_}" for b in at.button)
    at = at.button(key=f"train_delete_{id_}").click().run()
    assert "run" not in at.query_params and not at.exception


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"label": "place"}, "the same place"),
        ({"label": "number"}, "Too few posts"),
        ({"label": "nothing"}, "no label “nothing”"),
        ({"models": "mfcc,n-grams"}, "MFCC needs sounds; no post labelled"),
        ({"models": "f-vgg"}, "vgg19.safetensors"),
        ({"models": "nobody"}, "no model “nobody”"),
        ({"run": "0123456789abcdef"}, "no longer exists"),
        ({"run": "../../etc"}, "no longer exists"),
    ],
)
def test_what_cannot_be_is_said_before(
    open_page: Open, moods: str, params: dict[str, str], message: str
) -> None:
    at = open_page("train", corpus=moods, **params)
    assert messages(at, "exception") == []
    assert message in shown(at, "warning").replace("\\", "")
    if params.get("models") in ("f-vgg", "nobody"):
        assert at.button(key="train_start").disabled


def test_a_corpus_without_labels(open_page: Open, home: Path) -> None:
    from backend.corpus import Corpus
    from backend.domain import Post

    Corpus.create(home / "corpora" / "plain", name="plain").add([Post("1", text="hello")])
    try:
        at = open_page("train", corpus="plain")
        assert messages(at, "exception") == []
        assert "No label of this corpus" in shown(at, "info")
        assert ways_on(at) == ["Label these posts yourself", "Import posts with a label column"]
    finally:
        backend.open_workspace(home).corpus_admin.delete("plain")


def test_a_demo_says_that_it_trains_nothing(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    try:
        at = open_page("train")
        assert messages(at, "exception") == []
        assert "nothing is trained here" in shown(at, "info")
        assert not any(b.key == "train_start" for b in at.button)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
