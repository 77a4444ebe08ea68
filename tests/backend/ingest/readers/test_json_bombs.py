"""JSON of very many values that are no posts."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from backend.domain import KindredError
from backend.ingest import Options, open_tree
from backend.ingest.readers import encoding, json_items, json_lines, time_limit


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


def test_too_many_fields_are_not_parsed_at_a_first_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "_FIELDS", 100)
    (tmp_path / "list.json").write_text(
        json.dumps([{f"k{n}": n for n in range(101)}], separators=(",", " : "))
    )
    with time_limit.time_limit(9), pytest.raises(time_limit.OutOfTimeError):
        rows(tmp_path / "list.json")
    assert rows(tmp_path / "list.json") == 1


def test_an_object_of_too_many_values_costs_its_row_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "_ITEM_VALUES", 100)
    posts = [{"text": "hi"}, {"text": "hi", "more": {f"k{n}": [n] for n in range(60)}}]
    (tmp_path / "list.json").write_text(json.dumps(posts))
    with closing(open_tree(tmp_path / "list.json")) as tree:
        first, second = json_lines.read(tree, Options())
    assert first.cells == {"text": "hi"} and first.error is None
    assert second.error is not None and "more than 100 values" in second.error.message


def test_a_dense_item_is_opened_rather_than_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_BLOCK", 50)
    (tmp_path / "list.json").write_text(json.dumps({"data": [{"text": "hi"}] * 200}))
    with closing(open_tree(tmp_path / "list.json")) as tree:
        (whole,) = json_items.items(tree, "list.json")
        monkeypatch.setattr(json_items, "_LARGE", 100)
        monkeypatch.setattr(json_items, "_VALUES", 40)
        opened = list(json_items.items(tree, "list.json"))
    assert len(whole.value["data"]) == 200
    assert [(item.path, item.value) for item in opened] == [(("data",), {"text": "hi"})] * 200


def test_of_an_object_with_very_many_fields_some_are_kept_and_its_posts_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "_MEMBERS", 20)
    monkeypatch.setattr(json_items, "_WHOLE", 100)
    monkeypatch.setattr(encoding, "_BLOCK", 50)
    fields = {f"k{n}": n for n in range(200)}
    (tmp_path / "keys.json").write_text(json.dumps(fields | {"posts": [{"text": "hi"}] * 9}))
    with closing(open_tree(tmp_path / "keys.json")) as tree:
        items = list(json_items.items(tree, "keys.json"))
    assert [item.value for item in items] == [{"text": "hi"}] * 9
    assert all(len(item.root) == 20 for item in items)
