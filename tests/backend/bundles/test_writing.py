"""A bundle can be opened at any moment, whoever writes it and wherever that is killed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.bundles import writing
from backend.bundles.bundle import Bundle, open_bundle
from backend.bundles.writing import put_file, rewrite_card, write_bundle
from backend.domain import KindredError, Modality
from backend.settings import ASSETS


def write(path: Path, number: int) -> Bundle:
    """Write a bundle in which every part says its number."""
    return write_bundle(
        path,
        name="toy",
        encoders=dict.fromkeys(Modality, f"encoder {number}"),
        tensors={"affect": {"number": np.full((50, 50), number)}},
        config={"affect": {"number": number}},
        metrics={},
        card=f"# Number {number}",
        files={"more.parquet": f"more {number}".encode()},
    )


def number_of(bundle: Bundle) -> int:
    """The number that every part of a bundle agrees on."""
    number = int(bundle.config["affect"]["number"])
    assert (bundle.tensors("affect")["number"] == number).all()
    assert bundle.card == f"# Number {number}"
    assert bundle.file("more.parquet").read_text() == f"more {number}"
    return number


def code(act: Callable[[], object]) -> str:
    with pytest.raises(KindredError) as error:
        act()
    return error.value.code


def test_it_is_opened_as_it_was_written(tmp_path: Path) -> None:
    assert code(lambda: open_bundle(tmp_path / "b")) == "no_bundle"
    bundle = write(tmp_path / "b", 1)
    assert number_of(bundle) == 1 and bundle == open_bundle(tmp_path / "b")
    assert bundle.stems == ["affect"] and bundle.file("affect.safetensors").parent == bundle.path


@pytest.mark.parametrize("file", ["affect.safetensors", "model_card.md", "more.parquet"])
@pytest.mark.parametrize("times", [1, 2])
def test_every_file_is_checked(tmp_path: Path, file: str, times: int) -> None:
    for _ in range(times):
        bundle = write(tmp_path / "b", 1)
    bundle.file(file).write_bytes(b"something else")
    assert code(lambda: open_bundle(tmp_path / "b")) == "damaged"
    write(tmp_path / "b", 2)  # writing it again mends it
    assert number_of(open_bundle(tmp_path / "b")) == 2
    bundle.file(file).unlink()
    assert number_of(open_bundle(tmp_path / "b")) == 2


def test_a_reader_keeps_the_bundle_that_it_opened(tmp_path: Path) -> None:
    one = write(tmp_path / "b", 1)
    two = write(tmp_path / "b", 2)
    assert (number_of(one), number_of(two)) == (1, 2)
    three = write(tmp_path / "b", 3)
    assert (number_of(two), number_of(three)) == (2, 3)
    # Older ones take no room.
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == [
        "bundle.json", "version-1", "version-2",
    ]  # fmt: skip
    assert sorted(p.name for p in tmp_path.iterdir()) == [".b.lock", "b"]


def test_there_is_a_whole_bundle_while_it_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "b", 0)
    writer = threading.Thread(target=lambda: [write(tmp_path / "b", n) for n in range(1, 40)])
    writer.start()
    seen = [0]
    while writer.is_alive():
        seen.append(int(open_bundle(tmp_path / "b").config["affect"]["number"]))
    assert seen == sorted(seen)
    assert number_of(open_bundle(tmp_path / "b")) == 39


def test_two_writers_leave_one_of_theirs(tmp_path: Path) -> None:
    def several(first: int) -> None:
        for number in range(first, first + 20):
            write(tmp_path / "b", number)

    writers = [threading.Thread(target=several, args=(first,)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert number_of(open_bundle(tmp_path / "b")) in (19, 119)


class Killed(BaseException):
    """A process ends here."""


@pytest.mark.parametrize("step", range(8))
def test_a_killed_writer_leaves_the_old_bundle_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Each step is a change of the disk; the writer is killed before it."""
    write(tmp_path / "b", 1)
    steps = [0]

    def killable(act: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*args: Any, **options: Any) -> Any:
            if steps[0] == step:
                raise Killed
            steps[0] += 1
            return act(*args, **options)

        return changed

    with monkeypatch.context() as patch:
        for name in ("write_bytes", "rename", "mkdir"):
            patch.setattr(Path, name, killable(getattr(Path, name)))
        patch.setattr(writing.shutil, "rmtree", lambda *args, **options: None)
        patch.setattr(writing, "write_atomically", killable(writing.write_atomically))
        try:
            write(tmp_path / "b", 2)
        except Killed:
            assert steps[0] == step
    assert number_of(open_bundle(tmp_path / "b")) in (1, 2)
    write(tmp_path / "b", 3)
    assert number_of(open_bundle(tmp_path / "b")) == 3
    assert not (tmp_path / ".b.new").exists()


@pytest.mark.parametrize("name", ["model_card.md", "new.parquet"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("step", range(4))
def test_one_file_is_replaced_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, times: int, step: int
) -> None:
    for _ in range(times):
        write(tmp_path / "b", 1)
    steps = [0]
    real = writing.write_atomically

    def killable(path: Path, data: bytes) -> None:
        if steps[0] == step:
            raise Killed
        steps[0] += 1
        real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_atomically", killable)
        try:
            put_file(tmp_path / "b", name, b"new")
        except Killed:
            assert steps[0] == step
    open_bundle(tmp_path / "b")
    put_file(tmp_path / "b", name, b"newer")
    bundle = open_bundle(tmp_path / "b")
    assert bundle.file(name).read_bytes() == b"newer"
    bundle.file(name).write_bytes(b"new")  # only the last checksum is left
    assert code(lambda: open_bundle(tmp_path / "b")) == "damaged"


def test_the_card_is_rewritten(tmp_path: Path) -> None:
    write(tmp_path / "b", 1)
    assert rewrite_card(tmp_path / "b", "# Größer").card == "# Größer"


def test_what_earlier_versions_wrote_is_opened_and_replaced(tmp_path: Path) -> None:
    shipped = ASSETS / "bundles" / "commons-1"
    assert open_bundle(shipped).stems == ["affect", "joint_space"]
    old = write(tmp_path / "b", 1)
    raw = json.loads((old.path / "bundle.json").read_text())
    del raw["files"]["more.parquet"]  # once a file was added without its checksum
    (old.path / "bundle.json").write_text(json.dumps(raw))
    assert number_of(open_bundle(old.path)) == 1
    assert number_of(write(old.path, 2)) == 2
