"""``reindex``: encode a corpus with the active bundle."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from backend.cli.shell import encoder_option, named_encoders, print_result, progress_lines

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "reindex"
SUMMARY = "Encode a corpus with the active bundle; its earlier vectors serve until that is done."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--corpus", help="name of the corpus (default: KINDRED_CORPUS)")
    parser.add_argument("--all", action="store_true", help="every corpus, one after the other")
    parser.add_argument("--estimate", action="store_true", help="print how long it may take, only")
    parser.add_argument(
        "--own", action="store_true", help="use the vectors that came with the posts again"
    )
    encoder_option(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    jobs, corpus = workspace.reindex_jobs, workspace.corpus(args.corpus).name
    if args.encoder or args.own:
        if args.encoder:
            layout = jobs.name_encoders(corpus, named_encoders(args.encoder))
        if args.own:
            layout = jobs.use_own(corpus)
        encoders = {kind.value: name for kind, name in layout.encoders.items()}
        print_result(args, {"corpus": corpus, "vectors": layout.describe(), "encoders": encoders})
        return 0
    names = workspace.corpora() if args.all else [corpus]
    for name in names:
        if args.estimate:
            print_result(args, {"corpus": name, "seconds": round(jobs.seconds(name), 1)})
            continue
        if not args.quiet and (left := jobs.seconds(name)) > 1:
            print(f"Encoding {name} takes about {left / 60:,.1f} minutes.", file=sys.stderr)
        counts = jobs.run(name, progress_lines(args, f"Encoded {name}, "))
        print_result(args, {"corpus": name, **asdict(counts)})
    return 0
