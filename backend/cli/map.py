"""``map``: build the maps of a corpus, or export them to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.shell import print_result, progress_line
from backend.domain import Kind, KindredError

if TYPE_CHECKING:
    from backend.core.progress import Progress
    from backend.workspace.workspace import Workspace

NAME = "map"
SUMMARY = "Lay out and cluster users and posts, learn word spaces, find families of copies."
PARTS = ("user", "post", "words", "families")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--corpus", help="name of the corpus (default: KINDRED_CORPUS)")
    parser.add_argument(
        "--only",
        action="append",
        choices=PARTS,
        help="build only this part; repeatable (default: all)",
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=3,
        help="rebuilds used to measure cluster stability (default: 3)",
    )
    parser.add_argument(
        "--show",
        type=Path,
        metavar="FILE",
        help="build nothing; export the points and clusters of the existing maps to a .csv, .json "
        "or .parquet file",
    )


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    if args.show:
        print_result(args, {"points": _write(workspace, args), "output": str(args.show)})
        return 0

    def make(part: str, report: Progress) -> dict[str, Any]:
        return _make(workspace, args, part, report)

    results = workspace.map_jobs.run(args.corpus, args.only or PARTS, make)
    answers = {
        part: {"error": result.message} if isinstance(result, KindredError) else result
        for part, result in results.items()
    }
    print_result(args, answers)
    return 0


def _make(
    workspace: Workspace, args: argparse.Namespace, part: str, report: Progress
) -> dict[str, Any]:
    """Build one part and return its sizes."""
    others = {"words": "Word spaces, steps", "families": "Families, steps"}
    what = others.get(part, f"Map of {part}s, steps")
    line = progress_line(args, what)

    def progress(done: int, total: int) -> None:
        report(done, total)
        if line is not None:
            line(done, total)

    if part == "words":
        spaces = workspace.words.make(args.corpus, progress=progress)
        return {space.name: space.words for space in spaces}
    if part == "families":
        families = workspace.families.make(args.corpus, progress=progress)
        return {"posts": families.looked_at, "families": len(families.all)}
    map_ = workspace.maps.make(Kind(part), args.corpus, draws=args.draws, progress=progress)
    return {
        "points": len(map_.ids),
        "clusters": {level.name: len(level.clusters) for level in map_.levels},
        **{key: round(value, 4) for key, value in map_.quality.items()},
    }


def _write(workspace: Workspace, args: argparse.Namespace) -> int:
    """Write the points of the maps to a file and return their number."""
    import pandas as pd

    frames = []
    for part in args.only or ("user", "post"):
        map_ = workspace.maps.map(Kind(part), args.corpus)
        frame = pd.DataFrame({"kind": part, "id": map_.ids, "x": map_.xy[:, 0], "y": map_.xy[:, 1]})
        for level in map_.levels:
            names = [*(cluster.label for cluster in level.clusters), None]
            frame[level.name] = [names[code] for code in level.labels]
        frames.append(frame)
    points = pd.concat(frames, ignore_index=True)
    suffix = args.show.suffix.lower()
    if suffix == ".parquet":
        points.to_parquet(args.show, index=False)
    elif suffix == ".json":
        points.to_json(args.show, orient="records", force_ascii=False)
    elif suffix == ".csv":
        points.to_csv(args.show, index=False)
    else:
        raise KindredError("format", f"{args.show}: the name must end in .csv, .json or .parquet.")
    return len(points)
