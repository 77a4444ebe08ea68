from __future__ import annotations

import gzip
import itertools
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components.corpora.import_form import _label, _name
from backend.ingest import Report
from backend.ingest.readers import time_limit
from tests.app.pages import messages
from tests.waiting import PATIENCE


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("pics.tar.gz", "pics"),
        ("My Posts.JSONL.gz", "my-posts"),
        ("photos.v2", "photos-v2"),
        ("commons.csv", "mine"),  # the shipped corpus is not written to
        ("..csv", "mine"),
        ("投稿.csv", "mine"),
    ],
)
def test_a_corpus_is_named_after_its_source(file: str, name: str) -> None:
    assert _name(Path(file)) == name


@pytest.mark.parametrize(
    ("new", "changed", "unsure", "label"),
    [
        (1, 0, 0, "Import 1 post"),
        (1000, 2, 0, "Import 1,002 posts"),
        (0, 0, 1, "Fetch and compare 1 post"),
        (2, 1, 4, "Import 3 posts, compare 4"),
        (0, 0, 0, "Import 0 posts"),
    ],
)
def test_the_button_promises_what_is_known(new: int, changed: int, unsure: int, label: str) -> None:
    report = Report("s", "csv", "", {}, [], new=new, changed=changed, unsure=unsure)
    assert _label(report) == label


def unsure_page() -> None:
    from pathlib import Path

    from app.components.corpora.import_form import _begin
    from app.components.corpora.import_report import show_report
    from backend.ingest import Options, Report

    report = Report("s.csv", "csv", "it ends so", {}, [], rows=3, usable=3, same=1, unsure=2)
    show_report(report)
    _begin(Path("s.csv"), "mine", report, Options())


def test_what_is_known_only_after_fetching_is_said() -> None:
    at = AppTest.from_function(unsure_page, default_timeout=PATIENCE).run()
    assert messages(at, "exception") == []
    facts = " ".join(element.value for element in at.html)
    assert "<span>May have changed <b>2</b></span>" in facts and "<span>Changed" not in facts
    assert [(b.label, b.disabled) for b in at.button] == [("Fetch and compare 2 posts", False)]
    (sentence,) = [c.value for c in at.caption if "nothing is written" not in c.value]
    assert sentence.startswith("2 posts of the corpus mine may have changed")


def first_rows_page() -> None:
    from pathlib import Path

    import streamlit as st

    from app.components.corpora.import_form import SOURCE, show_form

    st.session_state[SOURCE] = Path(st.query_params["source"])
    show_form()


def test_of_a_large_source_the_first_rows_are_reported_and_all_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count()  # each look at the clock takes 10 ms
    monkeypatch.setattr(time_limit, "thread_time", lambda: next(looks) / 100)
    source = tmp_path / "many.csv"
    source.write_text("id,text\n" + "".join(f"{n},a storm at sea {n}\n" for n in range(2_000)))
    at = AppTest.from_function(first_rows_page, default_timeout=PATIENCE)
    at.query_params["source"] = str(source)
    at.run()
    assert messages(at, "exception") == []
    said = " ".join(messages(at, "markdown"))
    assert "**The first " in said and "rows.** There are more" in said
    assert "Import all rows" in [b.label for b in at.button if not b.disabled]

    next(b for b in at.button if b.label == "Check all rows").click().run()
    assert "There are more" not in " ".join(messages(at, "markdown"))
    assert "Import 2,000 posts" in [b.label for b in at.button]


def test_what_takes_too_long_for_a_first_look_is_checked_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count()  # each look at the clock takes a minute
    monkeypatch.setattr(time_limit, "thread_time", lambda: next(looks) * 60)
    source = tmp_path / "slow.csv"
    source.write_text("id,text\n" + "".join(f"{n},a storm at sea {n}\n" for n in range(20)))
    at = AppTest.from_function(first_rows_page, default_timeout=PATIENCE)
    at.query_params["source"] = str(source)
    at.run()
    (said,) = messages(at, "error")
    assert said.startswith("Reading slow.csv takes longer than a first look may")
    next(b for b in at.button if b.label == "Check all rows").click().run()
    assert messages(at, "error", "exception") == []
    assert "Import 20 posts" in [b.label for b in at.button]


def form_page() -> None:
    from app.components.corpora.import_form import show_form

    show_form()


def bad_sources(folder: Path) -> list[Path]:
    """Sources of which no report can be made, each for another reason."""
    contents = {
        "commas.csv": b"," * 2**20,
        "nothing.csv": b"",
        "numbers.csv": b"a,b\n" + b"1,2\n" * 9,
        "deep.json": b"[" * 2**16,
        "cut.parquet": b"PAR1" + bytes(99) + b"PAR1",
        "no sheet.xlsx": b"PK",
        "cut.csv.gz": gzip.compress(b"id,text\n" + b"1,hello there\n" * 999)[:40],
        "cut.zip": b"PK\3\4" + bytes(40),
        "notes.xyz": b"hello there",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    with zipfile.ZipFile(folder / "sheetless.xlsx", "w") as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
    return sorted(folder.iterdir())


@pytest.mark.usefixtures("home")
def test_each_bad_source_gets_one_sentence_and_another_can_be_chosen(tmp_path: Path) -> None:
    for source in bad_sources(tmp_path):
        at = AppTest.from_function(form_page, default_timeout=PATIENCE)
        at.session_state["import_source"] = source
        at.run()
        assert messages(at, "exception") == [], source.name
        (sentence,) = messages(at, "error")
        assert len(sentence) > 20 and "error ID" not in sentence, source.name
        (button,) = [b for b in at.button if b.label == "Choose another source"]
        button.click().run()
        assert "import_source" not in at.session_state
        assert messages(at, "exception", "error") == [], source.name
