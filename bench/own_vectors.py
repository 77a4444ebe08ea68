"""Import 200,000 posts that bring their vectors, and use them: ``python -m bench own_vectors``.

A Parquet file with an id, a text, a user (2,000 of them) and 384 numbers a row: the shipped
posts' joint vectors with their texts, mixed with near neighbours and noise
(`bench.synthetic_vectors.sample`). Each step runs in one process, as the command line does. Wall
time and processor time; peak memory is that of the process with its children. Embedding Atlas,
where it is installed, lays out the same file with its own command.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
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
    peak = sum(resource.getrusage(who).ru_maxrss for who in (0, -1)) / 2**10
    counts = {"posts": len(posts), "users": len(users), "hits": len(hits)}
    print(json.dumps({"times": times, "peak_mb": peak, **counts}))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench own_vectors", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE)
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
        done = subprocess.run([*command, str(table)], check=True, capture_output=True, text=True)
        result = json.loads(done.stdout.splitlines()[-1])
        print(f"| {args.size:,} posts, 384 numbers each | seconds | processor seconds |")
        print("|---|---|---|")
        for step, (wall, cpu) in result["times"].items():
            print(f"| {step} | {wall:.1f} | {cpu:.1f} |")
        wall, cpu = (sum(t[i] for t in result["times"].values()) for i in (0, 1))
        print(f"| all | {wall:.1f} | {cpu:.1f} |\n")
        print(f"peak memory {result['peak_mb']:,.0f} MB; {result['posts']:,} points of posts, "
              f"{result['users']:,} of users")  # fmt: skip
        _peer(table)


def _peer(table: Path) -> None:
    """Lay out the same file with Embedding Atlas, if it is there."""
    program = shutil.which("embedding-atlas") or Path(sys.executable).with_name("embedding-atlas")
    if not Path(program).is_file():
        print("Embedding Atlas is not installed: pip install embedding-atlas for the comparison.")
        return
    target = table.with_name("atlas.zip")
    command = [str(program), str(table), "--text", "text", "--vector", "embedding"]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, "--export-application", str(target)], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.perf_counter() - start
    print(f"Embedding Atlas, layout of the same file (exit {done.returncode}): {wall:.1f} s, "
          f"{cpu:.1f} processor seconds")  # fmt: skip


if __name__ == "__main__":
    main()
