"""``bench``: print the benchmark tables of this checkout."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

from backend.domain import KindredError
from backend.settings import ROOT

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "bench"
SUMMARY = "Benchmark speed and memory against comparable programs."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("table", nargs="*", help="pages, analysis, large, ... (default: all)")


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    if not (ROOT / "bench" / "__main__.py").is_file():
        message = f"There are no benchmarks in {ROOT}: run this in a clone of the repository."
        raise KindredError("no_bench", message)
    # In another process, so that memory measurements do not include this one's.
    return subprocess.run([sys.executable, "-m", "bench", *args.table], cwd=ROOT).returncode
