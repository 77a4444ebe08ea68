"""Import 200,000 posts that bring their vectors, and use them: ``python -m bench own_vectors``.

A Parquet file with an id, a text, a user (2,000 of them) and 384 numbers a row: the shipped
posts' joint vectors with their texts, mixed with near neighbours and noise
(`bench.synthetic_vectors.sample`). Each step runs in one process, as the command line does. Wall
time and processor time, which other programs on the machine change less; the peak is the memory
of the process and its children at one time, shared pages counted once. Embedding Atlas lays out
the same file with its own command: ``--atlas PROGRAM`` names it, as it needs an environment of its
own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.synthetic_vectors import sample, shipped_vectors

SIZE, USERS, BATCH = 200_000, 2_000, 20_000


def write_table(path: Path, size: int) -> None:
    """Write the file that is imported."""
    from backend.settings import ASSETS

    ids, real = shipped_vectors()
    table = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["id", "text", "title"])
    texts = {r["id"]: r["text"] or r["title"] or r["id"] for r in table.to_pylist()}
    rng = np.random.default_rng(0)
    writer = None
    for start in range(0, size, BATCH):
        count = min(BATCH, size - start)
        rows, vectors = sample(real, count, seed=start)
        flat = pa.array(vectors.astype(np.float32).ravel())
        part = pa.table(
            {
                "id": [f"p{start + i}" for i in range(count)],
                "text": [f"{texts[ids[row]]} ({start + i})" for i, row in enumerate(rows)],
                # Users keep to their subjects: neighbouring posts have the same author.
                "user": [f"u{(row * USERS // len(real) + n) % USERS}"
                         for row, n in zip(rows, rng.integers(0, 3, count), strict=True)],
                "embedding": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
            }
        )  # fmt: skip
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part, row_group_size=10_000)
    assert writer is not None
    writer.close()


def work(home: Path, table: Path) -> None:
    """Import, lay out, find groups and neighbours; print times as JSON."""
    os.environ["KINDRED_HOME"] = str(home)
    import kindred

    k = kindred.open(home)
    times: dict[str, Any] = {}

    def timed(name: str, run: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        times[name] = (time.perf_counter() - wall, time.process_time() - cpu)
        return result

    corpus = timed("import", lambda: k.read(table, name="bench"))
    posts = timed("map and groups of posts", lambda: corpus.map("post"))
    users = timed("map and groups of users", lambda: corpus.map("user"))
    hits = timed("neighbours of a post, first", lambda: corpus.search("post:p7", k=10))
    timed("neighbours of a user", lambda: corpus.search("@u7", k=10, kind="user"))
    counts = {"posts": len(posts), "users": len(users), "hits": len(hits)}
    print(json.dumps({"times": times, **counts}))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench own_vectors", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--atlas", default="embedding-atlas", help="program of Embedding Atlas")
    parser.add_argument("--work", nargs=2, type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(*args.work)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "vectors.parquet"
        write_table(table, args.size)
        command = [sys.executable, "-m", "bench.own_vectors", "--work", str(folder / "home")]
        done = measured([*command, str(table)])
        result = json.loads(done.output.splitlines()[-1])
        print(f"| {args.size:,} posts, 384 numbers each | seconds | processor seconds |")
        print("|---|---|---|")
        for step, (wall, cpu) in result["times"].items():
            print(f"| {step} | {wall:.1f} | {cpu:.1f} |")
        wall, cpu = (sum(t[i] for t in result["times"].values()) for i in (0, 1))
        print(f"| all | {wall:.1f} | {cpu:.1f} |\n")
        print(f"peak memory {done.megabytes:,.0f} MB; {result['posts']:,} points of posts, "
              f"{result['users']:,} of users")  # fmt: skip
        _peer(table, args.atlas)


def _peer(table: Path, program: str) -> None:
    """Lay out the same file with Embedding Atlas, if it is there."""
    if not (found := shutil.which(program)):
        print("Embedding Atlas is not installed: install embedding-atlas in an environment of its "
              "own, and name its program with --atlas.")  # fmt: skip
        return
    target = table.with_name("atlas.zip")
    command = [found, str(table), "--text", "text", "--vector", "embedding"]
    done = measured([*command, "--export-application", str(target)], check=False)
    print(f"Embedding Atlas, layout of the same file (exit {done.code}): {done.seconds:.1f} s, "
          f"{done.processor:.1f} processor seconds, peak {done.megabytes:,.0f} MB")  # fmt: skip
    if done.code:
        print(done.errors.strip().splitlines()[-1][:300])


@dataclass(frozen=True)
class Done:
    """What a program took, with its children, and what it said."""

    code: int
    seconds: float
    processor: float
    megabytes: float
    output: str
    errors: str


def measured(command: list[str], *, check: bool = True) -> Done:
    """Run a program to its end."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen(
            command, stdout=said, stderr=complained, text=True, start_new_session=True
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, sum(map(_megabytes, _tree(process.pid))))
            time.sleep(0.5)
        with contextlib.suppress(ProcessLookupError):
            # An index that is still being built would run beside what is measured next.
            os.killpg(process.pid, signal.SIGTERM)
        said.seek(0)
        complained.seek(0)
        output, errors = said.read(), complained.read()
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if check and process.returncode:
        raise SystemExit(errors)
    return Done(process.returncode, seconds, processor, peak, output, errors)


def _tree(pid: int) -> list[int]:
    """Return a process with its children and theirs."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has ended meanwhile
        return []
    return [pid, *(each for text in lists for child in text.split() for each in _tree(int(child)))]


def _megabytes(pid: int) -> float:
    """Return the memory of a process, its share of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 2**10 for line in lines if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    main()
