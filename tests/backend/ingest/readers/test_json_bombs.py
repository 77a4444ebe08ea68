"""JSON of very many values that are no posts."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.domain import KindredError
from backend.ingest import Options, open_tree
from backend.ingest.readers import json_lines


def rows(path: Path) -> int:
    tree = open_tree(path)
    try:
        return sum(1 for _ in json_lines.read(tree, Options()))
    finally:
        tree.close()


def test_rows_that_hold_nothing_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "_HOPELESS", 50)
    (tmp_path / "none.jsonl").write_text("1\n" * 200)
    with pytest.raises(KindredError, match="holds no posts"):
        rows(tmp_path / "none.jsonl")
    (tmp_path / "some.jsonl").write_text("1\n" * 40 + '{"text": "hi"}\n' + "1\n" * 200)
    assert rows(tmp_path / "some.jsonl") == 241


def test_one_value_of_too_many_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "_VALUES", 100)
    (tmp_path / "list.json").write_text("[" + "[]," * 200 + "[]]")
    with pytest.raises(KindredError, match="too many values"):
        rows(tmp_path / "list.json")
