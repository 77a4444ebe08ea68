"""``map``: make the maps of a corpus, or write them to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.shell import progress_line, say

if TYPE_CHECKING:
    from backend.workspace import Workspace

NAME = "map"
SUMMARY = "Lay out the users and posts of a corpus, cluster and label them, and keep the maps."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--corpus", help="name of the corpus (KINDRED_CORPUS)")
    parser.add_argument("--kind", choices=["user", "post"], help="only this map (both)")
    parser.add_argument(
        "--draws",
        type=int,
        default=3,
        help="how often each is made again to measure the stability of clusters (3)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, help="write the points that are there: .csv, .json, .parquet"
    )


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.posts import Kind

    told: dict[str, Any] = {}
    kinds = [Kind(given.kind)] if given.kind else [Kind.USER, Kind.POST]
    for kind in kinds:
        report = progress_line(given, f"Map of {kind}s, steps")
        made = workspace.atlas.make(kind, given.corpus, draws=given.draws, progress=report)
        told[kind.value] = {
            "points": len(made.ids),
            "clusters": {level.name: len(level.clusters) for level in made.levels},
            **{key: round(value, 4) for key, value in made.quality.items()},
        }
    say(given, told)
    return 0
