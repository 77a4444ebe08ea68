"""``evaluate``: measure quality on held-out data."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from backend.cli.shell import progress_line

if TYPE_CHECKING:
    from backend.workspace import Workspace

NAME = "evaluate"
SUMMARY = "Measure quality on held-out data and print the figures."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("table", nargs="*", help="which tables (all): see --list")
    parser.add_argument("--list", action="store_true", help="name the tables and stop")


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend import evaluation

    if given.list:
        for name, summary in evaluation.TABLES.items():
            print(f"{name:12s} {summary}")
        return 0
    unknown = [name for name in given.table if name not in evaluation.TABLES]
    if unknown:
        names = ", ".join(evaluation.TABLES)
        print(f"kindred: there is no table {unknown[0]}; there are {names}", file=sys.stderr)
        return 2
    results = [
        workspace.evaluate(name, progress=progress_line(given, name))
        for name in given.table or evaluation.TABLES
    ]
    if given.json:
        print(json.dumps([result.as_json() for result in results], ensure_ascii=False))
    else:
        print("\n\n".join(result.as_text() for result in results))
    return 0
