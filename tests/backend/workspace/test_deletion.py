"""A deleted corpus takes along what belongs to it, also when the deletion was killed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.domain import Kind, Selection
from backend.error_analysis.relabels import Relabels
from backend.selections.saved import SavedSelections
from backend.workspace import deletion
from backend.workspace.deletion import delete_corpus, finish_deletions


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("mine", "mine-too"):
        make(tmp_path, name)
    return tmp_path


def make(home: Path, name: str) -> None:
    (home / "corpora" / name / "head.lance").mkdir(parents=True)
    Relabels(home / "relabels", name, "mood").write("a", "joy", "fear")
    SavedSelections(home / "selections").save(Selection(Kind.POST, ("a",), "drawn", name, "One"))


def kept(home: Path, name: str) -> tuple[bool, bool]:
    relabels = Relabels(home / "relabels", name, "mood").read()
    return bool(relabels), bool(SavedSelections(home / "selections").names(name))


def test_all_of_it_goes_and_nothing_else(home: Path) -> None:
    delete_corpus(home, "mine")
    assert kept(home, "mine") == (False, False) and kept(home, "mine-too") == (True, True)
    assert [path.name for path in (home / "corpora").iterdir()] == ["mine-too"]
    make(home, "mine")
    finish_deletions(home)
    assert kept(home, "mine") == (True, True)


@pytest.mark.parametrize("step", ["rename", "rmtree"])
def test_a_deletion_that_was_killed_is_finished(
    home: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*args: object, **options: object) -> None:
        raise Killed

    target: tuple[object, str, Callable] = {
        "rename": (deletion, "_beside", kill), "rmtree": (shutil, "rmtree", kill)
    }[step]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(*target)
        with pytest.raises(Killed):
            delete_corpus(home, "mine")
    assert not (home / "corpora" / "mine").exists()
    assert list((home / "corpora").glob(".deleted-mine-*"))
    finish_deletions(home)
    assert kept(home, "mine") == (False, False) and kept(home, "mine-too") == (True, True)
    assert [path.name for path in (home / "corpora").iterdir()] == ["mine-too"]


def test_a_new_corpus_of_the_name_keeps_its_own(home: Path) -> None:
    (home / "corpora" / ".deleted-mine-0123abcd" / "x").mkdir(parents=True)
    (home / "corpora" / ".deleted-odd").mkdir()
    finish_deletions(home)
    assert kept(home, "mine") == (True, True)
    assert {p.name for p in (home / "corpora").iterdir()} == {"mine", "mine-too", ".deleted-odd"}
