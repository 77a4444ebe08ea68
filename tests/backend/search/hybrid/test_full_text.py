"""The full-text index of a corpus: built by the first search, tried again where it could not be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.core.progress import Progress
from backend.corpus import Corpus
from backend.corpus.full_text import FullText
from backend.domain import Post
from backend.search.hybrid import full_text


def test_an_index_that_could_not_be_written_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus.create(tmp_path / "small", name="small")
    corpus.add([Post("a", text="the trains are late")])
    now, tries = [0.0], []
    make = FullText.make

    def full_disk(self: FullText, *args: object) -> None:
        tries.append(now[0])
        if len(tries) == 1:
            raise OSError(28, "No space left on device")
        make(self, *args)

    monkeypatch.setattr(FullText, "make", full_disk)
    monkeypatch.setattr(full_text, "time", SimpleNamespace(monotonic=lambda: now[0]))
    assert full_text.open_full_text(corpus, "none") is None
    assert full_text.open_full_text(corpus, "none") is None and tries == [0]  # not at every search
    now[0] = 60
    assert full_text.open_full_text(corpus, "none") and tries == [0, 60]
    assert full_text.open_full_text(corpus, "none") and tries == [0, 60]


def test_another_process_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus.create(tmp_path / "large", name="large")
    corpus.add([Post(str(i), text="the trains are late") for i in range(3)])
    assert full_text.building(corpus, "none") is None
    seen = []

    def run(_: str, arguments: list[str]) -> SimpleNamespace:
        def wait() -> int:
            seen.append(full_text.building(corpus, "none"))
            make = full_text.make_full_text

            def watched(*args: object, progress: Progress) -> None:
                def report(done: int, total: int) -> None:
                    progress(done, total)
                    seen.append(full_text.building(corpus, "none"))

                make(*args, progress=report)  # type: ignore[arg-type]

            with monkeypatch.context() as patch:
                patch.setattr(full_text, "make_full_text", watched)
                patch.setattr(full_text.os, "nice", lambda _: 0)
                full_text.main(*arguments)
            return 0

        return SimpleNamespace(wait=wait)

    monkeypatch.setattr(full_text, "AT_ONCE", 2)
    monkeypatch.setattr(full_text, "start_process", run)
    monkeypatch.setattr(full_text.threading, "Thread", _AtOnce)
    full_text.open_full_text(corpus, "none")
    assert seen == [(0, 3), (2, 3), (3, 3)]
    assert full_text.building(corpus, "none") is None
    reader = full_text.open_full_text(corpus, "none")
    assert reader is not None and len(reader) == 3


class _AtOnce:
    def __init__(self, target: Callable[[], None], daemon: bool) -> None:
        self.start = target
