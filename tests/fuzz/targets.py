"""A coverage-guided fuzzer (atheris) at the doors: decoders, tables, archives, markup.

``python tests/fuzz/targets.py -max_total_time=60`` looks for inputs that end in
anything but an answer or a `KindredError`; libFuzzer's options apply. What it
finds it writes down and exits with a failure.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["backend.ingest", "backend.media"]):
    from backend.ingest import Options, check, open_tree
    from backend.ingest.drafts import drafts
    from backend.ingest.readers import dates
    from backend.ingest.readers.html import to_text
    from backend.media import clean_text, read_media
from backend.domain import KindredError  # noqa: E402

FOLDER = Path(tempfile.mkdtemp(prefix="kindred-fuzz-"))


def source(ending: str) -> Callable[[bytes], None]:
    """Import a file with this ending."""

    def door(data: bytes) -> None:
        path = FOLDER / f"x{ending}"
        path.write_bytes(data)
        tree = open_tree(path)
        try:
            report = check(tree, Options())
            for _ in islice(drafts(tree, report.format, Options(mapping=report.mapping)), 50):
                pass
        finally:
            tree.close()

    return door


def media(data: bytes) -> None:
    """Decode."""
    read_media(data)


def text(data: bytes) -> None:
    """Clean, take tags off, read a time."""
    given = data.decode("utf-8", "surrogateescape")
    clean_text(to_text(given))
    dates.parse(given)


DOORS = (
    media,
    source(".csv"),
    source(".jsonl"),
    source(".json"),
    source(".zip"),
    source(".parquet"),
    source(".tsv"),
    text,
)


def one(data: bytes) -> None:
    """Bring an input to the door that its first byte names."""
    if not data:
        return
    try:
        DOORS[data[0] % len(DOORS)](data[1:])
    except KindredError as error:
        assert error.message.strip()


def seeds() -> str:
    """A folder of good files to start from."""
    from tests.backend.ingest.hostile import goods

    folder = FOLDER / "seeds"
    folder.mkdir()
    door = {".csv": 1, ".jsonl": 2, ".zip": 4, ".gz": 4, ".parquet": 5, ".tsv": 6}
    for name, data in goods().items():
        at = door.get(Path(name).suffix, 0)
        (folder / name).write_bytes(bytes([at]) + data)
    (folder / "html").write_bytes(b"\x07<p>Hi <b>all</b>&amp;<br>2020-01-01</p>")
    return str(folder)


def main() -> None:
    """Fuzz until the time is over or something is found."""
    logging.disable(logging.CRITICAL)
    arguments = [sys.argv[0], "-timeout=10", "-rss_limit_mb=2048", *sys.argv[1:]]
    arguments += [f"-artifact_prefix={tempfile.gettempdir()}/kindred-fuzz-", seeds()]
    atheris.Setup(arguments, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
