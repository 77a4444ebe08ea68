"""``models``: use other encoders, in one step."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from backend.cli.shell import positive, print_result, progress_lines

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "models"
SUMMARY = "Fetch, check, fit and use other encoders: clip, siglip2, multilingual-clip, clap, ..."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "models",
        nargs="?",
        help="a name of the list, `default`, or an encoder such as timm:NAME (default: list them)",
    )
    parser.add_argument("--check", action="store_true", help="fetch and try them only")
    parser.add_argument(
        "--sample", type=positive, help="train on only this many posts, for a trial"
    )


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    setup = workspace.model_setup

    def tell(sentence: str) -> None:
        if not args.quiet:
            print(f"kindred: {sentence}", file=sys.stderr, flush=True)

    if args.models is None:
        _list(workspace, args)
        return 0
    if args.check:
        estimate = setup.check(args.models, tell=tell, steps=progress_lines(args))
        print_result(args, {"models": args.models, "seconds": round(estimate.seconds, 1)})
        return 0
    bundle = setup.use(args.models, sample=args.sample, tell=tell, steps=progress_lines(args))
    print_result(args, {"models": args.models, "bundle": bundle.name})
    return 0


def _list(workspace: Workspace, args: argparse.Namespace) -> None:
    active = dict(workspace.bundle.encoders)
    setup = workspace.model_setup
    rows = [
        {
            "name": name,
            "title": preset.title,
            "megabytes": preset.megabytes,
            "ready": setup.ready(name),
            "active": active == setup.encoders(name),
        }
        for name, preset in setup.presets.items()
    ]
    if args.json:
        print(json.dumps(rows))
        return
    for row in rows:
        size = f"{row['megabytes']:,} MB"
        state = "in use" if row["active"] else "ready" if row["ready"] else size
        print(f"{row['name']:18s} {state:9s} {row['title']}")
