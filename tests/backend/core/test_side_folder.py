"""What is beside a corpus belongs to it and to no other of its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.domain import Kind, KindredError, Selection
from backend.error_analysis.relabels import Relabels
from backend.selections.saved import SavedSelections

ONE = Selection(Kind.POST, ("a",), "drawn", "mine", "one")


def test_another_corpus_of_the_name_inherits_nothing(tmp_path: Path) -> None:
    Relabels(tmp_path / "r", "mine", "mood", "first").write("a", "joy", "fear")
    SavedSelections(tmp_path / "s", "first").save(ONE)
    relabels = Relabels(tmp_path / "r", "mine", "mood", "second")
    saved = SavedSelections(tmp_path / "s", "second")
    assert relabels.read() == {} and saved.names("mine") == []
    with pytest.raises(KindredError):
        saved.open("one", "mine")
    saved.delete("one", "mine")
    relabels.write("b", "joy", "fear")
    saved.save(ONE)
    assert list(relabels.read()) == ["b"] and saved.names("mine") == ["one"]
    # What the first one had is not lost either.
    left = [*tmp_path.glob("r/.mine-left-*/mood.jsonl"), *tmp_path.glob("s/.*-left-*/*.gz")]
    assert len(left) == 2


def test_folders_of_earlier_versions_are_their_corpus_own(tmp_path: Path) -> None:
    Relabels(tmp_path, "mine", "mood").write("a", "joy", "fear")
    now = Relabels(tmp_path, "mine", "mood", "first")
    assert list(now.read()) == ["a"]
    now.write("b", "joy", "fear")
    assert list(Relabels(tmp_path, "mine", "mood", "first").read()) == ["a", "b"]
    assert Relabels(tmp_path, "mine", "mood", "second").read() == {}
