"""Sources of posts that are dear to read: tables, JSON, archives, workbooks."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from tests.attack.image_inputs import many
from tests.backend.ingest import bombs
from tests.backend.media import samples


def zipped(files: dict[str, bytes], *, stored: bool = False) -> bytes:
    """Return a ZIP of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            z.writestr(name, data)
    return buffer.getvalue()


def overlapping() -> bytes:
    """Return a ZIP whose 60,000 entries are all the same bytes."""
    body = zlib.compress(b"id,text\n" + b"1,hello there\n" * 700_000, 9)[2:-4]
    name = b"t00000.csv"
    crc = zlib.crc32(b"id,text\n" + b"1,hello there\n" * 700_000)
    sizes = struct.pack("<III", crc, len(body), 8 + 14 * 700_000)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes
    local += struct.pack("<HH", len(name), 0) + name + body
    entries = []
    for n in range(60_000):
        entry = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
        entry += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0)
        entries.append(entry + b"t%05d.csv" % n)
    central = b"".join(entries)
    end = struct.pack("<HHHHIIH", 0, 0, 60_000, 60_000, len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def nested_zip() -> bytes:
    """Return a ZIP in a ZIP, and so on, around a bomb."""
    data = zipped({"t.csv": b"id,text\n" + b"0" * 2 * 10**8})
    for n in range(12):
        data = zipped({f"{n}-{k}.zip": data for k in range(4)})
    return data


def zip_names() -> bytes:
    """Return a ZIP of 250,000 empty files with long names."""
    return zipped({f"{'d' * 60}/{n:06}.png": b"" for n in range(250_000)}, stored=True)


def tar_of(count: int) -> bytes:
    """Return a packed TAR of empty files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for n in range(count):
            tar.addfile(tarfile.TarInfo(f"{n}.png"))
    return buffer.getvalue()


def zst(data: bytes) -> bytes:
    """Pack as Zstandard."""
    return pa.compress(data, codec="zstd", asbytes=True)


def parquet_groups() -> bytes:
    """Return a Parquet file of 20,000 row groups."""
    buffer = io.BytesIO()
    table = pa.table({"id": ["1"], "text": ["hello there"]})
    with pq.ParquetWriter(buffer, table.schema) as writer:
        for _ in range(20_000):
            writer.write_table(table)
    return buffer.getvalue()


def parquet_columns() -> bytes:
    """Return a Parquet file of 60,000 columns."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({f"c{n}": ["x"] for n in range(60_000)}), buffer)
    return buffer.getvalue()


def parquet_rows() -> bytes:
    """Return a Parquet file of ten million equal rows."""
    buffer = io.BytesIO()
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 9_900_000, pa.int32()), ["hello there"])
    pq.write_table(pa.table({"text": texts}), buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def parquet_dictionary() -> bytes:
    """Return 50 kB of Parquet with lists of one long value."""
    items = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000_000, pa.int32()), ["x" * 500_000])
    lists = pa.ListArray.from_arrays(pa.array(range(0, 2_000_001, 100), pa.int32()), items)
    buffer = io.BytesIO()
    table = pa.table({"text": ["hello"] * 20_000, "tags": lists})
    pq.write_table(table, buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def instagram(part: str) -> bytes:
    """Return an export of a platform with one huge list."""
    item = json.dumps({"title": "x", "media": [{"uri": "a.jpg", "creation_timestamp": 1}]})
    return zipped({part: ("[" + ",".join([item] * 400_000) + "]").encode()})


INPUTS: dict[str, Callable[[], bytes]] = {
    "commas.csv": lambda: many(b","),
    "lines.csv": lambda: b"id,text\n" + many(b"\n"),
    "quotes.csv": lambda: b'id,text\n1,"' + many(b'""'),
    "open quotes.csv": lambda: b"id,text\n" + many(b'1,"a\n'),
    "one line.csv": lambda: b"id,text\n1," + many(b"x"),
    "a million columns.csv": lambda: (
        many(b"c,", most=2_000_000) + b"\n" + many(b"1,", most=40_000_000)
    ),
    "ragged.csv": lambda: b"id,text\n" + many(b"1\n1,2,3,4,5,6\n\n"),
    "short rows.csv": lambda: b"id,text,time\n" + many(b"1,a,2020-01-01\n"),
    "nul.csv": lambda: b"id,text\n" + many(b"\0\0,\0\n"),
    "mojibake.csv": lambda: b"id,text\n" + many("1,Ã©Ã¨â‚¬Ã¼\n".encode()),
    "tags.csv": lambda: b"id,text\n" + many(b"1," + b"<a " * 300 + b"\n"),
    "json in cells.csv": lambda: b"id,text\n" + many(b'1,"' + b"[" * 900 + b'"\n'),
    "utf-16.csv": lambda: many(
        "1,日本\n".encode("utf-16-le"), "\ufeffid,text\n".encode("utf-16-le")
    ),
    "list_empty.json": lambda: many(b"[],", b"[", b"[]]"),
    "deep.json": lambda: many(b"["),
    "deep objects.json": lambda: many(b'{"a":'),
    "empty objects.json": lambda: many(b"{},", b"[", b"{}]"),
    "numbers.json": lambda: many(b"1,", b"[", b"1]"),
    "one number.json": lambda: many(b"9", b'[{"text":'),
    "one string.json": lambda: many(b"\\u0000", b'[{"text":"', b'"}]'),
    "open string.json": lambda: many(b"x", b'[{"text":"'),
    "keys.json": lambda: b"[{" + b",".join(b'"k%d":1' % n for n in range(3_000_000)) + b"}]",
    "list of lists.json": lambda: many(b"[[1,2],[3]],", b'{"data":[', b"[]]}"),
    "many keys.jsonl": lambda: b"".join(b'{"text":"a","k%d":1}\n' % n for n in range(1_900_000)),
    "numbers.jsonl": lambda: many(b"1\n"),
    "braces.jsonl": lambda: many(b"{\n"),
    "spaces.jsonl": lambda: many(b" "),
    "chat.txt": lambda: many(b"[01.02.20, 10:11:12] Anna: hi\n"),
    "zeros.csv.gz": lambda: gzip.compress(b"id,text\n" + bytes(2 * 10**9), 6),
    "rows.csv.gz": lambda: gzip.compress(b"id,text\n" + b"1,hello there\n" * 10**8, 6),
    "rows.csv.xz": lambda: lzma.compress(b"id,text\n" + b"1,hello there\n" * 5 * 10**7, preset=0),
    "rows.csv.bz2": lambda: bz2.compress(b"id,text\n" + b"1,hello there\n" * 10**7),
    "rows.csv.zst": lambda: zst(b"id,text\n" + b"1,hello there\n" * 10**8),
    "window.csv.zst": lambda: b"\x28\xb5\x2f\xfd\x00\xff" + bytes(1_000),
    "bomb.zip": lambda: zipped({"t.csv": b"id,text\n" + b"1,hello there\n" * 10**8}),
    "overlapping.zip": overlapping,
    "nested.zip": nested_zip,
    "names.zip": zip_names,
    "traversal.zip": lambda: zipped({"../../../../tmp/kindred-attack.png": samples.image("PNG")}),
    "files.tar.gz": lambda: tar_of(200_000),
    "groups.parquet": parquet_groups,
    "columns.parquet": parquet_columns,
    "rows.parquet": parquet_rows,
    "lists.parquet": parquet_dictionary,
    **{f"{kind}.parquet": partial(bombs.parquet, kind) for kind in bombs.KINDS},
    "instagram.zip": lambda: instagram("your_instagram_activity/content/posts_1.json"),
    "traversal.json": lambda: json.dumps([{"text": "a", "image": "../../etc/passwd"}]).encode(),
}
