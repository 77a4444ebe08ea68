"""The Errors page: its address decides what it shows, and figures open their posts."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import backend
from backend.corpus import Corpus
from backend.domain import Post
from backend.settings import settings
from tests.app.pages import Open, messages, shown, ways_on

VIEWS = ("figures", "confidence", "where", "labels", "why", "noise", "versus", "report")


@pytest.fixture
def make_own(home: Path) -> Iterator[Callable[..., str]]:
    """Return a function that creates a corpus whose posts have these labels; deleted afterwards."""
    names: list[str] = []

    def make_own(**labels: list[str]) -> str:
        name = f"own{len(names)}"
        corpus = Corpus.create(home / "corpora" / name, name=name)
        names.append(name)
        rows = [dict(zip(labels, row, strict=True)) for row in zip_longest(*labels.values())]
        corpus.add(
            [
                Post(f"p{i}", text=f"so good, {i}", labels={k: v for k, v in row.items() if v})
                for i, row in enumerate(rows)
            ]
        )
        return name

    yield make_own
    for name in names:
        backend.open_workspace(home).corpus_admin.delete(name)


def test_unusable_labels_are_listed_with_the_reason(
    open_page: Open, make_own: Callable[..., str]
) -> None:
    at = open_page("errors", corpus=make_own(label=["a", "b", "b"] * 5, place=["here"] * 30))
    assert messages(at, "exception") == []
    (message,) = [i.value for i in at.info]
    assert "label: 15 posts have it, at least 20 are needed" in message.replace("\\", "")
    assert "place: all 30 posts have 'here'" in message.replace("\\", "")
    assert "No post of this corpus" not in message
    at = open_page("errors", corpus=make_own(label=[]))
    assert "No post of this corpus has a label" in shown(at, "info")
    assert ways_on(at) == ["Label these posts yourself", "Import posts with a label column"]


def test_the_command_of_the_report_names_the_corpus(
    open_page: Open, make_own: Callable[..., str]
) -> None:
    name = make_own(sentiment=["negative", "positive"] * 10)
    at = open_page("errors", corpus=name, view="report", models="vader")
    assert messages(at, "exception") == []
    assert f"--errors --corpus {name} --label sentiment --model vader" in at.code[0].value
    at = open_page("errors", view="report", models="vader")
    assert "--corpus" not in at.code[0].value


def test_posts_that_no_corruption_applies_to_are_said_to_be(
    open_page: Open, make_own: Callable[..., str]
) -> None:
    name = make_own(sentiment=["negative", "positive"] * 10)  # texts alone, without emoji
    at = open_page("errors", corpus=name, view="noise", models="vader", measure="1")
    assert messages(at, "exception", "error") == []
    assert "None of the nine corruptions applies" in shown(at, "info")
    assert not at.dataframe


def test_a_model_has_the_same_name_everywhere(open_page: Open) -> None:
    at = open_page("errors", models="vader,probe", on="vader")
    assert "VADER" in at.dataframe[0].value.columns
    captions = [c.value for c in at.caption]
    assert any(c.startswith("**VADER** reads texts") for c in captions)
    at = at.button(key="errors_wrong").click().run()
    assert any(h.value == "VADER on sentiment\\: wrong" for h in at.subheader)
    at = open_page("errors", models="vader,probe", on="vader", view="versus")
    assert any(h.value == "VADER and probe" for h in at.subheader)


@pytest.mark.parametrize("view", VIEWS)
def test_each_view(open_page: Open, view: str) -> None:
    at = open_page("errors", view=view)
    assert messages(at, "exception", "error") == []
    assert at.title[0].value == "Errors"
    assert at.selectbox[0].value == "sentiment"


def test_the_page_names_its_models_and_their_training(open_page: Open) -> None:
    at = open_page("errors", models="vader,probe", on="probe")
    assert messages(at, "exception") == []
    assert at.multiselect[0].value == ["vader", "probe"]
    captions = "\n".join(c.value for c in at.caption)
    assert "not calibrated" in captions and "every prediction is held out" in captions


def test_a_cell_opens_the_posts_that_pandas_finds(open_page: Open) -> None:
    at = open_page("errors", models="vader", sel="cell:positive|negative")
    assert messages(at, "exception", "error") == []
    scored = backend.open_workspace().error_analysis.predictions("vader", "sentiment")
    frame = pd.DataFrame({"id": scored.ids, "label": scored.truth, "given": scored.predicted})
    wanted = frame.query("label == 2 and given == 0")["id"]
    captions = "\n".join(c.value for c in at.caption)
    assert f"**{len(wanted)}** of {len(scored.ground_truth)} labelled posts" in captions
    keys = {str(b.key) for b in at.button}
    assert all(f"why_behind_{i}" in keys for i in wanted[:12])


def test_a_click_on_a_cell_selects(open_page: Open) -> None:
    at = open_page("errors", models="vader")
    at.button(key="errors_wrong").click().run()
    assert at.query_params["sel"] in (["wrong"], "wrong")
    assert "labelled posts" in shown(at, "caption")
    at.button(key="errors_clear").click().run()
    assert "sel" not in at.query_params


def selected(at: AppTest) -> int:
    """The number of posts in the open selection, as the page shows it."""
    assert messages(at, "exception", "warning") == []
    caption = next(c.value for c in at.caption if c.value.endswith("labelled posts"))
    return int(caption.partition("**")[2].partition("**")[0].replace(",", ""))


def number(at: AppTest, key: str) -> int:
    """The number on a button."""
    label = str(at.button(key=key).label)
    return int(label.split("**")[1].replace(",", ""))


def test_every_number_of_a_threshold_opens_its_posts(open_page: Open) -> None:
    at = open_page("errors", models="vader", view="confidence", at="70")
    scored = backend.open_workspace().error_analysis.predictions("vader", "sentiment")
    frame = pd.DataFrame({"right": scored.correct, "answered": scored.confidence >= 0.7 - 1e-9})
    for key, query in (
        ("answered", "answered"),
        ("answeredwrong", "answered and not right"),
        ("answeredright", "answered and right"),
        ("withheld", "not answered"),
        ("spared", "not answered and not right"),
        ("lost", "not answered and right"),
    ):
        assert number(at, f"errors_{key}") == len(frame.query(query)), key
    for key in ("spared", "lost"):
        at = at.button(key=f"errors_{key}").click().run()
        assert selected(at) == number(at, f"errors_{key}")
    at = at.slider[0].set_value(80).run()
    assert selected(at) == number(at, "errors_lost")  # the open posts follow the slider


def test_every_number_of_two_models_opens_its_posts(open_page: Open) -> None:
    at = open_page("errors", models="vader,probe", view="versus")
    errors = backend.open_workspace().error_analysis
    one, two = (errors.predictions(name, "sentiment") for name in ("vader", "probe"))
    names = pd.Series(one.classes)
    left = pd.DataFrame(
        {"id": one.ids, "right": one.correct, "given": names[one.predicted].to_numpy()}
    )
    other = pd.DataFrame(
        {"id": two.ids, "right": two.correct, "given": names[two.predicted].to_numpy()}
    )
    both = left.merge(other, on="id", suffixes=("", "_too"))
    for key, query in (
        ("shared", "right == right"),
        ("both right", "right and right_too"),
        ("only first", "right and not right_too"),
        ("only second", "not right and right_too"),
        ("both wrong", "not right and not right_too"),
        ("differ", "given != given_too"),
    ):
        assert number(at, f"errors_pair_{key}") == len(both.query(query)), key
    for key in ("only first", "both wrong"):
        at = at.button(key=f"errors_pair_{key}").click().run()
        assert selected(at) == number(at, f"errors_pair_{key}")
    at = open_page("errors", models="vader,probe", sel="pair:probe:gives:negative|neutral")
    assert selected(at) == len(both.query("given == 'negative' and given_too == 'neutral'"))


def test_the_mistakes_in_a_selection_are_counted_and_open(open_page: Open) -> None:
    at = open_page("errors", models="vader", sel="bin:9")
    scored = backend.open_workspace().error_analysis.predictions("vader", "sentiment")
    wrong = ~scored.correct & (scored.confidence >= 0.9)
    kinds = pd.DataFrame({"label": scored.truth[wrong], "given": scored.predicted[wrong]})
    (label, given), n = next(iter(kinds.value_counts().items()))
    name = f"{scored.classes[label]}|{scored.classes[given]}"
    button = at.button(key=f"errors_within_{name}")
    assert str(button.label).startswith(f"{n:,} ")
    assert selected(button.click().run()) == n
    at = at.button(key="errors_wrong").click().run()  # another figure: all of its posts
    assert selected(at) == int((~scored.correct).sum())


@pytest.mark.parametrize(
    ("sel", "posts"), [("doubtable", 892), ("labelled", 892), ("with:text", 892), ("unread", 0)]
)
def test_lists_open_their_posts(open_page: Open, sel: str, posts: int) -> None:
    assert selected(open_page("errors", models="vader", sel=sel)) == posts


def test_a_post_links_to_similar_posts(open_page: Open) -> None:
    at = open_page("errors", view="why", models="vader,probe", post="moji-1F602")
    assert messages(at, "exception", "error") == []
    similar = next(b for b in at.button if str(b.key).startswith("why_similar_"))
    at = similar.click().run()
    assert messages(at, "exception") == []
    post = at.query_params["post"]
    assert (post if isinstance(post, str) else post[0]) != "moji-1F602"


def test_an_edit_moves_the_prediction(open_page: Open) -> None:
    at = open_page("errors", view="why", models="vader", post="tweet-0010")
    at.text_area[0].set_value("I hate this, it is awful")
    at = next(b for b in at.button if b.label == "Predict").click().run()
    assert messages(at, "exception", "error") == []
    assert "changes from positive to negative" in shown(at, "caption")


def test_a_replaced_picture_is_read_and_not_kept(open_page: Open) -> None:
    at = open_page("errors", view="why", models="probe", post="moji-1F602")
    drawn = io.BytesIO()
    Image.new("RGB", (48, 48), (90, 20, 140)).save(drawn, "PNG")
    uploads = settings().home / "uploads"
    before = set(uploads.glob("*"))
    at.file_uploader[0].upload("mine.png", drawn.getvalue())
    next(b for b in at.button if b.label == "Predict").click().run()
    assert messages(at, "exception", "error") == []
    assert {"before", "after"} <= set(at.dataframe[-1].value.columns)
    assert set(uploads.glob("*")) == before


def test_a_correction_is_stored_and_undone(open_page: Open) -> None:
    at = open_page("errors", view="labels", models="vader")
    choice = next(c for c in at.segmented_control if str(c.key).startswith("relabel_"))
    id_ = str(choice.key).removeprefix("relabel_")
    other = next(o for o in ("negative", "neutral", "positive") if o not in choice.value)
    at = choice.set_value(other).run()
    assert messages(at, "exception") == []
    assert any(h.value == "1 correction" for h in at.subheader)
    at = at.button(key="errors_see_corrected").click().run()
    assert selected(at) == 1
    at = at.button(key=f"undo_{id_}").click().run()
    assert messages(at, "exception") == []
    assert not any("correction" in h.value for h in at.subheader)


@pytest.mark.parametrize(
    "sel",
    [
        "cell:no|such",
        "slice:nothing",
        "pair:vader:only first",
        "x" * 50,
        "twins:999999",
        "twins:" + "9" * 5000,
        "drop:vader|text dropped",
    ],
)
def test_an_address_that_names_nothing_says_so(open_page: Open, sel: str) -> None:
    at = open_page("errors", models="vader", sel=sel)
    assert messages(at, "exception") == []
    assert messages(at, "warning")


def test_a_label_with_many_classes(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its quality does not matter here.
    monkeypatch.setattr("backend.error_analysis.probe.FOLDS", 2)
    monkeypatch.setattr("backend.error_analysis.probe.STRENGTHS", (0.03,))
    monkeypatch.setattr("backend.error_analysis.probe.MAX_STEPS", 50)
    at = open_page("errors", label="category", models="probe")
    assert messages(at, "exception", "error") == []
    assert "smallest classes are left out" in shown(at, "caption")
    at = open_page("errors", label="category", models="probe", sel="twins:10")
    assert selected(at) == 2
