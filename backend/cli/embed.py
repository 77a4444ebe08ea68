"""``embed``: write the joint vectors of a file of posts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import (
    existing_file,
    print_result,
    progress_line,
    reading_options,
    say_estimate,
    to_read,
)

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "embed"
SUMMARY = "Write the joint vectors of each post of a JSON-lines file."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "posts", type=Path, help='JSON lines of {"id", "text"?, "image"?, "audio"?}'
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="Parquet file with id, kind and vector"
    )
    reading_options(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.workspace import batch

    source = existing_file(args.posts)
    say_estimate(args, *batch.count_media(source))
    embedded, errors = batch.embed(
        workspace,
        source,
        args.output,
        read=to_read(args),
        progress=progress_line(args, "Embedded"),
    )
    for id_, error in errors:
        print(f"kindred: {id_ or 'a post without an id'}: {error.message}", file=sys.stderr)
    print_result(args, {"posts": embedded, "errors": len(errors), "output": str(args.output)})
    return 0
