"""``train``: train the papers' models on a corpus's own labels."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from backend.cli.shell import positive

if TYPE_CHECKING:
    from backend.trainer import Progress
    from backend.workspace import Workspace

NAME = "train"
SUMMARY = "Train models on the labels of a corpus, compare them, keep the best as a bundle."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("task", help="fusion, text, image or audio")
    parser.add_argument("--corpus", help="name of the corpus (KINDRED_CORPUS)")
    parser.add_argument("--label", help="which label (the first one of the corpus)")
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="MODEL", help="which models; see --list"
    )
    parser.add_argument("--list", action="store_true", help="name the task's models and stop")
    parser.add_argument("--runs", type=positive, default=3, help="folds to test, of ten (3)")
    parser.add_argument("--name", help="name of the new bundle")
    parser.add_argument("--csv", action="store_true", help="print the table as CSV")


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    trainer = workspace.trainer
    if given.list:
        print("\n".join(trainer.models(given.task)))
        return 0
    found = trainer.train(
        given.task,
        corpus=given.corpus,
        label=given.label,
        models=given.models,
        runs=given.runs,
        name=given.name,
        tell=None if given.quiet else _tell,
    )
    if given.json:
        bundle = None if found.bundle is None else str(found.bundle.path)
        print(json.dumps(found.result.as_json() | {"bundle": bundle}, ensure_ascii=False))
    elif given.csv:
        print(found.result.as_csv(), end="")
    else:
        print(found.result.as_text())
    if found.bundle is not None and not given.json:
        print(
            f"kindred: the best is in {found.bundle.path}; use it with "
            f"KINDRED_BUNDLE={found.bundle.name}",
            file=sys.stderr,
        )
    return 0


def _tell(progress: Progress) -> None:
    step = progress.step
    score = "" if step.score is None else f", score {step.score:.4f}"
    print(
        f"{progress.done + 1} of {progress.total}, {progress.model}: epoch {step.epoch} of "
        f"{step.epochs}, loss {step.loss:.4f}{score}, at most {step.left:,.0f} s left",
        file=sys.stderr,
        end="\r" if sys.stderr.isatty() else "\n",
        flush=True,
    )
