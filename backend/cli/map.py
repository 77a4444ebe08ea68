"""``map``: make the maps of a corpus, or write them to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.shell import progress_line, say
from backend.domain import Kind, KindredError

if TYPE_CHECKING:
    from backend.workspace.map_jobs import Progress
    from backend.workspace.workspace import Workspace

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
    if given.show:
        say(given, {"points": _write(workspace, given), "output": str(given.show)})
        return 0
    made = workspace.map_jobs.run(
        given.corpus, given.only or PARTS, lambda part, tell: _make(workspace, given, part, tell)
    )
    say(
        given,
        {
            part: {"error": found.message} if isinstance(found, KindredError) else found
            for part, found in made.items()
        },
    )
    return 0


def _make(
    workspace: Workspace, given: argparse.Namespace, part: str, tell: Progress
) -> dict[str, Any]:
    """Make one part, and what is told of it."""
    what = "Word spaces, steps" if part == "words" else f"Map of {part}s, steps"
    line = progress_line(given, what)

    def report(done: int, total: int) -> None:
        tell(done, total)
        if line is not None:
            line(done, total)

    if part == "words":
        spaces = workspace.words.make(given.corpus, progress=report)
        return {space.name: space.words for space in spaces}
    made = workspace.maps.make(Kind(part), given.corpus, draws=given.draws, progress=report)
    return {
        "points": len(made.ids),
        "clusters": {level.name: len(level.clusters) for level in made.levels},
        **{key: round(value, 4) for key, value in made.quality.items()},
    }


def _write(workspace: Workspace, given: argparse.Namespace) -> int:
    """Write the points of the maps to a file and count them."""
    import pandas as pd

    frames = []
    for part in given.only or ("user", "post"):
        made = workspace.maps.map(Kind(part), given.corpus)
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
