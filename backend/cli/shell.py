"""What all commands share: progress, files that must be there, results."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.domain import KindredError


def positive(text: str) -> int:
    """Read a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def progress_line(given: argparse.Namespace, what: str) -> Callable[[int, int], None] | None:
    """A line on stderr with the count, the rate and the time left."""
    if given.quiet:
        return None
    start = time.monotonic()
    first: list[int] = []

    def report(done: int, total: int) -> None:
        first.append(done) if not first else None
        spent = time.monotonic() - start
        rate = done / spent if spent > 0 else 0.0
        left = (total - done) / rate if rate else 0.0
        end = "\n" if done >= total else "\r" if sys.stderr.isatty() else "\n"
        print(
            f"{what}: {done:,} of {total:,} ({rate:,.1f}/s, {left:,.0f} s left)",
            file=sys.stderr,
            end=end,
            flush=True,
        )

    return report


def needs(path: Path) -> Path:
    """Return a file that is there, or say that it is not."""
    if not path.is_file():
        raise KindredError("no_file", f"There is no file {path}.")
    return path


def say(given: argparse.Namespace, result: dict[str, Any]) -> None:
    """Print what came out, as JSON when asked."""
    if given.json:
        print(json.dumps(result))
    else:
        print(", ".join(f"{key}: {value}" for key, value in result.items()))
