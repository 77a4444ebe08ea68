"""Shared by all commands: progress, input files and results."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from backend.core.progress import Progress
from backend.domain import KindredError


def positive(text: str) -> int:
    """Read a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def progress_line(args: argparse.Namespace, what: str) -> Progress | None:
    """Return what prints a line on stderr with the count, the rate and the time left.

    Returns
    -------
    callable or None
        Takes the items done and all items; None when the command is quiet.
    """
    if args.quiet:
        return None
    start = time.monotonic()

    def report(done: int, total: int) -> None:
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


def existing_file(path: Path) -> Path:
    """Return the path of an existing file.

    Raises
    ------
    KindredError
        ``no_file``.
    """
    if not path.is_file():
        raise KindredError("no_file", f"There is no file {path}.")
    return path


def print_result(args: argparse.Namespace, result: dict[str, Any]) -> None:
    """Print the result, as JSON with ``--json``."""
    if args.json:
        print(json.dumps(result))
    else:
        print(", ".join(f"{key}: {value}" for key, value in result.items()))
