"""Compressed tables read like those that are not."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from backend.domain import KindredError
from backend.ingest import Options, check, open_tree
from backend.ingest.readers import compressed
from backend.ingest.readers.time_limit import OutOfTimeError, time_limit
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
    "xz": lzma.compress,
    "bz2": bz2.compress,
}
LINES = "".join(
    json.dumps({"id": str(i), "text": f"line number {i} here"}) + "\n" for i in range(3)
)
TABLE = "id,text\n" + "".join(f"{i},line number {i} here\n" for i in range(3))
WANTED = [f"line number {i} here" for i in range(3)]


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize(
    ("name", "text"), [("p.jsonl", LINES), ("p.csv", TABLE), ("RC_2015-01", LINES), ("p", TABLE)]
)
def test_a_table_alone_in_a_folder_and_in_a_zip(
    kind: str, name: str, text: str, tmp_path: Path
) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    file = folder / f"{name}.{kind}"
    file.write_bytes(PACK[kind](text.encode()))
    for source in (file, folder, samples.zipped(folder, tmp_path / "s.zip")):
        assert Read(source).texts == WANTED


@pytest.mark.parametrize("kind", PACK)
def test_a_tar_in_any_compression(kind: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(TABLE)
    with tarfile.open(tmp_path / "p.tar", "w") as archive:
        archive.add(tmp_path / "p.csv", "p.csv")
    packed = tmp_path / f"p.tar.{kind}"
    packed.write_bytes(PACK[kind]((tmp_path / "p.tar").read_bytes()))
    assert Read(packed).texts == WANTED


def test_several_frames_and_a_long_window(tmp_path: Path) -> None:
    half = LINES.index("\n") + 1
    options = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    pieces = [LINES[:half], LINES[half:]]
    made = [
        zstandard.ZstdCompressor(compression_params=options).compress(p.encode()) for p in pieces
    ]
    (tmp_path / "p.jsonl.zst").write_bytes(b"".join(made))
    assert Read(tmp_path / "p.jsonl.zst").texts == WANTED


@pytest.mark.parametrize("kind", PACK)
def test_bombs_and_cut_files_are_refused_in_a_sentence(kind: str, tmp_path: Path) -> None:
    data = PACK[kind](b"[" + b" " * 2**25)
    (tmp_path / f"bomb.json.{kind}").write_bytes(data)
    (tmp_path / f"cut.jsonl.{kind}").write_bytes(PACK[kind](LINES.encode() * 500)[:-9])
    for name in (f"bomb.json.{kind}", f"cut.jsonl.{kind}"):
        with pytest.raises(KindredError) as error:
            check(open_tree(tmp_path / name), Options())
        assert error.value.code in ("too_large", "unreadable", "damaged", "no_format")
        assert error.value.message.endswith(".")


@pytest.mark.parametrize("kind", PACK)
def test_several_members_with_padding_between(kind: str, tmp_path: Path) -> None:
    half = LINES.index("\n") + 1
    parts = [PACK[kind](part.encode()) for part in (LINES[:half], "", LINES[half:])]
    (tmp_path / f"p.jsonl.{kind}").write_bytes((bytes(4_096)).join(parts) + bytes(512))
    assert Read(tmp_path / f"p.jsonl.{kind}").texts == WANTED


@pytest.mark.parametrize("kind", PACK)
def test_members_without_content_end_at_the_limit_of_time(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"p.csv.{kind}"
    path.write_bytes(PACK[kind](b"") * 1_000)
    with path.open("rb") as file, time_limit(0), pytest.raises(OutOfTimeError):
        compressed.unpacked(file, path.name, path.stat().st_size).read(1)


@pytest.mark.parametrize("kind", ["xz", "bz2"])
def test_what_follows_and_is_no_member_is_left(kind: str, tmp_path: Path) -> None:
    (tmp_path / f"p.jsonl.{kind}").write_bytes(PACK[kind](LINES.encode()) + b"and so on" * 2_000)
    assert Read(tmp_path / f"p.jsonl.{kind}").texts == WANTED
