"""Selections under a name."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.domain import Kind, KindredError, Selection
from backend.selections.saved import SavedSelections

NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=80)


def _named(name: str, *ids: str) -> Selection:
    return Selection(Kind.POST, ids, "lasso", "commons", name)


@given(NAMES, st.lists(NAMES, min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_name_and_any_ids_come_back(tmp_path: Path, name: str, ids: list[str]) -> None:
    saved = SavedSelections(tmp_path)
    saved.save(_named(name, *ids))
    assert saved.open(name, "commons") == _named(name, *ids)
    assert name in saved.names("commons")
    assert all(file.resolve().is_relative_to(tmp_path) for file in tmp_path.rglob("*"))
    saved.delete(name, "commons")
    assert name not in saved.names("commons")


def test_a_name_is_of_one_corpus_and_the_last_one_counts(tmp_path: Path) -> None:
    saved = SavedSelections(tmp_path)
    saved.save(_named("mine", "a"))
    saved.save(_named("mine", "b", "b", "c"))
    assert saved.open("mine", "commons").ids == ("b", "c")
    assert saved.names("other") == []
    with pytest.raises(KindredError, match="mine"):
        saved.open("yours", "commons")
    with pytest.raises(KindredError) as error:
        saved.open("mine", "other")
    assert error.value.code == "no_selection"


@pytest.mark.parametrize(
    ("name", "ids", "code"),
    [
        ("", ("a",), "selection_name"),
        ("x" * 81, ("a",), "selection_name"),
        ("a\nb", ("a",), "selection_name"),
        ("fine", (), "empty_selection"),
    ],
)
def test_what_cannot_be_saved(tmp_path: Path, name: str, ids: tuple[str, ...], code: str) -> None:
    with pytest.raises(KindredError) as error:
        SavedSelections(tmp_path).save(_named(name, *ids))
    assert error.value.code == code


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    saved = SavedSelections(tmp_path)
    saved.save(_named("mine", "a"))
    next(tmp_path.rglob("*.json.gz")).write_bytes(b"no")
    with pytest.raises(KindredError) as error:
        saved.open("mine", "commons")
    assert error.value.code == "damaged"


def test_only_posts_and_users_are_selected() -> None:
    with pytest.raises(KindredError):
        Selection(Kind.WORD, ("a",), "x", "commons")


_DAMAGED = {
    "empty": b"",
    "cut": b"\x1f\x8b",
    "not gzip": b"junk",
    "no fields": gzip.compress(b"{}"),
    "a list": gzip.compress(b"[1]"),
    "a number": gzip.compress(b"7"),
    "unknown kind": gzip.compress(
        b'{"name": "x", "kind": "cat", "origin": "", "corpus": "", "ids": []}'
    ),
    "ids that are numbers": gzip.compress(
        b'{"name": "x", "kind": "post", "origin": "", "corpus": "", "ids": [1]}'
    ),
    "deep": gzip.compress(b"[" * 100_000),
    "not UTF-8": gzip.compress(b"\xff"),
}


@pytest.mark.parametrize("data", _DAMAGED.values(), ids=_DAMAGED.keys())
def test_a_damaged_one_does_not_take_the_others_along(tmp_path: Path, data: bytes) -> None:
    saved = SavedSelections(tmp_path)
    saved.save(_named("fine", "a"))
    saved.save(_named("bad", "a"))
    saved._file("commons", "bad").write_bytes(data)
    assert saved.names("commons") == ["fine"]
    with pytest.raises(KindredError) as error:
        saved.open("bad", "commons")
    assert error.value.code == "damaged"
    saved.save(_named("bad", "b"))
    assert saved.names("commons") == ["bad", "fine"]
