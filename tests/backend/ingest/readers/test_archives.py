"""A tar is read as its folder is, and what means harm in it is left out."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from backend.domain import KindredError
from backend.ingest import Options, check, open_tree
from backend.ingest.drafts import drafts
from backend.ingest.readers import archives
from backend.settings import settings
from tests.backend.ingest import samples


def items(path: Path) -> list[str]:
    tree = open_tree(path)
    try:
        return [repr(item) for item in drafts(tree, check(tree, Options()).format, Options())]
    finally:
        tree.close()


def test_a_mastodon_archive_as_it_is_downloaded(tmp_path: Path) -> None:
    folder = samples.mastodon_in(tmp_path)
    packed = samples.tarred(folder, tmp_path / f"{folder.name}.tar.gz")
    plain = tmp_path / f"{folder.name}.tar"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    assert items(packed) == items(folder) == items(plain)


def test_names_are_found_by_any_ending_before_and_after_unpacking(tmp_path: Path) -> None:
    source = tmp_path / "s"
    (source / "A.B" / "deep").mkdir(parents=True)
    for name in ("b.CSV", "a.csv", "A.B/c", "A.B/deep/a.tar.gz", "README", "b.csv.x", ".csv.y"):
        (source / name).write_bytes(b"id,text\n1,hello\n")
    (source / "t.jsonl.gz").write_bytes(gzip.compress(b'{"text":"a"}\n'))
    samples.zipped(source, tmp_path / "inner.zip").rename(source / "inner.zip")
    every = (
        (".csv",),
        (".gz", ".jsonl"),
        (".tar.gz",),
        ("dme",),
        ("a.csv", "c"),
        (".b/c",),
        (".",),
        (),
    )
    trees = [archives.Folder(source), open_tree(source)]
    for tree in trees:
        for _ in range(2):
            for endings in every:
                wanted = [n for n in tree.sizes if n.lower().endswith(endings) or not endings]
                assert tree.names(*endings) == sorted(wanted, key=lambda n: (n.count("/"), n))
            tree.unpack()
        tree.close()
    assert "inner.zip/a.csv" in trees[1].names(".csv")


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.mkdir()
    for i in range(40):
        (source / f"{i}.bin").write_bytes(bytes([i]) * (5_000 + i))
    tree = open_tree(samples.tarred(source, tmp_path / "s.tgz"))
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for name, data in zip(tree.sizes, pool.map(tree.read, tree.sizes), strict=True):
                i = int(name.partition(".")[0])
                assert data == bytes([i]) * (5_000 + i)
    tree.close()


def harm(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, link in (
            ("../../out.txt", tarfile.REGTYPE, ""),
            ("/etc/out.txt", tarfile.REGTYPE, ""),
            ("a/../../out.txt", tarfile.REGTYPE, ""),
            ("soft", tarfile.SYMTYPE, "/etc/passwd"),
            ("hard", tarfile.LNKTYPE, "good.txt"),
            ("pipe", tarfile.FIFOTYPE, ""),
            ("disk", tarfile.BLKTYPE, ""),
            ("good.txt", tarfile.REGTYPE, ""),
            ("good.txt", tarfile.REGTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = 5 if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(b"hello") if info.size else None)
    return path


def test_what_leads_out_of_a_tar_is_left_out(tmp_path: Path) -> None:
    tree = open_tree(harm(tmp_path / "harm.tar.gz"))
    assert tree.read("good.txt") == b"hello" and list(tree.sizes) == ["good.txt"]
    assert len(tree.refused) == 8
    for name in ("../../out.txt", "soft", "hard", "pipe"):
        with pytest.raises(KindredError):
            tree.read(name)
    tree.close()


def test_bombs_and_broken_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = harm(tmp_path / "harm.tar.gz").read_bytes()
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole[:-20])
    with pytest.raises(KindredError) as error:
        open_tree(cut)
    assert error.value.code == "damaged"

    monkeypatch.setattr(archives, "_BOMB_BYTES", 2**10)
    bomb = tmp_path / "bomb.tar.gz"
    with tarfile.open(bomb, "w:gz") as archive:
        info = tarfile.TarInfo("zeros.txt")
        info.size = 2**24
        archive.addfile(info, io.BytesIO(bytes(2**24)))
    with pytest.raises(KindredError) as error:
        open_tree(bomb)
    assert error.value.code == "too_large" and "bomb" in error.value.message

    info = tarfile.TarInfo("x" * 2**21)  # a name of two megabytes in a header of its own
    long = tmp_path / "long.tar"
    long.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(KindredError) as error:
        open_tree(long)
    assert error.value.code == "damaged"


def _numbered(info: tarfile.TarInfo, size: int) -> bytes:
    """A header whose size is below nothing, as base 256 can say."""
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = (2**96 + size).to_bytes(12, "big")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _folder(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE
    return info


def _endless() -> bytes:
    return _folder("d").tobuf() + _numbered(tarfile.TarInfo("._x"), -512) + bytes(1024)


def _below() -> bytes:
    return _numbered(tarfile.TarInfo("a.csv"), -1024) + bytes(2048)


def _chained() -> bytes:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 4
    return (info.tobuf(tarfile.GNU_FORMAT) + b"a\0\0\0".ljust(512, b"\0")) * 2_000


def _pax(kind: bytes, records: list[bytes]) -> bytes:
    info = tarfile.TarInfo("p")
    body = b"".join(b"%d %s=\n" % (len(each) + 6, each) for each in records)
    info.type, info.size = kind, len(body)
    return info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)


def _one_after_another() -> bytes:
    records = [b"%096d" % n for n in range(9_000)]  # 102 bytes each: close to a megabyte
    return _pax(tarfile.XHDTYPE, records) * 3 + _folder("d").tobuf() + bytes(1024)


def _of_all() -> bytes:
    records = [b"%096d" % n for n in range(1_001)]
    return _pax(tarfile.XGLTYPE, records) + _folder("d").tobuf() + bytes(1024)


@pytest.mark.parametrize("make", [_endless, _below, _chained, _one_after_another, _of_all])
def test_headers_that_lie_end_in_a_sentence(make: Callable[[], bytes], tmp_path: Path) -> None:
    (tmp_path / "lies.tar").write_bytes(make())
    with pytest.raises(KindredError) as error:
        open_tree(tmp_path / "lies.tar")
    assert error.value.code == "damaged"


def test_a_time_without_end(tmp_path: Path) -> None:
    path = tmp_path / "times.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a.txt")
        info.pax_headers = {"mtime": "inf"}
        archive.addfile(info)
    tree = open_tree(path)
    assert tree.stamp() == tree.stamp()
    tree.close()


def test_a_file_without_a_name_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("posts.csv", "id,text\n1,Rain\n")
        zipped.writestr("x", "nothing")
    # The same bytes, with a name of length 0 in both headers of the last file.
    data = bytearray(path.read_bytes())
    first, last = data.rindex(b"PK\x03\x04"), data.rindex(b"PK\x01\x02")
    data[last + 28 : last + 30] = data[first + 26 : first + 28] = b"\0\0"
    data[last + 30 : last + 32] = data[first + 28 : first + 30] = b"\0\0"
    del data[last + 46]
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = (end - data.index(b"PK\x01\x02")).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with closing(open_tree(path)) as tree:
        assert list(tree.sizes) == ["posts.csv"]
        assert [name for name, _ in tree.refused] == [""]


def test_a_zip_of_too_many_files_is_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for n in range(30):
            packed.writestr(f"{n}.png", b"PK\x01\x02" * 40)  # in a file it counts for nothing
    monkeypatch.setattr(settings().limits, "archive_files", 30)
    open_tree(path).close()
    monkeypatch.setattr(settings().limits, "archive_files", 29)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(KindredError) as error:
        open_tree(path)
    assert error.value.code == "too_many_files"
