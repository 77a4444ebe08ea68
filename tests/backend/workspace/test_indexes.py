from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.cli import main
from backend.domain import Kind
from backend.settings import settings
from backend.workspace.workspace import Workspace


def test_the_shipped_corpus_is_exact(workspace: Workspace) -> None:
    assert {choice.way for choice in workspace.indexes.choices()} == {"exact"}
    assert workspace.indexes.make() == workspace.indexes.choices()


def test_the_command_makes_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(tmp_path)
    monkeypatch.setattr(settings(), "exact_vectors", 4_000)
    home = str(workspace.home)
    assert main(["index", "--home", home, "--json", "--quiet", "--show"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert (before["post"]["way"], before["post"]["ready"]) == ("lists", False)
    assert main(["index", "--home", home, "--json"]) == 0
    told = capsys.readouterr()
    after = json.loads(told.out)
    assert after["post"]["ready"] and after["post"]["recall"] > 0.98
    assert after["word"]["way"] == "exact" and "Index of posts" in told.err
    (hit,) = workspace.search("rain", [Kind.POST], k=1).hits[Kind.POST]
    (vector,) = workspace.corpus().vectors(workspace.bundle.name, Kind.POST, [hit.id])[1]
    nearest = workspace.searcher().index(Kind.POST).search(vector, 3)
    assert nearest.ids[0] == hit.id and nearest.estimated
