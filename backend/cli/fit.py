"""``fit``: train a bundle for the encoders in the settings."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backend.cli.shell import positive, print_result, progress_lines

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "fit"
SUMMARY = "Train a bundle for the encoders named in the settings."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--name", help="name of the new bundle (default: derived from the encoders)"
    )
    parser.add_argument(
        "--sample", type=positive, help="train on only this many posts, for a trial"
    )


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    bundle = workspace.fit(name=args.name, sample=args.sample, steps=progress_lines(args))
    print_result(args, {"bundle": bundle.name, "path": str(bundle.path)})
    return 0
