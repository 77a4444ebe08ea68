"""``export``: write the posts or users of a saved selection or a filter."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import print_result

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "export"
SUMMARY = "Write a saved selection, or the posts or users that pass a filter, with ids and names."
FILTERS = ("emotions", "sentiments", "languages", "sources", "modalities", "tags", "words", "users")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("selection", nargs="?", help="name of a saved selection")
    parser.add_argument("--list", action="store_true", help="list the saved selections and exit")
    parser.add_argument("--corpus", help="name of the corpus (default: KINDRED_CORPUS)")
    parser.add_argument(
        "--kind",
        choices=["post", "user"],
        default="post",
        help="what a filter selects (default: post)",
    )
    for name in FILTERS:
        parser.add_argument(f"--{name}", metavar="A,B", help=f"only posts with one of these {name}")
    parser.add_argument("--save", metavar="NAME", help="also save it as a selection")
    parser.add_argument("-o", "--output", type=Path, help=".csv, .json or .parquet")


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.domain import Kind, KindredError
    from backend.search import Filter

    if args.list:
        for name in workspace.selections.names(args.corpus):
            print(name)
        return 0
    if args.selection:
        selection = workspace.selections.open(args.selection, args.corpus)
    else:
        params = {name: getattr(args, name) for name in FILTERS if getattr(args, name)}
        if not params:
            print("kindred: name a saved selection, or give a filter", file=sys.stderr)
            return 2
        filters = Filter.from_params(params)
        selection = workspace.selections.where(filters, Kind(args.kind), args.corpus)
    if args.save:
        selection = workspace.selections.save(selection, args.save)
    if args.output is None and not args.save:
        print("kindred: name a file with -o", file=sys.stderr)
        return 2
    if args.output is not None:
        suffix = args.output.suffix.lstrip(".").lower()
        if not args.output.parent.is_dir():
            raise KindredError("no_folder", f"There is no folder {args.output.parent}.")
        args.output.write_bytes(workspace.selections.export(selection, suffix))
    print_result(args, {f"{selection.kind}s": len(selection), "output": str(args.output or "")})
    return 0
