"""``fit``: train a bundle for the encoders in the settings."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backend.cli.shell import positive, progress_line, say

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "fit"
SUMMARY = "Train a bundle for the encoders named in the settings."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--name", help="name of the new bundle (made from the encoders)")
    parser.add_argument(
        "--sample", type=positive, help="train on so many posts only, to try it out"
    )


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    bundle = workspace.fit(
        name=given.name, sample=given.sample, progress=progress_line(given, "Encoded")
    )
    say(given, {"bundle": bundle.name, "path": str(bundle.path)})
    return 0
