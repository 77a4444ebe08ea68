"""``index``: build the search indexes of a large corpus ahead of the first search."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backend.cli.shell import print_result, progress_line

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "index"
SUMMARY = "Build the search indexes of a corpus now, and print how its vectors are searched."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--corpus", help="name of the corpus (default: KINDRED_CORPUS)")
    parser.add_argument(
        "--show", action="store_true", help="build nothing; print which indexes there are"
    )


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.domain import Kind

    lines = {kind: progress_line(args, f"Index of {kind}s") for kind in Kind}

    def progress(kind: Kind, done: int, total: int) -> None:
        if (line := lines[kind]) is not None:
            line(done, total)

    indexes = workspace.indexes
    choices = (
        indexes.choices(args.corpus) if args.show else indexes.make(args.corpus, progress=progress)
    )
    result = {
        choice.kind.value: {
            "vectors": choice.vectors,
            "way": choice.way,
            "ready": choice.ready,
            "recall": choice.recall,
        }
        for choice in choices
    }
    print_result(args, result)
    return 0
