"""Corrections survive a full disk, and no label has another's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.error_analysis.relabels import Relabels


def labels(overlay: Relabels) -> dict[str, str]:
    return {id_: one.label for id_, one in overlay.read().items()}


@pytest.mark.parametrize("torn", [1, 5, 20, 60])
def test_a_torn_line_costs_one_correction(tmp_path: Path, torn: int) -> None:
    overlay = Relabels(tmp_path, "mine", "mood")
    overlay.write("p1", "a", "b")
    overlay.write("p2", "a", "c")
    data = overlay.path.read_bytes()
    overlay.path.write_bytes(data[:-torn])
    assert labels(overlay) == ({"p1": "b"} if torn > 1 else {"p1": "b", "p2": "c"})
    overlay.write("p3", "a", "d")
    overlay.write("p1", "a", "a")
    assert labels(overlay).get("p3") == "d" and "p1" not in labels(overlay)


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b"7", b'{"id": 1, "was": "a", "label": "b", "time": "c"}', b"\xff\xfe",
     b'{"id": "x"}', b"[" * 100_000, b"\0\0\0"],
)  # fmt: skip
def test_a_damaged_line_costs_itself(tmp_path: Path, line: bytes) -> None:
    overlay = Relabels(tmp_path, "mine", "mood")
    overlay.write("p1", "a", "b")
    with overlay.path.open("ab") as file:
        file.write(line + b"\n")
    overlay.write("p2", "a", "c")
    assert labels(overlay) == {"p1": "b", "p2": "c"}


def test_every_name_has_a_file_of_its_own(tmp_path: Path) -> None:
    names = ["my label", "my-label", "my_label", "my/label", "my.label", "..", ".", "-", "", "Ä",
             "ä", "🙂" * 80, "🙃" * 80, "x" * 300, "x" * 301, "a\0b", "con"]  # fmt: skip
    for name in names:
        Relabels(tmp_path, "mine", name).write("p", "a", name or "none")
    for name in names:
        assert labels(Relabels(tmp_path, "mine", name)) == {"p": name.strip() or "none"}, name
    files = list(tmp_path.rglob("*.jsonl"))
    assert len(files) == len(names)
    assert all(file.parent.parent == tmp_path for file in files)
    assert max(len(file.name.encode()) for file in files) < 100


def test_corrections_of_a_version_before_are_found(tmp_path: Path) -> None:
    """Their file had a name that several labels could have."""
    before = Relabels(tmp_path, "mine", "my-label")
    before.write("p1", "a", "b")
    now = Relabels(tmp_path, "mine", "my label")
    assert labels(now) == {"p1": "b"}
    now.write("p2", "a", "c")
    assert labels(now) == {"p1": "b", "p2": "c"} and labels(before) == {"p1": "b"}


def test_files_of_plain_names_are_where_they_were(tmp_path: Path) -> None:
    assert Relabels(tmp_path, "mine", "mood_2").path == tmp_path / "mine" / "mood_2.jsonl"
