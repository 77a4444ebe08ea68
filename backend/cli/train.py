"""``train``: train the papers' models on the labels of a corpus."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import positive

if TYPE_CHECKING:
    from backend.classifiers.compare import Progress
    from backend.workspace.workspace import Workspace

NAME = "train"
SUMMARY = "Train models on the labels of a corpus, compare them, keep the best as a bundle."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "task",
        nargs="?",
        default="all",
        help="text, image, audio, fusion or joint: a group of models (default: all)",
    )
    parser.add_argument("--corpus", help="name of the corpus (default: KINDRED_CORPUS)")
    parser.add_argument("--label", help="name of the label (default: the corpus's first)")
    parser.add_argument(
        "--models",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="models by name or prefix; see --list",
    )
    parser.add_argument(
        "--list", action="store_true", help="list the models and the labels of the corpus, and exit"
    )
    parser.add_argument(
        "--runs", type=positive, default=3, help="folds to test, of ten (default: 3)"
    )
    parser.add_argument("--epochs", type=positive, help="maximum epochs per model and fold")
    parser.add_argument(
        "--backbone",
        action="append",
        default=[],
        metavar="NAME[=FILE]",
        help="train F-VGG, F-ResNet or F-DenseNet from a file of weights, or download them",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="JTAV's own data (ShutterSong layout) instead of a corpus",
    )
    parser.add_argument("--name", help="name of the new bundle")
    parser.add_argument(
        "--use", action="store_true", help="make the new bundle the active one of the workspace"
    )
    parser.add_argument("--csv", action="store_true", help="print the table as CSV")
    # Pages use this to start a training run in a separate process.
    parser.add_argument("--job", help=argparse.SUPPRESS)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    if args.list:
        return _list(workspace, args)
    if args.job:
        from backend.workspace.training_worker import work

        return work(workspace, args.job)
    from backend.evaluation.options import parse_backbones
    from backend.workspace.training import TrainOptions

    names, weights = parse_backbones(args.backbone)
    options = TrainOptions(
        args.task,
        corpus=args.corpus,
        label=args.label,
        models=[*args.models, *names],
        data=args.data,
        runs=args.runs,
        epochs=args.epochs,
        backbones=names,
        weights=weights,
        name=args.name,
    )
    trained = workspace.training.train(options, report=None if args.quiet else _print_progress)
    if args.json:
        bundle = None if trained.bundle is None else str(trained.bundle.path)
        print(json.dumps(trained.result.as_json() | {"bundle": bundle}, ensure_ascii=False))
    elif args.csv:
        print(trained.result.as_csv(), end="")
    else:
        print(trained.result.as_text())
    if trained.bundle is not None:
        name = trained.bundle.path.name
        how = f"use it with --use, or KINDRED_BUNDLE={name}"
        if args.use:
            workspace.training.activate_bundle(name)
            how = "it is the active bundle from now on"
        print(f"kindred: the best fusion model is in {trained.bundle.path}; {how}", file=sys.stderr)
    return 0


def _list(workspace: Workspace, args: argparse.Namespace) -> int:
    from backend.classifiers import catalogue

    models = catalogue.group(args.task)
    labels = workspace.training.labels(args.corpus)
    if args.json:
        listing = {
            "models": [{"name": m.name, "group": m.group, "says": m.summary} for m in models],
            "labels": [
                {"name": i.name, "posts": i.posts, "classes": i.classes, "problem": i.problem}
                for i in labels
            ],
        }
        print(json.dumps(listing, ensure_ascii=False))
        return 0
    for model in models:
        print(f"{model.name:22s} {model.group:7s} {model.summary} ({model.source})")
    for info in labels:
        summary = info.problem or f"{info.learnt:,} posts, {len(info.classes)} classes"
        print(f"label {info.name}: {summary}")
    return 0


def _print_progress(progress: Progress) -> None:
    step = progress.step
    if progress.encoding is not None:
        kind, done, total = progress.encoding
        text = f"encoding {kind}s, {done:,} of {total:,}"
    elif step is not None:
        score = "" if step.score is None else f", validation {-step.score:.4f}"
        score += "" if step.f1 is None else f", F1 {step.f1:.3f}"
        text = (
            f"epoch {step.epoch} of {step.epochs}, loss {step.loss:.4f}{score}, "
            f"at most {step.left:,.0f} s left"
        )
    elif progress.done < progress.total:
        text = "starting"
    else:
        return
    print(
        f"{progress.done + 1} of {progress.total}, {progress.model}: {text}",
        file=sys.stderr,
        end="\r" if sys.stderr.isatty() else "\n",
        flush=True,
    )
