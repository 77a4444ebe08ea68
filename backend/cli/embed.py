"""``embed``: write the joint vectors of a file of posts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import needs, progress_line, say

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "embed"
SUMMARY = "Write the joint vectors of each post of a JSON-lines file."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("posts", type=Path)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="Parquet: id, kind, vector"
    )


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.workspace import batch

    good, errors = batch.embed(
        workspace, needs(given.posts), given.output, progress=progress_line(given, "Embedded")
    )
    for id, error in errors:
        print(f"kindred: {id or 'a post without an id'}: {error.message}", file=sys.stderr)
    say(given, {"posts": good, "errors": len(errors), "output": str(given.output)})
    return 0
