"""``read``: read the images and sounds of a corpus that were not read when it was imported."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from backend.cli.shell import print_result, progress_line, reading_options, say_estimate, to_read

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "read"
SUMMARY = "Read the text in the images and transcribe the sounds of a corpus, as far as not done."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("corpus", help="name of the corpus, or s3://BUCKET/PATH")
    reading_options(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.core.writable import check_writable
    from backend.domain import Modality

    check_writable()
    corpus = workspace.corpus(args.corpus)
    unread = {m: len(corpus.unread({m})) for m in (Modality.IMAGE, Modality.AUDIO)}
    say_estimate(args, *unread.values())
    counts = workspace.read_jobs.run(args.corpus, to_read(args), progress_line(args, "Read"))
    print_result(args, {"corpus": args.corpus, **asdict(counts)})
    return 0
