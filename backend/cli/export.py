"""``export``: write what a saved selection, or a filter, holds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import say

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "export"
SUMMARY = "Write a saved selection, or the posts or users that pass a filter, with ids and names."
FILTERS = ("emotions", "sentiments", "languages", "sources", "modalities", "tags", "words", "users")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("selection", nargs="?", help="name of a saved selection")
    parser.add_argument("--list", action="store_true", help="name the saved selections and stop")
    parser.add_argument("--corpus", help="name of the corpus (KINDRED_CORPUS)")
    parser.add_argument(
        "--kind", choices=["post", "user"], default="post", help="of a filter: posts or users"
    )
    for name in FILTERS:
        parser.add_argument(f"--{name}", metavar="A,B", help=f"only posts with one of these {name}")
    parser.add_argument("--save", metavar="NAME", help="also save it as a selection")
    parser.add_argument("-o", "--output", type=Path, help=".csv, .json or .parquet")


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.domain import Kind, KindredError
    from backend.search import Filter

    if given.list:
        for name in workspace.selections.names(given.corpus):
            print(name)
        return 0
    if given.selection:
        selection = workspace.selections.open(given.selection, given.corpus)
    else:
        asked = {name: getattr(given, name) for name in FILTERS if getattr(given, name)}
        if not asked:
            print("kindred: name a saved selection, or give a filter", file=sys.stderr)
            return 2
        filters = Filter.from_params(asked)
        selection = workspace.selections.where(filters, Kind(given.kind), given.corpus)
    if given.save:
        selection = workspace.selections.save(selection, given.save)
    if given.output is None and not given.save:
        print("kindred: name a file with -o", file=sys.stderr)
        return 2
    if given.output is not None:
        form = given.output.suffix.lstrip(".").lower()
        if not given.output.parent.is_dir():
            raise KindredError("no_folder", f"There is no folder {given.output.parent}.")
        given.output.write_bytes(workspace.selections.export(selection, form))
    say(given, {f"{selection.kind}s": len(selection), "output": str(given.output or "")})
    return 0
