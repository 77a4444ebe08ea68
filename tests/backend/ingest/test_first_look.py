"""A first look ends in time, however many files there are to list."""

from __future__ import annotations

import io
import itertools
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.domain import KindredError
from backend.ingest import check, first_look
from backend.ingest.readers import time_limit
from backend.ingest.readers.base import Options


def tar(path: Path, count: int) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for n in range(count):
            archive.addfile(tarfile.TarInfo(f"{n}.png"))
    return path


def packed(path: Path, count: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(count):
            archive.writestr(f"{n}.png", b"")
    return path


def folder(path: Path, count: int) -> Path:
    path.mkdir()
    for n in range(count):
        (path / f"{n}.png").touch()
    return path


def grown(path: Path, count: int) -> Path:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = count * 2**20
        archive.addfile(info, io.BytesIO(random.Random(0).randbytes(info.size)))
    path.write_bytes(lzma.compress(buffer.getvalue(), preset=0))
    return path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each look at the clock take a second of a core."""
    ticks = itertools.count()
    for module in (time_limit, first_look):
        monkeypatch.setattr(module, "thread_time", lambda: float(next(ticks)))


@pytest.mark.parametrize(
    ("make", "name"),
    [(tar, "s.tar.gz"), (packed, "s.zip"), (folder, "s"), (grown, "s.tar.xz")],
)
def test_a_source_that_takes_long_to_list_is_told(
    make: Callable[[Path, int], Path], name: str, tmp_path: Path, clock: None
) -> None:
    source = make(tmp_path / name, 20)
    with (
        pytest.raises(KindredError, match="takes longer than a first look") as error,
        first_look.opened(source, 10),
    ):
        pass
    assert error.value.code == first_look.TOO_SLOW
    with first_look.opened(source, None) as tree:
        assert tree.sizes


def test_what_opening_took_is_not_left_to_rows(tmp_path: Path, clock: None) -> None:
    source = tmp_path / "t.csv"
    source.write_text("id,text\n" + "".join(f"{n},hello there {n}\n" for n in range(1_000)))
    many = folder(tmp_path / "s", 340)
    (many / "t.csv").write_bytes(source.read_bytes())

    def rows(path: Path) -> int:
        with first_look.opened(path, 300) as tree:
            return check(tree, Options(), format_="csv").rows

    assert 0 < rows(many) < rows(source) < 1_000
