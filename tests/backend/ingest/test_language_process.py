"""Languages identified by another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backend.domain import Post
from backend.ingest import language_process, languages
from backend.ingest.drafts import Draft, Notice
from backend.ingest.language_process import with_languages

TEXTS = [
    "The ferry leaves the harbour at noon.",
    "Der Zug hat heute wieder eine Stunde Verspätung.",
    "ok",
    "J'ai acheté du pain et du fromage au marché.",
    "",
    "今日は雨が降っています",
]


def draft(i: int) -> Draft:
    return Draft(i, Post(f"p{i}", text=TEXTS[i % len(TEXTS)]), language_open=i % 7 != 0)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_process, "FEW", 5)
    monkeypatch.setattr(language_process, "_GROUP", 4)


def test_many_items_keep_their_order_and_get_the_same_languages() -> None:
    items: list[Draft | Notice] = [draft(i) for i in range(50)]
    items.insert(20, Notice(20, "bad_row", "What."))
    found = list(with_languages(iter(items)))
    assert len(found) == len(items) and found[20] is items[20]
    for before, after in zip(items, found, strict=True):
        if isinstance(before, Draft) and isinstance(after, Draft):
            known = languages.identify(before.post.text or "") if before.language_open else None
            assert (after.post.id, after.post.language) == (before.post.id, known)
            assert not after.language_open
    named = {item.post.language for item in found if isinstance(item, Draft)}
    assert named == {"en", "de", "fr", "ja", None}


def test_a_process_that_ends_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_process, "_COMMAND", ("-c", "import sys; sys.stdin.readline()"))
    found = list(with_languages(draft(i) for i in range(1, 40)))
    assert [item.post.language for item in found[:3]] == ["de", None, "fr"]
    assert found[30].post.language == languages.identify(TEXTS[31 % len(TEXTS)])


def test_few_items_start_no_process_and_an_end_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def starting(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", starting)
    assert len(list(with_languages(draft(i) for i in range(5)))) == 5
    assert not started

    def endless() -> Iterator[Draft]:
        i = 0
        while True:
            i += 1
            yield draft(i)

    with closing(with_languages(endless())) as items:
        for _ in range(30):
            next(items)
    assert len(started) == 1 and started[0].poll() is not None


def test_the_process_needs_no_models() -> None:
    code = (
        "import sys, backend.ingest.language_process; "
        "print([m for m in ('torch', 'faiss', 'lancedb', 'onnxruntime') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.stdout.strip() == "[]", done.stderr
