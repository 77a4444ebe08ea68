"""Each uploaded file gets a place of its own, and its name where that is possible."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from backend.domain import KindredError
from backend.workspace import staging
from backend.workspace.staging import clear, keep, storage_paths


def joined(names: list[str]) -> list[str]:
    return ["/".join(parts) for parts in storage_paths(names)]


def stored(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_nothing_overwrites_another(tmp_path: Path) -> None:
    long = "n" * 120
    names = ["x/1.jpg", "y/1.jpg", f"x/{long}a.jpg", f"x/{long}b.jpg", "x/a?.jpg", "x/a.jpg"]
    folder = keep(tmp_path, [(name, name.encode()) for name in names])
    assert stored(folder) == {
        "x/1.jpg": b"x/1.jpg",
        "y/1.jpg": b"y/1.jpg",
        f"x/{long}a.jpg": names[2].encode(),
        f"x/{long}b.jpg": names[3].encode(),
        "x/a-2.jpg": b"x/a?.jpg",
        "x/a.jpg": b"x/a.jpg",
    }


def test_the_folder_of_all_is_left_out_and_no_other(tmp_path: Path) -> None:
    assert joined(["set/t.csv", "set/media/1.jpg"]) == ["t.csv", "media/1.jpg"]
    assert joined(["set/1.jpg", "2.jpg"]) == ["set/1.jpg", "2.jpg"]
    assert joined(["set/1.jpg", "set?/1.jpg"]) == ["set/1.jpg", "set-2/1.jpg"]
    assert keep(tmp_path, [("set/a", b"a"), ("set/b", b"b")]).name == "set"


@pytest.mark.parametrize(
    "name",
    ["été 2024 (1).JPG", "投" * 80 + ".png", "n" * 200 + ".csv.gz", "no ending", ".x", "a.b.c"],
)
def test_names_that_are_fine_stay_as_they_are(name: str, tmp_path: Path) -> None:
    assert joined([f"s/{name}", f"s/{name}?"])[0] == name  # a table may name it
    assert stored(keep(tmp_path, [(name, b"x"), ("other", b"y")]))[name] == b"x"


def test_what_is_too_long_keeps_its_ending(tmp_path: Path) -> None:
    long = "投" * 200
    names = [f"{long}1.jpg", f"{long}2.jpg", f"{long}.csv.gz"]
    found = list(stored(keep(tmp_path, [(name, name.encode()) for name in names])))
    assert len(found) == 3 and sorted(n[-4:] for n in found) == [".jpg", ".jpg", "v.gz"]
    assert all(len(name.encode()) <= 255 for name in found)
    assert len(list(keep(tmp_path, [(names[0], b"alone")]).name.encode())) <= 255


def test_numbers_do_not_hang_on_the_order_of_the_files() -> None:
    names = ["a?.jpg", "a*.jpg", "a.jpg", "a-2.jpg", "?b/c?.jpg", "b/c.jpg", "b/c?.jpg"]
    wanted = dict(zip(names, joined(names), strict=True))
    assert wanted["a.jpg"] == "a.jpg" and wanted["a-2.jpg"] == "a-2.jpg"
    assert wanted["b/c.jpg"] == "b/c.jpg" and wanted["?b/c?.jpg"] == "b-2/c.jpg"
    assert len(set(wanted.values())) == len(names)
    again = names[::-1]
    assert dict(zip(again, joined(again), strict=True)) == wanted


def test_the_same_name_twice_and_a_file_like_a_folder() -> None:
    assert joined(["1.jpg", "1.jpg", "1.jpg"]) == ["1.jpg", "1-2.jpg", "1-3.jpg"]
    assert joined(["a/b", "a"]) == ["a-2/b", "a"]


@pytest.mark.parametrize("name", ["", "/", "..", "???", " ", "...", "\ud800", "?.jpg", "../../?"])
def test_names_of_which_nothing_is_left(name: str, tmp_path: Path) -> None:
    source = keep(tmp_path, [(name, b"x")])
    assert source.read_bytes() == b"x" and source.name.startswith("upload")
    assert source.resolve().is_relative_to(tmp_path)
    assert len(stored(keep(tmp_path, [(name, b"x"), (name, b"y")]))) == 2


def test_what_cannot_be_stored_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        staging, "storage_paths", lambda names: [("a",), ("a",)]
    )  # a file system's ways
    with pytest.raises(KindredError) as error:
        keep(tmp_path, [("a", b"x"), ("A", b"y")])
    assert error.value.code == "not_stored" and not list(tmp_path.iterdir())


def test_what_is_old_and_not_named_goes(tmp_path: Path) -> None:
    old, named, new = (keep(tmp_path, [("a.csv", b"x")]).parents[1] for _ in range(3))
    (tmp_path / "0123456789abcdef").mkdir()  # an import
    for stage in (old, named, tmp_path / "0123456789abcdef"):
        os.utime(stage, (time.time() - staging.DAY - 60,) * 2)
    clear(tmp_path, {named.name})
    assert {p.name for p in tmp_path.iterdir()} == {named.name, new.name, "0123456789abcdef"}
    clear(tmp_path / "nothing", set())
