"""Rows of workbooks are written by another process, and read of what it wrote."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from backend.domain import KindredError
from backend.ingest.readers import time_limit, workbook_rows
from backend.ingest.readers.archives import open_tree
from backend.ingest.readers.file_tree import Tree
from tests.backend.ingest.readers.test_workbook import MAIN, ROWS, Sheet, rewritten, xlsx

LONG: Sheet = [["id", "text"], *([n, f"number {n}"] for n in range(60_000))]


def opened(path: Path) -> Tree:
    return open_tree(path.parent)


def rows(tree: Tree, path: Path) -> Iterator[tuple[str, list[Any]]]:
    for sheet, found in workbook_rows.sheets(tree, path.name, path.read_bytes()):
        for row in found:
            yield sheet, row


def test_what_cells_hold(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"a": ROWS, "none": [], "b": [["x", True]]})
    found = list(rows(opened(path), path))
    assert [sheet for sheet, _ in found] == ["a", "a", "a", "b"]
    assert found[1][1] == [1234567890123456, "A fine day & more", 3, datetime(2021, 1, 1, 12)]


def test_a_table_that_begins_at_c4(tmp_path: Path) -> None:
    at = '<c r="{0}" t="inlineStr"><is><t>{0}</t></is></c>'
    cells = [f'<row r="{n}">{at.format(f"C{n}")}{at.format(f"D{n}")}</row>' for n in (4, 5)]
    path = rewritten(
        xlsx(tmp_path / "p.xlsx", {"a": ROWS}),
        "xl/worksheets/sheet1.xml",
        f"<worksheet {MAIN}><sheetData>{''.join(cells)}</sheetData></worksheet>",
    )
    found = [row for _, row in rows(opened(path), path)]
    assert found[3:] == [["C4", "D4"], ["C5", "D5"]]  # rows are counted as Excel counts them


def test_two_readers_of_one_workbook_do_not_meet(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"a": LONG[:500], "b": ROWS})
    tree = opened(path)
    both = list(zip_longest(rows(tree, path), rows(tree, path)))
    assert len(both) == 503 and all(one == other for one, other in both)


def test_the_rows_of_a_sheet_that_nobody_reads_are_passed(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"a": LONG[:500], "b": ROWS})
    found = workbook_rows.sheets(opened(path), path.name, path.read_bytes())
    assert [sheet for sheet, _ in found] == ["a", "b"]


def test_a_first_look_has_the_first_rows_and_later_all_are_there(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"a": LONG})
    tree, seen = opened(path), 0
    with time_limit.time_limit(0.3), pytest.raises(time_limit.OutOfTimeError):
        for _ in rows(tree, path):
            seen += 1
    assert seen < len(LONG)
    assert sum(1 for _ in rows(tree, path)) == len(LONG)


def test_the_time_of_the_process_counts(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"a": ROWS})
    with time_limit.time_limit(60.0):
        list(rows(opened(path), path))
        assert time_limit.time_left() < 60.0 - 0.005


def test_few_files_are_open_for_many_workbooks(tmp_path: Path) -> None:
    paths = [xlsx(tmp_path / f"{n}.xlsx", {"a": ROWS}) for n in range(12)]
    tree = opened(paths[0])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in paths:
        assert len(list(rows(tree, path))) == 3
    assert len(list(Path("/proc/self/fd").iterdir())) - before <= 8


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"a": ROWS})
    program = tmp_path / "full.py"
    program.write_text(f"import sys; sys.exit({errno.ENOSPC})")
    monkeypatch.setattr(workbook_rows, "_PROGRAM", program)
    with pytest.raises(OSError, match="No space left"):
        list(rows(opened(path), path))


@pytest.mark.parametrize(
    "limits",
    [{"MEMORY": 2**24}, {"OUTPUT": 2**16}, {"SECONDS": 0.05}],
    ids=lambda each: next(iter(each)),
)
def test_no_row_of_a_workbook_beyond_the_limits_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, float]
) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"small": ROWS, "a": LONG})
    for name, value in limits.items():
        monkeypatch.setattr(workbook_rows, name, value)
    with pytest.raises(KindredError) as error:
        list(rows(opened(path), path))
    assert error.value.code == "too_large"


@pytest.mark.parametrize(
    ("limit", "said"), [("columns", "20,000 columns"), ("cells", "too many cells")]
)
def test_a_sheet_with_too_many_cells_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, said: str
) -> None:
    path = xlsx(tmp_path / "p.xlsx", {"a": [list(range(20_000))] if limit == "columns" else ROWS})
    if limit == "cells":
        monkeypatch.setattr(workbook_rows, "CELLS", 11)
    with pytest.raises(KindredError) as error:
        list(rows(opened(path), path))
    assert error.value.code == "too_large" and said in error.value.message


def test_the_process_knows_nothing_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its keys nor what is written beside the program."""
    monkeypatch.setenv("KINDRED_API_KEY", "secret")
    path = xlsx(tmp_path / "p.xlsx", {"a": ROWS})
    program = tmp_path / "told.py"
    program.write_text(
        "import json, os, sys\n"
        "print(json.dumps({'sheet': 'a', 'height': 1, 'width': 1}))\n"
        "print(json.dumps([' '.join(os.environ), sys.flags.isolated, 'backend' in sys.modules]))\n"
        "print(json.dumps({'end': True}))\n"
    )
    monkeypatch.setattr(workbook_rows, "_PROGRAM", program)
    [(_, (names, isolated, knows))] = rows(opened(path), path)
    assert "KINDRED_API_KEY" not in names.split() and isolated == 1 and not knows
