from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest import languages
from backend.ingest.readers import cells, class_names, json_shapes


@pytest.mark.parametrize("value", [None, "", " ", "nan", "NULL", "\\N", float("nan"), "<NA>"])
def test_nothing_is_nothing(value: object) -> None:
    assert cells.is_nothing(value)
    assert cells.text(value) is None or not str(cells.text(value)).strip()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5 < 6 & 7 > 3, I <3 you", "5 < 6 & 7 > 3, I <3 you"),
        ("Q&amp;A &lt;3\nnew line", "Q&A <3\nnew line"),
        ("<p>One</p><p>two &amp; three</p>", "One\n\ntwo & three"),
        (["plain ", {"type": "bold", "text": "bold"}, " end"], "plain bold end"),
        (["one", "two"], "one\ntwo"),
        ({"text": "inner"}, "inner"),
        (12.0, "12"),
        ("GrÃ¼Ã\u009fe aus KÃ¶ln", "Grüße aus Köln"),
        ("naïve Ã–sterreich", "naïve Österreich"),
        ("Ça va? Été à la mer", "Ça va? Été à la mer"),
        ("AT&T R&D", "AT&T R&D"),
    ],
)
def test_texts(value: object, expected: str) -> None:
    assert cells.text(value) == expected


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_text_without_markup_stays(value: str) -> None:
    if not set("<&") & set(value) and not cells.is_nothing(value) and value.isascii():
        assert cells.text(value) == value


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
))  # fmt: skip
def test_any_value_has_a_text_and_names(value: object) -> None:
    assert isinstance(cells.text(value), str | None)
    assert all(isinstance(name, str) and name for name in cells.names(value))
    assert isinstance(json_shapes.rows(value), list)


def test_names() -> None:
    assert cells.names("['sun', 'sea']") == cells.names(["sun", "sea"]) == ["sun", "sea"]
    assert cells.names([{"text": "sun"}, {"name": "sea"}]) == ["sun", "sea"]
    assert cells.names([15, 27.0]) == ["15", "27"] and cells.names("joy") == ["joy"]


@pytest.mark.parametrize(
    "value",
    [
        [{"id": 7, "text": "a"}, {"id": 8, "text": "b"}],
        {"id": {"0": 7, "1": 8}, "text": {"0": "a", "1": "b"}},
        {"0": {"id": 7, "text": "a"}, "1": {"id": 8, "text": "b"}},
        {"columns": ["id", "text"], "index": [0, 1], "data": [[7, "a"], [8, "b"]]},
        {
            "schema": {"fields": [{"name": "id"}]},
            "data": [{"id": 7, "text": "a"}, {"id": 8, "text": "b"}],
        },
        {"id": [7, 8], "text": ["a", "b"]},
        {"meta": {"n": 2}, "result": {"posts": [{"id": 7, "text": "a"}, {"id": 8, "text": "b"}]}},
    ],
)
def test_one_table_in_many_shapes(value: object) -> None:
    assert json_shapes.rows(value) == [{"id": 7, "text": "a"}, {"id": 8, "text": "b"}]


def test_rows_by_their_ids() -> None:
    value = {"x1": {"text": "a"}, "x2": {"text": "b"}}
    assert json_shapes.rows(value) == [{"id": "x1", "text": "a"}, {"id": "x2", "text": "b"}]
    assert json_shapes.rows({"text": "one post"}) == [{"text": "one post"}]


def test_classes_have_names() -> None:
    names = ("sad", "glad")
    assert class_names.named(1, names) == "glad" and class_names.named([0], names) == ["sad"]
    assert class_names.named(7, names) == 7 and class_names.named(None, names) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [("en_GB", "en"), ("iw", "he"), ("in", "id"), ("fra", "fr"), ("ger", "de"), ("deu", "de"),
     ("zh-Hans-CN", "zh"), ("Deutsch", "de"), ("français", "fr"), ("English", "en"), ("cmn", "zh"),
     ("zxx", ""), ("und", None), ("?", None), ("", None)],
)  # fmt: skip
def test_codes_of_languages(code: str, expected: str | None) -> None:
    assert languages.language_code(code) == expected
