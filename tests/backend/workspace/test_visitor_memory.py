"""In a demo, bytes do not reach the disk, whoever asks; visitors keep things in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.files import write_atomically
from backend.core.visitors import as_visitor
from backend.domain import Kind, KindredError, Selection
from backend.error_analysis.relabels import Relabels
from backend.selections.saved import SavedSelections
from backend.settings import settings
from backend.workspace import visitor_memory
from backend.workspace.visitor_memory import VisitorMemory

ONE = Selection(Kind.POST, ("a", "b"), "drawn", "mine", "One")


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "home"
    home.mkdir()
    SavedSelections(home / "selections").save(ONE)
    Relabels(home / "relabels", "mine", "mood").write("a", "joy", "fear")
    monkeypatch.setenv("KINDRED_HOME", str(home))
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    yield home
    monkeypatch.undo()
    settings.cache_clear()


def test_nothing_is_written_whoever_asks(demo: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()}
    saved, relabels = SavedSelections(demo / "selections"), Relabels(demo / "relabels", "mine", "x")
    for write in (
        lambda: saved.save(ONE),
        lambda: saved.delete("One", "mine"),
        lambda: relabels.write("a", "joy", "fear"),
        lambda: write_atomically(demo / "file", b"x"),
        lambda: VisitorMemory().write(),  # nobody in particular
    ):
        with pytest.raises(KindredError) as error:
            write()
        assert error.value.code == "read_only"
    assert {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()} == before
    assert saved.names("mine") == ["One"]
    write_atomically(demo / "cache", b"x", needed=True)
    write_atomically(tmp_path / "elsewhere", b"x")  # such as the output of a command


def test_each_visitor_has_their_own(demo: Path) -> None:
    memory = VisitorMemory()
    with as_visitor("anna"):
        memory.write().save(ONE)
        memory.write().relabel("mine", "mood", "a", ("joy", " fear "))
        assert memory.read().relabels["mine", "mood", "a"].label == "fear"
        memory.write().relabel("mine", "mood", "a", ("joy", "joy"))
        assert not memory.read().relabels and len(memory.read().selections) == 1
        with pytest.raises(KindredError):
            memory.write().save(Selection(Kind.POST, ("a",), "drawn", "mine", "x" * 100))
    with as_visitor("bob"):
        assert not memory.read().selections


def test_what_a_visitor_keeps_is_bounded(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_memory, "MAX_SELECTIONS", 2)
    monkeypatch.setattr(visitor_memory, "MAX_RELABELS", 2)
    memory = VisitorMemory()
    with as_visitor("anna"):
        kept = memory.write()
        for name in ("1", "2"):
            kept.save(Selection(Kind.POST, ("a",), "drawn", "mine", name))
            kept.relabel("mine", "mood", name, ("joy", "fear"))
        kept.save(Selection(Kind.POST, ("b",), "drawn", "mine", "1"))  # replaces
        kept.relabel("mine", "mood", "1", ("joy", "anger"))
        for add in (
            lambda: kept.save(Selection(Kind.POST, ("a",), "drawn", "mine", "3")),
            lambda: kept.relabel("mine", "mood", "3", ("joy", "fear")),
        ):
            with pytest.raises(KindredError) as error:
                add()
            assert error.value.code == "too_many_kept"
