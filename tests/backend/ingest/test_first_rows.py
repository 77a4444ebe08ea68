"""A source that is too large for a first look gives the report of its first rows."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.domain import KindredError
from backend.ingest import Options, Report, check, open_tree
from backend.ingest.drafts import Draft, Notice, drafts
from backend.ingest.readers import encoding, time_limit
from backend.workspace.workspace import Workspace

ROWS = 3_000


def parquet(path: Path) -> None:
    pq.write_table(pa.table({"text": ["a storm"] * ROWS}), path)


WRITE: dict[str, Callable[[Path], object]] = {
    "rows.csv": lambda path: path.write_text("id,text\n" + "1,a storm\n" * ROWS),
    "times.csv": lambda path: path.write_text("text,time\n" + "a storm,2020-01-01\n" * ROWS),
    "rows.jsonl": lambda path: path.write_text('{"text": "a storm"}\n' * ROWS),
    "rows.json": lambda path: path.write_text(json.dumps([{"text": "a storm"}] * ROWS)),
    "rows.parquet": parquet,
}


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes a second, and files are read in small blocks."""
    ticks = itertools.count()
    monkeypatch.setattr(time_limit, "thread_time", lambda: float(next(ticks)))
    monkeypatch.setattr(encoding, "_BLOCK", 100)


def looked_at(path: Path, limit: float | None) -> Report:
    with time_limit.time_limit(limit), closing(open_tree(path)) as tree:
        return check(tree, Options())


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("name", WRITE)
def test_the_first_rows_are_reported_when_the_time_is_over(name: str, tmp_path: Path) -> None:
    WRITE[name](tmp_path / name)
    report = looked_at(tmp_path / name, 700)
    assert not report.is_whole
    assert 1 <= report.rows < 700
    assert report.mapping["text"] == ("text",)


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("name", WRITE)
def test_a_source_for_which_the_time_suffices_is_reported_whole(name: str, tmp_path: Path) -> None:
    WRITE[name](tmp_path / name)
    limited, unlimited = looked_at(tmp_path / name, 10**6), looked_at(tmp_path / name, None)
    assert limited.is_whole
    assert limited == unlimited
    assert limited.rows == ROWS


@pytest.mark.usefixtures("seconds")
def test_files_that_were_not_come_to_are_not_called_unread(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.mkdir()
    for name in ("a.csv", "b.csv"):
        WRITE["times.csv"](source / name)
    (source / "notes.md").write_text("hello")
    partial = looked_at(source, 3_000)
    assert not partial.is_whole and partial.unread_files == []
    assert looked_at(source, None).unread_files == ["notes.md"]


@pytest.mark.usefixtures("seconds")
def test_a_source_that_shows_no_rows_in_time_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.jsonl").write_text("\n" * 90_000 + '{"text": "a storm"}\n')
    with pytest.raises(KindredError, match=r"Reading notes\.jsonl takes longer"):
        looked_at(tmp_path / "notes.jsonl", 300)


HEADS = {".csv": "id,text\n1,a storm\n", ".jsonl": '{"text": "a storm"}\n'}


@pytest.mark.parametrize("ending", HEADS)
def test_a_file_is_not_read_beyond_very_many_blank_lines(ending: str, tmp_path: Path) -> None:
    head, path = HEADS[ending], tmp_path / f"x{ending}"
    path.write_text(head + "\n" * encoding.BLANK_LINES + head.splitlines()[-1])
    assert looked_at(path, None).problems.get("blank_lines", 0) == 0
    path.write_text(head + "\n" * (encoding.BLANK_LINES + 1) + head.splitlines()[-1])
    report = looked_at(path, None)
    assert (report.usable, report.problems["blank_lines"]) == (1, 1)
    path.write_text("\n" * (2 * encoding.BLANK_LINES) + 2 * head)
    with pytest.raises(KindredError, match="blank lines in a row"):
        looked_at(path, None)


@pytest.mark.usefixtures("seconds")
def test_an_import_decides_by_all_rows_what_a_column_is(
    workspace: Workspace, tmp_path: Path
) -> None:
    rows = "".join(f"{n},a storm at sea {n}\n" for n in range(ROWS))
    more = "".join(f"{n},calm water {n}\n" for n in range(ROWS))  # the same ids again
    (tmp_path / "x.csv").write_text("id,text\n" + rows + more)
    partial = workspace.imports.check(tmp_path / "x.csv", "decided", Options(), seconds=700)
    assert partial.mapping["id"] == ("id",) and not partial.is_whole
    job = workspace.imports.plan(tmp_path / "x.csv", "decided", partial, Options())
    with closing(open_tree(tmp_path / "x.csv")) as tree:
        found = list(drafts(tree, job.format, job.options))
    assert sum(isinstance(one, Draft) for one in found) == 2 * ROWS
    assert [one.code for one in found if isinstance(one, Notice)] == ["ids_repeated"]
    job.delete()


def test_a_limit_ends_with_its_block(seconds: None) -> None:
    assert not time_limit.is_limited()
    with time_limit.time_limit(9):
        assert time_limit.is_limited()
        is_past = time_limit.share_of_time(0.5)
        assert [is_past() for _ in range(7)] == [False] * 4 + [True] * 3
        time_limit.check_time()
        with pytest.raises(time_limit.OutOfTimeError):
            time_limit.check_time()
    assert not time_limit.share_of_time(0.5)()
    for _ in range(20):
        time_limit.check_time()
