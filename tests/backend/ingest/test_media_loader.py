from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.ingest import media_loader
from backend.ingest.drafts import MediaRef
from backend.ingest.readers.archives import open_tree

DATA = b"x" * 3_000_000


def test_two_posts_may_name_one_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2)

    def fetched(url: str) -> bytes:
        both.wait()  # neither finds what the other fetched
        return DATA

    monkeypatch.setattr(media_loader, "fetch", fetched)
    (tmp_path / "source").mkdir()
    tree, kept = open_tree(tmp_path / "source"), tmp_path / "fetched"
    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            medium = MediaRef(url=f"https://example.org/{number}.png")
            asked = [pool.submit(media_loader.media_bytes, medium, tree, kept) for _ in range(2)]
            assert [one.result() for one in asked] == [DATA, DATA]
    assert len(list(kept.iterdir())) == 20  # and no draft is left
