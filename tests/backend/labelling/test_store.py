"""Labels that people gave: the last one counts, and a damaged line costs one label."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.domain import KindredError
from backend.labelling.store import LabelStore, checked_name


def test_the_last_value_counts(tmp_path: Path) -> None:
    store = LabelStore(tmp_path, "mine")
    assert store.names() == [] and store.read("stance") == {}
    store.write("stance", {"a": "for", "b": "against"})
    store.write("stance", {"a": "none"})
    store.write("stance", {"b": ""})
    store.write("über “alles”", {"c": "yes"})
    assert store.read("stance") == {"a": "none"}
    assert store.names() == ["stance", "über “alles”"]
    assert LabelStore(tmp_path, "other").names() == []


def test_a_damaged_line_costs_one_label(tmp_path: Path) -> None:
    store = LabelStore(tmp_path, "mine")
    store.write("stance", {"a": "for", "b": "against"})
    (file,) = store.folder.glob("*.jsonl")
    lines = file.read_text().split("\n")
    file.write_text("\n".join([lines[0], '{"id": 3, "value"', "[]", lines[1]]))
    assert store.read("stance") == {"a": "for", "b": "against"}
    file.write_text("{" + file.read_text())
    assert store.names() == ["stance"] and store.read("stance") == {"b": "against"}


def test_another_corpus_of_the_name_does_not_inherit(tmp_path: Path) -> None:
    LabelStore(tmp_path, "mine", "first").write("stance", {"a": "for"})
    new = LabelStore(tmp_path, "mine", "second")
    assert new.names() == [] and new.read("stance") == {}
    new.write("stance", {"a": "against"})
    assert new.read("stance") == {"a": "against"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_names_are_checked(name: str) -> None:
    with pytest.raises(KindredError):
        checked_name(name)
