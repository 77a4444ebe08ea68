"""Items of collections, however many and wherever the blocks that are read end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from backend.ingest import Options
from backend.ingest.readers import encoding, mastodon
from backend.ingest.readers.file_tree import Folder


def items(folder: Path) -> list[object]:
    return [item for _, item in mastodon._items(Folder(folder), "outbox.json")]


@pytest.mark.parametrize("block", [1, 2, 7, 64, 2**20])
def test_items_are_the_same_wherever_a_block_ends(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_BLOCK", block)
    given = [
        {"id": "ü]", "object": {"a": [1, "}", None]}},
        "https://x.example/1",
        {"id": '"\\'},
        [],
    ]
    for indent in (None, 1):
        said = {"@context": ["x"], "orderedItems": given, "later": [1]}
        (tmp_path / "outbox.json").write_text(json.dumps(said, indent=indent), "utf-8")
        assert items(tmp_path) == given


def test_many_items_take_time_in_proportion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_BLOCK", 2**26)  # all in one: what is copied, is copied whole
    likes = [f"https://other.example/users/somebody/statuses/{i}" for i in range(100_000)]
    (tmp_path / "outbox.json").write_text('{"orderedItems": []}')
    (tmp_path / "likes.json").write_text(json.dumps({"orderedItems": likes}))
    begin = time.thread_time()
    rows = list(mastodon.read(Folder(tmp_path), Options()))
    assert time.thread_time() - begin < 5  # half a second, and ten when the rest is copied
    assert [row.reactions[0].post for row in rows] == likes


def test_a_file_that_ends_in_the_middle_says_so(tmp_path: Path) -> None:
    (tmp_path / "outbox.json").write_text('{"orderedItems": [{"id": 1}, {"id": ')
    found = items(tmp_path)
    assert found[0] == {"id": 1} and getattr(found[1], "code", "") == "damaged"
