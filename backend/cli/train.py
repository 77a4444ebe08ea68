"""``train``: train the papers' models on a corpus's own labels."""

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
        help="text, image, audio, fusion or joint: a group of models; default: all",
    )
    parser.add_argument("--corpus", help="name of the corpus (KINDRED_CORPUS)")
    parser.add_argument("--label", help="which label (the first one of the corpus)")
    parser.add_argument(
        "--models",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="which models, by name or its beginning; see --list",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="say which models there are, and which labels the corpus has, and stop",
    )
    parser.add_argument("--runs", type=positive, default=3, help="folds to test, of ten (3)")
    parser.add_argument("--epochs", type=positive, help="no training lasts longer")
    parser.add_argument(
        "--backbone",
        action="append",
        default=[],
        metavar="NAME[=FILE]",
        help="train F-VGG, F-ResNet or F-DenseNet from a file of weights, or from the hub",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="JTAV's own data (ShutterSong layout) in the place of a corpus",
    )
    parser.add_argument("--name", help="name of the new bundle")
    parser.add_argument(
        "--use", action="store_true", help="make the new bundle the active one of the workspace"
    )
    parser.add_argument("--csv", action="store_true", help="print the table as CSV")
    # How the pages start a training of theirs in a process of its own.
    parser.add_argument("--job", help=argparse.SUPPRESS)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    if args.list:
        return _list(workspace, args)
    if args.job:
        from backend.workspace.training_worker import work

        return work(workspace, args.job)
    from backend.evaluation.options import parse_backbones

    trainer = workspace.training
    names, weights = parse_backbones(args.backbone)
    found = trainer.train(
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
        tell=None if args.quiet else _tell,
    )
    if args.json:
        bundle = None if found.bundle is None else str(found.bundle.path)
        print(json.dumps(found.result.as_json() | {"bundle": bundle}, ensure_ascii=False))
    elif args.csv:
        print(found.result.as_csv(), end="")
    else:
        print(found.result.as_text())
    if found.bundle is not None:
        name = found.bundle.path.name
        how = f"use it with --use, or KINDRED_BUNDLE={name}"
        if args.use:
            trainer.use(name)
            how = "it is in use from now on"
        print(f"kindred: the best fusion is in {found.bundle.path}; {how}", file=sys.stderr)
    return 0


def _list(workspace: Workspace, args: argparse.Namespace) -> int:
    from backend.classifiers import catalogue

    models = catalogue.group(args.task)
    labels = workspace.training.labels(args.corpus)
    if args.json:
        said = {
            "models": [{"name": m.name, "group": m.group, "says": m.says} for m in models],
            "labels": [
                {"name": i.name, "posts": i.posts, "classes": i.classes, "problem": i.problem}
                for i in labels
            ],
        }
        print(json.dumps(said, ensure_ascii=False))
        return 0
    for model in models:
        print(f"{model.name:22s} {model.group:7s} {model.says} ({model.source})")
    for info in labels:
        told = info.problem or f"{info.learnt:,} posts, {len(info.classes)} classes"
        print(f"label {info.name}: {told}")
    return 0


def _tell(progress: Progress) -> None:
    step, said = progress.step, "encoding"
    if progress.reading is not None:
        kind, done, total = progress.reading
        said = f"encoding {kind}s, {done:,} of {total:,}"
    elif step is not None:
        score = "" if step.score is None else f", validation {-step.score:.4f}"
        score += "" if step.figure is None else f", F1 {step.figure:.3f}"
        said = (
            f"epoch {step.epoch} of {step.epochs}, loss {step.loss:.4f}{score}, "
            f"at most {step.left:,.0f} s left"
        )
    elif progress.done < progress.total:
        said = "begun"
    else:
        return
    print(
        f"{progress.done + 1} of {progress.total}, {progress.model}: {said}",
        file=sys.stderr,
        end="\r" if sys.stderr.isatty() else "\n",
        flush=True,
    )
