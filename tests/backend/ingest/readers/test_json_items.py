"""Items of JSON documents in any form, wherever the blocks that are read end."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain import KindredError
from backend.ingest.readers import encoding, json_items
from backend.ingest.readers.file_tree import Folder

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3), min_size=1, max_size=5)


def items(data: bytes, name: str = "a.json") -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        return list(json_items.items(Folder(Path(folder)), name))


@settings(max_examples=60)
@given(OBJECTS, st.sampled_from([None, 1]), st.sampled_from([1, 3, 64, 2**20]))
def test_all_forms_give_the_same_items(objects: list[Any], indent: int | None, block: int) -> None:
    whole = json.dumps(objects, indent=indent, ensure_ascii=False)
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in objects)
    forms = [whole, f"window.YTD.tweets.part0 = {whole}", f"callback({whole});", f"\ufeff{whole}"]
    forms += [lines, lines + "\r\n\r\n", lines.replace("\n", ","), lines.replace("\n", "")]
    saved, encoding._BLOCK = encoding._BLOCK, block
    try:
        for form in forms:
            assert [item.value for item in items(form.encode())] == objects
        assert [i.value for i in items(whole.encode("utf-16"))] == objects
    finally:
        encoding._BLOCK = saved


def test_a_long_object_is_opened_and_its_lists_read_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_items, "_WHOLE", 200)
    monkeypatch.setattr(encoding, "_BLOCK", 50)
    messages = [{"id": i, "text": "x" * 40} for i in range(20)]
    chat = {"name": "club", "id": 7, "messages": messages}
    found = items(json.dumps(chat).encode())
    assert [item.value for item in found] == messages
    assert {item.path for item in found} == {("messages",)}
    assert found[0].root["name"] == "club"
    found = items(json.dumps({"chats": {"list": [chat, chat]}, "end": 1}).encode())
    assert [item.value for item in found] == messages * 2
    assert found[0].path == ("chats", "list", "messages") and found[0].root["id"] == 7


def test_a_bad_line_costs_only_itself() -> None:
    found = items(b'{"a": 1}\n{"a": \n{"a": 3}\nnonsense\n{"a": 5}\n', "a.jsonl")
    assert [i.value for i in found if isinstance(i.value, dict)] == [{"a": 1}, {"a": 3}, {"a": 5}]
    bad = [item for item in found if isinstance(item.value, KindredError)]
    assert [item.number for item in bad] == [2, 4]


@pytest.mark.parametrize("data", [b'[{"a": 1}, {"a": ', b'[{"a": 1}, {"a" 2}, {"a": 3}]'])
def test_a_list_that_is_cut_or_damaged_says_so(data: bytes) -> None:
    first, second = items(data)
    assert first.value == {"a": 1} and isinstance(second.value, KindredError)


def test_no_json_at_all() -> None:
    with pytest.raises(KindredError, match="not valid JSON"):
        items(b"<html>")
