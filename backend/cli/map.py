"""``map``: make the maps of a corpus, or write them to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.shell import progress_line, say

if TYPE_CHECKING:
    from backend.workspace import Workspace

NAME = "map"
SUMMARY = "Lay out, cluster and label the users and posts of a corpus, and learn its word spaces."
PARTS = ("user", "post", "words")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--corpus", help="name of the corpus (KINDRED_CORPUS)")
    parser.add_argument("--only", action="append", choices=PARTS, help="one of them (all)")
    parser.add_argument(
        "--draws",
        type=int,
        default=3,
        help="how often a map is made again to measure the stability of its clusters (3)",
    )
    parser.add_argument(
        "--show",
        type=Path,
        metavar="FILE",
        help="make nothing; write the points of the maps that are there, with clusters: "
        ".csv, .json or .parquet",
    )


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.posts import Kind

    if given.show:
        say(given, {"points": _write(workspace, given), "output": str(given.show)})
        return 0
    told: dict[str, Any] = {}
    for part in given.only or PARTS:
        if part == "words":
            report = progress_line(given, "Word spaces, steps")
            spaces = workspace.wording.make(given.corpus, progress=report)
            told["words"] = {space.name: space.words for space in spaces}
            continue
        report = progress_line(given, f"Map of {part}s, steps")
        made = workspace.atlas.make(Kind(part), given.corpus, draws=given.draws, progress=report)
        told[part] = {
            "points": len(made.ids),
            "clusters": {level.name: len(level.clusters) for level in made.levels},
            **{key: round(value, 4) for key, value in made.quality.items()},
        }
    say(given, told)
    return 0


def _write(workspace: Workspace, given: argparse.Namespace) -> int:
    """Write the points of the maps to a file and count them."""
    import pandas as pd

    from backend.posts import Kind, KindredError

    frames = []
    for part in given.only or ("user", "post"):
        made = workspace.atlas.map(Kind(part), given.corpus)
        frame = pd.DataFrame({"kind": part, "id": made.ids, "x": made.xy[:, 0], "y": made.xy[:, 1]})
        for level in made.levels:
            names = [*(cluster.label for cluster in level.clusters), None]
            frame[level.name] = [names[code] for code in level.labels]
        frames.append(frame)
    whole = pd.concat(frames, ignore_index=True)
    form = given.show.suffix.lower()
    if form == ".parquet":
        whole.to_parquet(given.show, index=False)
    elif form == ".json":
        whole.to_json(given.show, orient="records", force_ascii=False)
    elif form == ".csv":
        whole.to_csv(given.show, index=False)
    else:
        raise KindredError("format", f"{given.show}: the name must end in .csv, .json or .parquet.")
    return len(whole)
