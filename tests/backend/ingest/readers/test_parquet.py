"""Parquet reads as it always did, and a small file stays small."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.domain import KindredError
from backend.ingest import Options, check, open_tree
from backend.ingest.drafts import Draft, drafts
from backend.ingest.readers import parquet, registry
from backend.ingest.readers.json_lines import flatten
from tests.backend.ingest import bombs
from tests.backend.ingest import samples as made
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[4]
MEGABYTES = 200
PEAK = """
import resource, sys
from pathlib import Path
from backend.ingest import Options, check, open_tree
from backend.ingest.drafts import drafts
from backend.domain import KindredError

def bring(path):
    tree = open_tree(Path(path))
    try:
        report = check(tree, Options())
        for _ in drafts(tree, report.format, Options(mapping=report.mapping)):
            pass
    except KindredError:
        pass

bring(sys.argv[1])
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bring(sys.argv[2])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) // 1024)
"""


def write(path: Path, table: pa.Table | list[dict[str, Any]], **options: Any) -> Path:
    table = pa.Table.from_pylist(table) if isinstance(table, list) else table
    pq.write_table(table, path, **options)
    return path


def read(path: Path) -> list[dict[str, Any]]:
    rows = list(parquet.read(open_tree(path), Options()))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert not any(row.error for row in rows)
    return [dict(row.cells) for row in rows]


@pytest.mark.skipif(sys.platform == "win32", reason="the peak is not told there")
@pytest.mark.parametrize("kind", bombs.KINDS)
def test_a_small_file_takes_little_memory(kind: str, tmp_path: Path) -> None:
    data = bombs.parquet(kind)
    assert len(data) < 4_000
    (tmp_path / "bomb.parquet").write_bytes(data)
    good = write(tmp_path / "good.parquet", [{"id": "1", "text": "hello there, you"}])
    # A process begins with the peak of the one it was made from: the shell between is small.
    shell = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", PEAK]
    done = subprocess.run(
        [*shell, str(good), str(tmp_path / "bomb.parquet")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert int(done.stdout) < MEGABYTES


def table(rows: int) -> pa.Table:
    rng = random.Random(7)
    words = [f"wörd{i}" * rng.randint(1, 9) for i in range(900)]

    def some(most: int) -> list[str] | None:
        return rng.choices(words, k=rng.randint(0, most)) if rng.random() < 0.9 else None

    made_ = [
        {
            "id": str(i),
            "text": " ".join(some(40) or []) or None,
            "user.name": rng.choice(words),
            "n": i if i % 3 else None,
            "tags": some(5),
            "turns": [{"role": "user", "content": " ".join(t)} for t in [some(300)] * 3 if t],
            "image": {"bytes": rng.randbytes(rng.randint(0, 3_000)), "path": f"{i}.png"},
            "who": {"name": rng.choice(words), "more": {"deep": [i, None]}} if i % 5 else None,
        }
        for i in range(rows)
    ]
    return pa.Table.from_pylist(made_)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"row_group_size": 7},
        {"row_group_size": 400},
        {"use_dictionary": False},
        {"dictionary_pagesize_limit": 3_000, "data_page_size": 2_000},
        {"use_dictionary": ["tags.list.element", "user.name", "image.bytes"]},
        {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}},
        {"use_dictionary": False, "column_encoding": {"text": "DELTA_LENGTH_BYTE_ARRAY"}},
        {"compression": "zstd", "data_page_version": "2.0"},
    ],
    ids=str,
)
def test_rows_are_as_arrow_reads_them(options: dict[str, Any], tmp_path: Path) -> None:
    given = table(1_500)
    path = write(tmp_path / "t.parquet", given, **options)
    assert read(path) == [flatten(row) for row in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize(
    "kind",
    [
        pa.dictionary(pa.int32(), pa.string()),
        pa.large_string(),
        pa.string_view(),
        pa.list_(pa.string()),
        pa.large_list(pa.large_string()),
        pa.list_(pa.string(), 2),
        pa.list_view(pa.string()),
        pa.map_(pa.string(), pa.string()),
        pa.list_(pa.struct([("a", pa.string()), ("b", pa.list_(pa.binary()))])),
        pa.binary(3),
        pa.list_(pa.float32()),
        pa.json_(),
        pa.decimal128(20, 2),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [10, 2**15])
def test_columns_of_all_kinds(kind: pa.DataType, size: int, tmp_path: Path) -> None:
    """Small ones, and such that they are weighed."""
    one: Any = "x" * size
    if pa.types.is_map(kind):
        one = [("k", one)]
    elif str(kind).startswith(("list<element: struct", "list<item: struct")):
        one = [{"a": one, "b": [b"y", None]}]
    elif pa.types.is_nested(kind):
        numbers = kind.value_type == pa.float32()
        one = [i / 8 for i in range(size)] if numbers else [one, None]
    elif kind == pa.binary(3):
        one = b"abc"
    elif pa.types.is_decimal(kind):
        one = 5
    values = [one, None, *[one] * 98]
    column = pa.array(values, kind.storage_type if kind == pa.json_() else kind)
    if kind == pa.json_():
        column = pa.ExtensionArray.from_storage(kind, column)
    given = pa.table({"text": [f"hello {i}" for i in range(100)], "c": column})
    path = write(tmp_path / "t.parquet", given)
    assert read(path) == [flatten(row) for row in pq.read_table(path).to_pylist()]


def test_large_values_are_read_whether_they_are_in_the_dictionary_or_not(tmp_path: Path) -> None:
    """Of a value that many rows have there is one copy; after a full dictionary, one for each."""
    letters = random.Random(0)
    long = ["".join(letters.choices("abc 🙂é", k=9_000)) for _ in range(30)]
    texts = [None if i % 7 == 0 else long[i % 5 if i < 40 else i % 30] for i in range(100)]
    blobs = [{"bytes": text and text.encode(), "path": None} for text in texts]
    rows = [
        {"id": str(i), "text": text, "image": blob}
        for i, (text, blob) in enumerate(zip(texts, blobs, strict=True))
    ]
    path = write(tmp_path / "t.parquet", rows, row_group_size=60, dictionary_pagesize_limit=2**16)
    encodings = pq.read_metadata(path).row_group(0).column(1).encodings
    assert {"PLAIN", "RLE_DICTIONARY"} <= set(encodings)
    assert parquet._large_values(pq.read_metadata(path)) == ["text"]
    assert read(path) == [flatten(row) for row in rows]


def test_a_row_that_is_too_long_is_told_of(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": f"hello there {i}", "raw": {"page": "x"}} for i in range(9)]
    rows[3]["text"] = "y" * 2**21
    rows[5]["raw"] = {"page": "z" * (2**20 + 1)}
    path = write(tmp_path / "t.parquet", rows)
    report = check(open_tree(path), Options())
    assert (report.rows, report.usable, report.problems) == (9, 7, {"too_large": 2})
    assert [n.number for n in report.notices] == [4, 6]
    assert report.notices[0].message == "The text of this row has 2 MB and the limit is 1 MB."
    assert report.columns == ["id", "text", "raw.page"]


def test_media_are_as_large_as_files_may_be(tmp_path: Path) -> None:
    picture = made.picture(tmp_path / "x.png", size=(1_000, 900)).read_bytes()
    assert len(picture) > 2**21
    rows = [{"text": f"hello {i}", "image": {"bytes": picture, "path": None}} for i in range(70)]
    path = write(tmp_path / "t.parquet", rows)
    (tmp_path / "x.png").unlink()
    report = check(open_tree(path), Options())
    assert report.modalities["image"] == 70 and not report.problems


def test_a_file_whose_rows_are_all_too_long_has_columns_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(bombs.parquet("text"))
    report = check(open_tree(tmp_path / "t.parquet"), Options())
    assert report.columns == ["id", "text"] and report.mapping["text"] == ("text",)
    assert (report.rows, report.problems) == (256, {"too_large": 256})


@pytest.mark.parametrize("kind", ["tags", "nothing"])
def test_lists_that_become_far_larger_are_refused(kind: str, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(bombs.parquet(kind))
    with pytest.raises(KindredError) as error:
        check(open_tree(tmp_path / "t.parquet"), Options())
    assert error.value.code == "too_large" and "row groups" in error.value.message


def test_a_value_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    texts = [b"hello there, you", b"cut \xf0\x9f\x98", b"good night, all"]
    raw = pa.array(texts, pa.binary())
    text = pa.StringArray.from_buffers(len(raw), raw.buffers()[1], raw.buffers()[2])
    path = write(tmp_path / "t.parquet", pa.table({"id": ["1", "2", "3"], "text": text}))
    tree = open_tree(path)
    report = check(tree, Options())
    assert (report.usable, report.problems) == (2, {"bad_row": 1})
    found = drafts(tree, "parquet", Options(mapping=report.mapping))
    assert [item.post.id for item in found if isinstance(item, Draft)] == ["1", "3"]


def test_samples_are_cut(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(9):
        deep = [deep]
    row = {
        "text": "y" * 10_000,
        "image": {"bytes": b"z" * 10_000, "path": "a.png"},
        "tags": ["t"] * 90,
        "deep": deep,
    }
    first = row | {"tags": ["t" * 5_000] * 90}
    path = write(tmp_path / "t.parquet", [first, *[row] * 9_000])
    columns, samples = registry.columns(open_tree(path), "parquet", Options())
    assert columns == list(row) and len(samples) == 200
    cells = samples[0].cells
    assert len(cells["text"]) == 4_000 and len(cells["image"]["bytes"]) == 4_000
    assert cells["image"]["path"] == "a.png" and len(cells["tags"]) == 50
    assert {len(tag) for tag in cells["tags"]} == {4_000}
    assert "x" not in str(cells["deep"])
    mapped = registry.mapping(open_tree(path), "parquet", Options())
    assert mapped["text"] == ("text",) and mapped["image"] == ("image",)


def test_samples_are_fewer_where_there_is_much_in_a_row(tmp_path: Path) -> None:
    row = {f"c{i}": "y" * 4_000 for i in range(250)}
    path = write(tmp_path / "t.parquet", [row] * 200)
    columns, samples = registry.columns(open_tree(path), "parquet", Options())
    assert columns == list(row) and 10 < len(samples) < 50


def test_ever_other_columns_do_not_make_a_guess_long(tmp_path: Path) -> None:
    rows = [{f"c{i}-{k}": k for k in range(900)} | {"text": f"hello {i}"} for i in range(50)]
    made.lines(tmp_path / "t.jsonl", rows)
    columns, _ = registry.columns(open_tree(tmp_path / "t.jsonl"), "jsonl", Options())
    assert "text" in columns and len(columns) < 2_000


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float32(), 6), pa.list_(pa.float64()), pa.list_(pa.float16())]
)
def test_vectors_come_as_arrays_where_all_rows_have_as_many_numbers(
    kind: pa.DataType, tmp_path: Path
) -> None:
    numbers = [[float(i + j) for j in range(6)] for i in range(150)]
    column = pa.array(numbers).cast(kind)
    table = pa.table({"id": [f"p{i}" for i in range(150)], "embedding": column})
    path, mapped = write(tmp_path / "v.parquet", table), Options(mapping={"vector": ("embedding",)})
    rows = list(parquet.read(open_tree(path), mapped))
    assert [list(row.cells) for row in rows[:2]] == [["id", "embedding"]] * 2
    assert all(isinstance(row.cells["embedding"], np.ndarray) for row in rows)
    assert [row.cells["embedding"].tolist() for row in rows] == numbers
    assert read(path)[7]["embedding"] == numbers[7]  # a list where it is not said to be one


@pytest.mark.parametrize("gap", [None, [], [1.0, 2.0], [1.0, None, 3.0]])
def test_a_row_with_another_vector_does_not_change_the_rest(gap: Any, tmp_path: Path) -> None:
    rows = [{"id": f"p{i}", "v": [1.0, float(i), 2.0]} for i in range(40)]
    rows[9]["v"] = gap
    path = write(tmp_path / "v.parquet", rows)
    tree = open_tree(path)
    found = list(parquet.read(tree, Options(mapping={"vector": ("v",), "id": ("id",)})))
    assert [row.cells["v"] for row in found[8:11]] == [rows[8]["v"], gap, rows[10]["v"]]
    made = drafts(tree, "parquet", Options(mapping={"vector": ("v",), "id": ("id",)}))
    assert sum(isinstance(item, Draft) for item in made) == 39
