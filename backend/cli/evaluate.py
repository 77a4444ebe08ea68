"""``evaluate``: measure quality on held-out data, or find where models fail on labelled posts."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import positive, progress_line
from backend.settings import SHIPPED_CORPUS

if TYPE_CHECKING:
    from backend.evaluation.options import Options
    from backend.workspace.workspace import Workspace

NAME = "evaluate"
SUMMARY = (
    "Measure quality on held-out data, or (--errors) show where models fail on labelled posts."
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "table", nargs="*", help="tables to measure (default: all that need no --data); see --list"
    )
    parser.add_argument("--list", action="store_true", help="list the tables and exit")
    parser.add_argument("--csv", action="store_true", help="print CSV, a line for each figure")
    papers = parser.add_argument_group("the papers' tables")
    papers.add_argument("--runs", type=positive, help="folds or trainings (default: all)")
    papers.add_argument(
        "--data",
        type=Path,
        help="a folder in the ShutterSong layout; for emotion-fusion, GoEmotions too (its eight "
        "emotions, paired with drawings); for goemotions, tweeteval and meld, their own",
    )
    papers.add_argument(
        "--backbone",
        action="append",
        default=[],
        metavar="NAME[=FILE]",
        help="also fine-tune F-VGG, F-ResNet or F-DenseNet, from the hub or a file of weights",
    )
    papers.add_argument(
        "--weights",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="the weights of a network of jtav-sentiment, which it fine-tunes, too",
    )
    papers.add_argument("--words", type=Path, help="word vectors: .vec, .bin, .npy or .parquet")
    errors = parser.add_argument_group("error analysis")
    errors.add_argument(
        "--errors", action="store_true", help="show where models fail on labelled posts"
    )
    errors.add_argument(
        "--corpus",
        help="name of the corpus (default: KINDRED_CORPUS); user-space, reactions and word-image "
        "read it too",
    )
    errors.add_argument("--label", help="name of the label (default: the corpus's first)")
    errors.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="up to four (default: bundles, lexicon and probe)",
    )
    errors.add_argument("--corrected", action="store_true", help="apply the corrections of labels")
    errors.add_argument("--robustness", action="store_true", help="perturb posts and predict again")
    errors.add_argument(
        "--report", type=Path, metavar="FILE", help="write all of it as one HTML page"
    )


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend import evaluation

    if args.list:
        for name, summary in evaluation.TABLES.items():
            print(f"{name:16s} {summary}")
        return 0
    if args.errors or args.report:
        from backend.cli.errors import run as run_errors

        return run_errors(workspace, args)
    unknown = [name for name in args.table if name not in evaluation.TABLES]
    if unknown:
        names = ", ".join(evaluation.TABLES)
        print(f"kindred: there is no table {unknown[0]}; there are {names}", file=sys.stderr)
        return 2
    results = [
        workspace.evaluate(
            name, progress=progress_line(args, name), options=_options(workspace, args)
        )
        for name in args.table or [t for t in evaluation.TABLES if t not in evaluation.OF_DATA]
    ]
    if args.json:
        print(json.dumps([result.as_json() for result in results], ensure_ascii=False))
    elif args.csv:
        print("\n".join(result.as_csv() for result in results), end="")
    else:
        print("\n\n".join(result.as_text() for result in results))
    return 0


def _options(workspace: Workspace, args: argparse.Namespace) -> Options | None:
    """Return the options of the tables; None without any."""
    other_corpus = args.corpus if args.corpus not in (None, SHIPPED_CORPUS) else None
    given = (args.runs, args.data, args.backbone, args.weights, args.words, other_corpus)
    if not any(given):
        return None
    from backend.evaluation.options import Options, parse_backbones

    names, files = parse_backbones(args.backbone, args.weights)
    corpus = None
    if other_corpus:
        workspace.corpus(other_corpus)  # raises for an unknown name
        corpus = workspace.home / "corpora" / other_corpus
    return Options(args.runs, args.data, names, files, args.words, corpus)
