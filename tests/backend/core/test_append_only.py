"""Lines that are appended: none is lost to a torn one before it."""

from __future__ import annotations

import threading
from pathlib import Path

from backend.core.append_only import append_lines


def test_a_torn_line_ends_before_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_lines(path, "one\ntwo\n")
    path.write_bytes(path.read_bytes() + b"tor")
    append_lines(path, "three\n")
    assert path.read_text() == "one\ntwo\ntor\nthree\n"


def test_a_new_file_begins_with_what_was_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    for line in ("one\n", "two\n"):
        append_lines(path, line, begin=lambda: b"earlier")
    assert path.read_text() == "earlier\none\ntwo\n"


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    path, line = tmp_path / "lines", "é" * 50_000 + "\n"
    threads = [threading.Thread(target=append_lines, args=(path, line)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text("utf-8") == line * 8
