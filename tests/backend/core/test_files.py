from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core import files
from backend.core.files import atomic_write, write_atomically, write_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@SAME_FOLDER
@given(old=st.none() | st.binary(), new=st.binary())
def test_bytes_replace_what_was_there(tmp_path: Path, old: bytes | None, new: bytes) -> None:
    path = tmp_path / "file"
    path.unlink(missing_ok=True)
    if old is not None:
        path.write_bytes(old)
    write_atomically(path, new)
    assert path.read_bytes() == new
    assert list(tmp_path.iterdir()) == [path]


@SAME_FOLDER
@given(old=st.none() | st.binary(), half=st.binary())
def test_failure_leaves_the_old_file_and_no_draft(
    tmp_path: Path, old: bytes | None, half: bytes
) -> None:
    path = tmp_path / "file"
    path.unlink(missing_ok=True)
    if old is not None:
        path.write_bytes(old)
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as draft:
        assert draft.parent == path.parent
        draft.write_bytes(half)
        raise KeyboardInterrupt
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == (
        {} if old is None else {"file": old}
    )


KILLED = """
import os, sys
from pathlib import Path
from backend.core import files
from backend.core.files import atomic_write
with atomic_write(Path(sys.argv[1])) as draft:
    draft.write_bytes(b"half")
    os._exit(9)
"""


def test_what_a_killed_write_left_is_removed_a_day_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, others = tmp_path / "file", [tmp_path / ".file.part", tmp_path / ".x.1a2b3c4d.tmp"]
    for other in others:  # of other programs, or resumed later
        other.write_bytes(b"theirs")
        os.utime(other, (0, 0))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert killed.returncode == 9
    (draft,) = set(tmp_path.iterdir()) - set(others)
    write_atomically(path, b"whole")
    assert draft.exists()  # by its age somebody may still be writing it
    a_day = time.time() + 25 * 3600
    clock = SimpleNamespace(**vars(time) | {"time": lambda: a_day})
    monkeypatch.setattr(files, "time", clock)
    write_atomically(tmp_path / "another", b"whole")
    assert set(tmp_path.iterdir()) == {path, tmp_path / "another", *others}


def test_failure_before_the_first_byte_is_the_callers(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic_write(tmp_path / "file"):
        raise ZeroDivisionError
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "absent" / "file", b"x")
    assert not list(tmp_path.iterdir())


@SAME_FOLDER
@given(value=JSON)
def test_json_reads_back(tmp_path: Path, value: object) -> None:
    write_json(tmp_path / "file.json", value)
    assert json.loads((tmp_path / "file.json").read_text("utf-8")) == value


def test_json_writes_unknown_objects_as_strings(tmp_path: Path) -> None:
    write_json(tmp_path / "file.json", {"path": Path("a/ö")}, indent=1)
    assert (tmp_path / "file.json").read_text("utf-8") == '{\n "path": "a/ö"\n}'


def test_private_files_are_for_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_atomically(path, b"new", private=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [bytes([i]) * 100_000 for i in range(4)]
    write_atomically(path, contents[0])
    writers = [
        threading.Thread(target=lambda c=c: [write_atomically(path, c) for _ in range(20)])
        for c in contents
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]
