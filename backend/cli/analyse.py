"""``analyse``: predict emotion and sentiment for a file of posts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import needs, progress_line, say

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "analyse"
SUMMARY = "Predict emotion and sentiment for each post of a JSON-lines file."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("posts", type=Path, help='lines of {"id", "text"?, "image"?, "audio"?}')
    parser.add_argument("-o", "--output", type=Path, help="JSON lines; stdout when not given")


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.workspace import batch

    source = needs(given.posts)
    if given.output is None:
        for block in batch.blocks(source):
            for answer in batch.answers(workspace, block):
                print(json.dumps(answer, ensure_ascii=False))
        return 0
    good, bad = batch.analyse(
        workspace, source, given.output, progress=progress_line(given, "Analysed")
    )
    say(given, {"predictions": good, "errors": bad, "output": str(given.output)})
    return 0
