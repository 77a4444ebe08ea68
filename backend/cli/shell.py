"""Shared by all commands: progress, input files and results."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.core.progress import Progress, Steps, about, unheard
from backend.domain import KindredError

if TYPE_CHECKING:
    from backend.domain import Modality


def positive(text: str) -> int:
    """Read a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def progress_line(args: argparse.Namespace, what: str) -> Progress | None:
    """Return what prints a line on stderr with the count, the rate and the time left.

    Returns
    -------
    callable or None
        Takes the items done and all items; None when the command is quiet.
    """
    if args.quiet:
        return None
    start = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal start
        now = time.monotonic()
        if not done:  # the work begins now: what was loaded before says nothing of its pace
            start = now
        rate = done / (now - start) if now > start else 0.0
        left = f", {about((total - done) / rate)} left" if rate and total > done else ""
        of = f" of {total:,}" if total else ""  # not always known before
        end = "\n" if total and done >= total else "\r" if sys.stderr.isatty() else "\n"
        print(
            f"{what}: {done:,}{of} ({rate:,.1f}/s{left})",
            file=sys.stderr,
            end=end,
            flush=True,
        )

    return report


def progress_lines(args: argparse.Namespace, before: str = "") -> Steps:
    """Return what gives each part of a command its `progress_line`, `before` first."""
    return lambda part: progress_line(args, before + part) or unheard(part)


def reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say whether pictures and sounds are read."""
    choice = argparse.BooleanOptionalAction
    parser.add_argument("--read", action=choice, help="read the text in images (KINDRED_READ)")
    parser.add_argument(
        "--transcribe", action=choice, help="transcribe speech in sounds (KINDRED_TRANSCRIBE)"
    )


def encoder_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the encoders of vectors that come with posts."""
    parser.add_argument(
        "--encoder",
        action="append",
        default=[],
        metavar="KIND=NAME",
        help="the encoder that made the vectors of a kind, so that queries can be encoded: "
        "text=open_clip:ViT-B-32@laion2b_s34b_b79k",
    )


def named_encoders(values: list[str]) -> tuple[tuple[str, str], ...]:
    """Read ``KIND=NAME`` pairs.

    Raises
    ------
    KindredError
        ``query`` for a kind that has no encoder.
    """
    pairs = [value.partition("=")[::2] for value in values]
    for kind, name in pairs:
        if kind not in ("text", "image", "audio") or not name:
            message = "--encoder names a kind and its encoder, such as text=multilingual-e5-small."
            raise KindredError("query", message)
    return tuple(pairs)


def to_read(args: argparse.Namespace) -> frozenset[Modality]:
    """Return the modalities whose words are read."""
    from backend.recognition import wanted

    return wanted(args.read, args.transcribe)


def say_estimate(args: argparse.Namespace, images: int, sounds: int) -> None:
    """Print on stderr how long reading may take, and why there is no speech recognition."""
    from backend.domain import Modality
    from backend.recognition import estimate, missing

    if args.quiet:
        return
    chosen = to_read(args)
    images = images if Modality.IMAGE in chosen else 0
    sounds = sounds if Modality.AUDIO in chosen else 0
    if sounds and (reason := missing()):
        print(f"kindred: {reason}", file=sys.stderr)
        sounds = 0
    if images or sounds:
        minutes = estimate(images, sounds) / 60
        print(
            f"Reading {images:,} images and {sounds:,} sounds may add about {minutes:,.1f} minutes "
            "(--no-read and --no-transcribe leave it out).",
            file=sys.stderr,
        )


def existing_file(path: Path) -> Path:
    """Return the path of an existing file.

    Raises
    ------
    KindredError
        ``no_file``.
    """
    if not path.is_file():
        raise KindredError("no_file", f"There is no file {path}.")
    return path


def print_result(args: argparse.Namespace, result: dict[str, Any]) -> None:
    """Print the result, as JSON with ``--json``."""
    if args.json:
        print(json.dumps(result))
    else:
        print(", ".join(f"{key}: {value}" for key, value in result.items()))
