"""Files that mean harm, made from a number: the same number, the same file.

``python -m tests.backend.ingest.hostile 2000`` brings that many to every door
and prints how it went.
"""

from __future__ import annotations

import io
import json
import random
import resource
import stat
import struct
import sys
import tempfile
import time
import traceback
import wave
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from backend.domain import KindredError
from backend.ingest import Options, check, open_tree
from backend.ingest.drafts import Draft, drafts
from backend.ingest.existing import ExistingPosts
from backend.ingest.media_loader import load
from backend.workspace.uploads import Uploads
from tests.backend.ingest import bombs, samples
from tests.backend.media import samples as make

SECONDS = 5.0
MEGABYTES = 1024
EVIL = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[a](javascript:alert(1)) **b** `c` $d$ :red[e]",
    "=HYPERLINK('http://x')",
    "\u202egnp.exe\u202c",
    "a\0b",
    "\ud83d",
    "\ufeff\ufffe\uffff",
    "Z\u0351\u036b" * 900,
    "' OR 1=1; DROP TABLE posts --",
    "../../etc/passwd",
    "C:\\Windows\\system32",
    "file:///etc/passwd",
    "http://127.0.0.1:8501/",
    "http://[::1]/",
    "x" * 30_000,
    "9" * 5_000,
    "",
    "NaN",
    "1e999",
    "2\ud800",
    "\ud83d\ud83d.png",
    "http://x.example/\udfff.png",
    "<p>I like <![ brackets</p>",
    "<p>" + "<a " * 9_000,
    "<a/" * 9_000,
    "<a ='\">" * 4_000,
    "<!--<![CDATA[" * 2_000 + "&#" + "9" * 5_000 + ";",
]
Maker = Callable[[random.Random], tuple[str, bytes]]


@lru_cache(maxsize=1)
def goods() -> dict[str, bytes]:
    """Whole files of every format, to be harmed."""
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for layout in (
            samples.imagefolder,
            samples.mastodon,
            samples.mvsa,
            samples.shuttersong,
            samples.shuttersong_table,
            samples.yfcc,
            samples.spreadsheet,
        ):
            folder = root / layout.__name__
            folder.mkdir()
            archive = samples.zipped(layout(folder), root / f"{layout.__name__}.zip")
            found[archive.name] = archive.read_bytes()
        archive = samples.tarred(root / "mastodon", root / "mastodon.tar.gz")
        found[archive.name] = archive.read_bytes()
        found["sheet.csv"] = (root / "spreadsheet" / "posts.csv").read_bytes()
        found["yfcc.tsv"] = (root / "yfcc" / "yfcc100m_dataset-0").read_bytes()
        samples.posts(root, 8, 1)
        found["posts.jsonl"] = (root / "posts.jsonl").read_bytes()
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = [
            {"text": f"hello there {i}", "image": {"bytes": b"x" * 40, "path": "a.png"}}
            for i in range(9)
        ]
        pq.write_table(pa.Table.from_pylist(rows), root / "t.parquet")
        found["t.parquet"] = (root / "t.parquet").read_bytes()
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        found[f"i.{form.lower()}"] = make.image(form)
    found["a.gif"] = make.animation("GIF", 5)
    found["s.wav"] = make.sound("WAV", "PCM_16")
    found["s.flac"] = make.sound("FLAC", "PCM_16")
    found["s.ogg"] = make.sound("OGG", "VORBIS")
    found["f.mp4"] = make.film("mp4")
    return found


def harmed(rng: random.Random) -> tuple[str, bytes]:
    """A good file with bytes cut, flipped, doubled or moved, or under another's name."""
    name = rng.choice(sorted(goods()))
    data = bytearray(goods()[name])
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(1, len(data)))
        match rng.randrange(7):
            case 0:
                del data[at:]
            case 1:
                for _ in range(rng.randint(1, 30)):
                    if data:
                        data[rng.randrange(len(data))] = rng.randrange(256)
            case 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 64)))
            case 3:
                data[at:at] = b"\0" * rng.randint(1, 4096)
            case 4:
                data[at : at + 4] = struct.pack("<I", rng.choice([0, 2**31 - 1, 2**32 - 1]))
            case 5:
                data[at : at + 400] = data[at : at + 400] * rng.randint(2, 40)
            case 6:
                name = f"x{Path(rng.choice(sorted(goods()))).suffix}"
    return name, bytes(data)


def table(rng: random.Random) -> tuple[str, bytes]:
    """A table of evil cells in some encoding with some separator."""
    separator = rng.choice(",;\t|")
    rows = [["id", "text", "user", "time", "image", "tags"]]
    for i in range(rng.randint(1, 20)):
        rows.append([str(i), *(rng.choice(EVIL) for _ in range(rng.choice([4, 5, 5, 9])))])
    quoted = rng.random() < 0.5
    lines = [
        separator.join(('"' + c.replace('"', '""') + '"') if quoted else c for c in row)
        for row in rows
    ]
    if rng.random() < 0.2:
        lines.insert(1, '"' + "never closed " * rng.randint(1, 30_000))
    text = rng.choice(["\n", "\r\n", "\r"]).join(lines)
    encoding = rng.choice(["utf-8", "utf-16", "latin-1", "shift_jis", "cp1251", "utf-7"])
    return f"t{rng.choice(['.csv', '.tsv', '.txt'])}", text.encode(encoding, "replace")


def objects(rng: random.Random) -> tuple[str, bytes]:
    """Lines of JSON that are deep, wide, long, or none."""
    lines = []
    for i in range(rng.randint(1, 12)):
        evil = rng.choice(EVIL)
        lines.append(
            rng.choice(
                [
                    lambda i=i, e=evil: json.dumps({"id": i, "text": e, "user": e, "image": e}),
                    lambda: "[" * 5_000 + "]" * 5_000,
                    lambda: '{"a":' * 3_000 + "1" + "}" * 3_000,
                    lambda: json.dumps({f"c{k}": k for k in range(3_000)}),
                    lambda: '{"text": ' + "9" * 6_000 + "}",
                    lambda e=evil: json.dumps({"text": [e] * 50, "tags": {"a": e}, "id": [1]}),
                    lambda: "null",
                    lambda: '{"id": 1, "id": 2, "text": "\\ud800"}',
                    lambda: '{"text": "' + "y" * rng.choice([10, 2_000_000]) + '"}',
                    lambda: '{"text": NaN, "time": Infinity}',
                    lambda: json.dumps({"time": -1e300, "text": "when", "user": {"bytes": "x"}}),
                    lambda: json.dumps({"time": 10**400, "text": "when"}),
                    lambda e=evil: json.dumps({"text": e, "label": "x", f"c{e}": e, "id": e}),
                    lambda: '{"id": ' + "[" * 400 + "]" * 400 + ', "text": "deep"}',
                ]
            )()
        )
    whole = rng.random() < 0.2
    text = "[" + ",".join(lines) + "]" if whole else "\n".join(lines)
    return f"o{rng.choice(['.jsonl', '.json'])}", text.encode("utf-8", "surrogatepass")


def outbox(rng: random.Random) -> tuple[str, bytes]:
    """A Mastodon archive whose items are odd, many, deep, or no items."""
    items: list[object] = []
    for i in range(rng.randint(1, 12)):
        evil = rng.choice(EVIL)
        note = {"id": evil, "content": f"<p>{evil} {i}</p>", "to": [samples.PUBLIC], "url": evil}
        note["published"] = rng.choice([evil, "2020-01-01", 10**400, None])
        note["tag"] = [{"type": "Hashtag", "name": evil}, evil]
        note["attachment"] = [{"mediaType": "image/png", "url": evil}, [evil]]
        items.append(
            rng.choice(
                [
                    {"type": "Create", "object": note},
                    {"type": evil, "object": note},
                    {"type": "Announce", "object": evil},
                    {"type": "Create", "object": {**note, "content": [evil], "to": samples.PUBLIC}},
                    evil,
                    None,
                ]
            )
        )
    text = '{"orderedItems": ' + json.dumps(items)
    if rng.random() < 0.3:
        text = text[:-1] + "," + "[" * rng.choice([100, 5_000])
    files = {"outbox.json": text, "likes.json": json.dumps({"orderedItems": [*EVIL, 1] * 20})}
    actor = {"preferredUsername": rng.choice(EVIL), "id": rng.choice(EVIL)}
    files["actor.json"] = json.dumps(actor)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return "m.zip", buffer.getvalue()


def parquet(rng: random.Random) -> tuple[str, bytes]:
    """A small Parquet file with one long value in many rows, or many items in one."""
    return "p.parquet", bombs.parquet(rng.choice(list(bombs.KINDS)))


def archive(rng: random.Random) -> tuple[str, bytes]:
    """A ZIP that tries to get out, to fill the disk, or to confuse."""
    buffer = io.BytesIO()
    picture = make.image("PNG")
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for i in range(rng.randint(1, 8)):
            match rng.randrange(8):
                case 0:
                    zipped.writestr(rng.choice(["../../x.png", "/etc/x.png", "C:/x.png"]), picture)
                case 1:
                    info = zipfile.ZipInfo(f"link{i}.png")
                    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
                    zipped.writestr(info, "/etc/passwd")
                case 2:
                    zipped.writestr(
                        f"bomb{i}.csv", b"a,b\n" + b"0" * rng.choice([10**5, 2 * 10**7])
                    )
                case 3:
                    zipped.writestr(f"a{i}\x01\u202e.png", picture)
                case 4:
                    zipped.writestr(
                        "metadata.jsonl", json.dumps({"file_name": "../x", "text": "t"})
                    )
                case 5:
                    zipped.writestr(f"inner{i}.zip", buffer.getvalue())
                case 6:
                    zipped.writestr(f"n{i}.png", b"<svg onload=alert(1)>")
                case 7:
                    zipped.writestr("/".join(["d"] * 200) + f"/{i}.png", picture)
    data = bytearray(buffer.getvalue())
    if rng.random() < 0.4:  # sizes and flags that lie
        at = data.find(b"PK\x01\x02")
        if at >= 0:
            data[at + rng.choice([8, 20, 24, 42])] ^= rng.randrange(1, 256)
    return "z.zip", bytes(data)


def media(rng: random.Random) -> tuple[str, bytes]:
    """A small file that says that it is very large."""
    size = rng.choice([30_000, 65_535, 2**31 - 1])
    match rng.randrange(6):
        case 0:
            return "huge.png", make.png_header(size, size)
        case 1:
            packed = zlib.compress(b"\0" * 30_000_000, 9)
            chunk = struct.pack(">I", len(packed)) + b"IDAT" + packed
            chunk += struct.pack(">I", zlib.crc32(b"IDAT" + packed))
            return "bomb.png", make.png_header(30_000, 30_000)[:33] + chunk
        case 2:
            return "long.wav", _wav(10 * 3600)
        case 3:
            return "many.gif", make.animation("GIF", 300)
        case 4:
            return "a.jpg", b"\xff\xd8\xff" + b"\xff\xda\x00\x02\x00" * rng.randint(1, 20_000)
        case _:
            return "a.mp3", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + rng.randbytes(2_000)


@lru_cache(maxsize=2)
def _wav(seconds: int) -> bytes:
    made_ = io.BytesIO()
    with wave.open(made_, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(1_000)
        file.writeframes(np.full(seconds * 1_000, 128, np.uint8).tobytes())
    return made_.getvalue()


MAKERS: tuple[Maker, ...] = (
    *(harmed, harmed, harmed),
    *(table, objects, outbox, parquet, archive, media),
)


def hostile(number: int) -> tuple[str, bytes]:
    """The name and the bytes of a hostile file."""
    rng = random.Random(number)
    return rng.choice(MAKERS)(rng)


def bring(name: str, data: bytes, folder: Path) -> str:
    """Bring a file to the importer; say how it ended."""
    (folder / name).write_bytes(data)
    try:
        tree = open_tree(folder / name)
        try:
            report = check(tree, Options())
            found = drafts(tree, report.format, Options(mapping=report.mapping))
            for item in islice(found, 60):
                if isinstance(item, Draft):
                    _storable(asdict(item.post))
                    load(item, tree, folder / "job", ExistingPosts())
        finally:
            tree.close()
    except KindredError as error:
        assert error.message.strip(), "an error must say something"
        return error.code
    for notice in report.notices:
        assert notice.message.strip() and notice.number >= 0
    _storable(report.as_json())
    return "report"


def _storable(said: object) -> None:
    """Fail where something could not be written down."""
    json.dumps(said, ensure_ascii=False, default=str).encode()


def upload(data: bytes, folder: Path) -> str:
    """Bring a file to the upload widget's code path."""
    try:
        Uploads(folder / "uploads").add(data, owner="somebody")
    except KindredError as error:
        assert error.message.strip()
        return error.code
    return "taken"


def main() -> int:
    """Bring many and print a line of JSON."""
    count = int(sys.argv[1])
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    goods(), make.image("PNG"), _wav(10 * 3600), [*map(bombs.parquet, bombs.KINDS)]
    outcomes: Counter[str] = Counter()
    slowest, failures = (0.0, -1), []
    with tempfile.TemporaryDirectory() as warm:
        bring(*hostile(0), Path(warm))
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(first, first + count):
        name, data = hostile(number)
        begin = time.process_time()  # other processes may keep the cores
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcomes["import: " + bring(name, data, Path(folder))] += 1
                outcomes["upload: " + upload(data, Path(folder))] += 1
            except Exception:
                failures.append([number, name, traceback.format_exc()[-700:]])
        slowest = max(slowest, (time.process_time() - begin, number))
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024
    said = {"files": count, "slowest": slowest, "megabytes": peak, "failures": failures}
    print(json.dumps({**said, "outcomes": dict(outcomes.most_common())}))
    return 1 if failures or slowest[0] > SECONDS or peak > MEGABYTES else 0


if __name__ == "__main__":
    sys.exit(main())
