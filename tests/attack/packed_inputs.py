"""Archives and exports that are dear to open: many members, endless headers, pages of many tags."""

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

import numpy as np

from tests.attack.image_inputs import MOST, many
from tests.attack.table_inputs import zipped, zst

ROWS = b"id,text\n1,hello there\n"
SMALL = 2**23  # bytes of what grows when it is unpacked


def header(name: str, kind: bytes, size: int) -> bytes:
    """Return a header of a TAR."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.USTAR_FORMAT)


def member(name: str, kind: bytes, body: bytes) -> bytes:
    """Return an entry of a TAR."""
    return header(name, kind, len(body)) + body + bytes(-len(body) % 512)


def record(name: bytes, value: bytes) -> bytes:
    """Return a record of a pax header."""
    size = len(name) + len(value) + 3
    size += len(str(size + len(str(size))))
    return b"%d %s=%s\n" % (size, name, value)


def pax(count: int, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """Return pax headers of close to a megabyte, one after the other, each of other names."""
    headers = (
        member("p", kind, b"".join(record(b"%x.%d" % (k, n), b"") for k in range(80_000)))
        for n in range(count)
    )
    return b"".join(headers)


def tar(*parts: bytes) -> bytes:
    """Return a TAR that ends with a table."""
    return b"".join((*parts, member("t.csv", tarfile.REGTYPE, ROWS), bytes(1024)))


def many_global() -> bytes:
    """Return a TAR with global headers, all of which count for each of many files."""
    small = member("p", tarfile.XHDTYPE, record(b"a", b"b"))
    files = [small + header(f"{n}.png", tarfile.REGTYPE, 0) for n in range(25_000)]
    return gzip.compress(tar(pax(8, tarfile.XGLTYPE), *files), 1)


def sparse() -> bytes:
    """Return a packed TAR with a sparse file of millions of pieces."""
    said = record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.minor", b"0")
    said += record(b"GNU.sparse.name", b"x") + record(b"GNU.sparse.realsize", b"1")
    body = b"200000000\n" + b"1\n" * 2 * 10**8
    return gzip.compress(
        tar(member("p", tarfile.XHDTYPE, said), member("x", tarfile.REGTYPE, body)), 1
    )


def directory_only() -> bytes:
    """Return a ZIP with a list of a million files that are all one."""
    local = b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", *(20, 20, *[0] * 7, 1, *[0] * 6))
    central = many(entry + b"a", most=MOST - 200)
    count = len(central) // 47
    end = struct.pack("<HHHHIIH", 0, 0, count % 2**16, count % 2**16, len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def described() -> bytes:
    """Return a ZIP whose sizes stand behind its files, and are not true."""
    body = zlib.compress(ROWS + b"1,hello there\n" * 10**7, 9)[2:-4]
    name = b"t.csv"
    local = b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 8, 8, 0, 0, 0, 0, 0, len(name), 0) + name
    local += body + b"PK\7\x08" + struct.pack("<III", 0, len(body), 30)
    central = b"PK\1\2" + struct.pack("<HHHHHHIII", 20, 20, 8, 8, 0, 0, 0, len(body), 2**32 - 2)
    central += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def deep_folders() -> bytes:
    """Return a ZIP of files in thirty thousand folders within each other."""
    return zipped({f"{'a/' * 30_000}{n}.png": b"" for n in range(700)}, stored=True)


def odd_names() -> bytes:
    """Return a ZIP of names that some systems do not bear."""
    names = ["CON.csv", "nul", "aux.png", "COM1.jpg", "a\u202egnp.csv", "a:b.csv", "a.csv ", "x."]
    names += ["é.csv", "e\u0301.csv", "\ufeff.csv", "%2e%2e%2fx.csv", "a" * 250 + ".csv"]
    names += ["messages²" + ".html", "messages" + "1" * 5_000 + ".html", "٣.jpg", "-rf.csv"]
    packed = bytearray(zipped(dict.fromkeys([*names, "bytes.csv"], ROWS)))
    return bytes(packed).replace(b"bytes.csv", b"\xed\xa0\x80es.csv".ljust(9, b"v"))


def telegram(unit: bytes, most: int = 2**23) -> bytes:
    """Return a page of a Telegram export."""
    head = (
        b'<!DOCTYPE html><html><head><meta charset="utf-8"/><title>Exported Data</title></head>'
        b'<body><div class="page_wrap"><div class="history"><div class="message default clearfix"'
        b' id="message1"><div class="body"><div class="pull_right date details" '
        b'title="01.02.2020 10:11:12">10:11</div><div class="from_name">A</div><div class="text">'
    )
    return many(unit, head, b"</div></div></div></div></div></body></html>", most)


def varint(number: int) -> bytes:
    """Return a number as CAR files write it."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def car(block: bytes) -> bytes:
    """Return a repository of Bluesky with one block."""
    cid = b"\1\x71\x12\x20" + bytes(32)
    head = b"\xa2eroots\x81\xd8\x2aX\x25\0" + cid + b"gversion\1"
    return varint(len(head)) + head + varint(len(cid) + len(block)) + cid + block


def npy(shape: str) -> bytes:
    """Return an array that says it has another shape."""
    said = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(said)) + said.encode() + bytes(4_000)


def npz() -> bytes:
    """Return a packed array of zeros, of two gigabytes."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f4", "fortran_order": False, "shape": (2**20, 512)}
    )
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("vector.npy", "w", force_zip64=True) as file,
    ):
        file.write(head.getvalue())
        for _ in range(2**7):
            file.write(bytes(2**24))
    return buffer.getvalue()


def many_arrays() -> bytes:
    """Return a file of half a million arrays of nothing."""
    said = {
        f"{n}": {"dtype": "F32", "shape": [0, 0], "data_offsets": [0, 0]} for n in range(500_000)
    }
    head = json.dumps(said).encode()
    return struct.pack("<Q", len(head)) + head


INPUTS: dict[str, Callable[[], bytes]] = {
    "members.csv.gz": lambda: many(gzip.compress(b"", mtime=0), gzip.compress(ROWS)),
    "members.csv.bz2": lambda: many(bz2.compress(b""), bz2.compress(ROWS)),
    "members.csv.xz": lambda: many(lzma.compress(b""), lzma.compress(ROWS)),
    "frames.csv.zst": lambda: many(zst(b""), zst(ROWS)),
    "no frames.csv.zst": lambda: many(b"\x50\x2a\x4d\x18\0\0\0\0", zst(ROWS)),
    "members.tar.gz": lambda: many(gzip.compress(b"", mtime=0), gzip.compress(tar())),
    "pax.tar.gz": lambda: gzip.compress(tar(pax(45)), 1),
    "pax of files.tar": lambda: many(
        member("p", tarfile.XHDTYPE, record(b"a", b"b")) + header("x.png", tarfile.REGTYPE, 0)
    ),
    "global.tar.gz": many_global,
    "sparse.tar.gz": sparse,
    "long names.tar.gz": lambda: gzip.compress(
        tar(member("l", tarfile.GNUTYPE_LONGNAME, b"a" * 10**6 + b"\0") * 300), 1
    ),
    "directory.zip": directory_only,
    "described.zip": described,
    "deep.zip": deep_folders,
    "odd names.zip": odd_names,
    "messages.html": lambda: telegram(b"<br>", MOST),
    "breaks/messages.html": lambda: telegram(b"<br>", 1_599_000),
    "attributes/messages.html": lambda: telegram(b"<br " + b" a" * 5000 + b">"),
    "entities/messages.html": lambda: telegram(b"&lt;"),
    "comments/messages.html": lambda: telegram(b"<!---->", 2_799_000),
    "deep.car": lambda: car(many(b"\x81", most=MOST - 200)),
    "empty lists.car": lambda: car(b"\x9a\x02\xfa\0\0" + b"\x80" * 49_938_432),
    "blocks.car": lambda: many(b"\x25\1\x71\x12\x20" + bytes(32) + b"\xa0", car(b"\xa0")),
    "lying.car": lambda: car(b"\xbb" + b"\xff" * 8 + bytes(100)),
    "key.json": lambda: b'[{"' + many(b"k", most=MOST - 100) + b'":1,"text":"a"}]',
    "zeros.npz": npz,
    "lies.npy": lambda: npy("(4000000000, 512)"),
    "names.safetensors": many_arrays,
    "keys within.json": lambda: many(b'{"text":"a","a":{"b":{"c":{"d":1}}}},', b"[", b"{}]"),
}
