"""The check of a large table before its import, against pandas reading the same file.

    python -m bench.check [--rows 1000000]

The table has ids, texts with separators, quotes and entities, authors, British dates, labels
and numbers, and no media. Each program runs in a process of its own, so that its memory is its own.
pandas parses the file and its times and does nothing else: no guessing, no cleaning of texts, no
ids that must differ, no languages, no posts.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

# fmt: off
WORDS = (
    "the", "storm", "over", "sea", "was", "loud", "and", "everyone", "in", "town", "stayed", "at",
    "home", "with", "friends", "watching", "rain", "fall", "while", "music", "played", "softly",
    "love", "hate", "sad", "happy", "morning", "train", "late", "again", "coffee",
)
# fmt: on
KINDRED = """
from backend.ingest import Options, check, open_tree
report = check(open_tree(Path(sys.argv[1])), Options())
assert report.rows == report.usable and {"id", "text", "time"} <= set(report.mapping)
rows = report.rows
"""
PANDAS = """
import pandas as pd
table = pd.read_csv(sys.argv[1], dtype={"id": str})
table["created"] = pd.to_datetime(table["created"], dayfirst=True)
rows = len(table)
"""
MEASURED = """
import json, resource, sys, time
from pathlib import Path
start = time.monotonic()
{code}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([rows, time.monotonic() - start, time.process_time(), peak]))
"""


def write_table(path: Path, rows: int) -> None:
    """Write a table of posts without media, the same in every run."""
    draw = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "user", "created", "sentiment", "likes"])
        for i in range(rows):
            text = " ".join(draw.choices(WORDS, k=18)) + (", really" if i % 3 else ' &amp; "so"')
            when = f"{1 + i % 28:02d}/{1 + i % 12:02d}/2021 {i % 24:02d}:{i % 60:02d}"
            label = ("good", "bad", "neither")[i % 3]
            writer.writerow([10**15 + i, text, f"user{i % 50_000}", when, label, i % 77])


def measured(code: str, table: Path) -> tuple[int, float, float, float]:
    """Return rows, seconds, processor seconds and megabytes of a program."""
    finished = subprocess.run(
        [sys.executable, "-c", MEASURED.format(code=code), str(table)],
        check=True,
        capture_output=True,
        text=True,
    )
    rows, seconds, processor, megabytes = json.loads(finished.stdout.splitlines()[-1])
    return rows, seconds, processor, megabytes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "posts.csv"
        write_table(table, given.rows)
        print(f"{given.rows:,} rows, {table.stat().st_size / 2**20:.0f} MB\n")
        print("| program | s | processor s | rows/s | peak MB |\n|---|---|---|---|---|")
        for name, code in (("Kindred, check", KINDRED), ("pandas, read", PANDAS)):
            rows, seconds, processor, megabytes = measured(code, table)
            print(
                f"| {name} | {seconds:.1f} | {processor:.1f} | {rows / seconds:,.0f} | "
                f"{megabytes:.0f} |"
            )


if __name__ == "__main__":
    main()
