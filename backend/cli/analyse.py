"""``analyse``: predict emotion and sentiment for a file of posts."""

from __future__ import annotations

import argparse
import json
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

NAME = "analyse"
SUMMARY = "Predict emotion and sentiment for each post of a JSON-lines file."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "posts", type=Path, help='JSON lines of {"id", "text"?, "image"?, "audio"?}'
    )
    parser.add_argument("-o", "--output", type=Path, help="JSON lines (default: standard output)")
    reading_options(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.workspace import batch

    source, read = existing_file(args.posts), to_read(args)
    say_estimate(args, *batch.count_media(source))
    if args.output is None:
        models = workspace.models
        for block in batch.blocks(source):
            for answer in batch.answers(models, block, read):
                print(json.dumps(answer, ensure_ascii=False))
        return 0
    predicted, failed = batch.analyse(
        workspace, source, args.output, read=read, progress=progress_line(args, "Analysed")
    )
    print_result(args, {"predictions": predicted, "errors": failed, "output": str(args.output)})
    return 0
