"""``analyse``: predict emotion and sentiment for a file of posts."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from backend.cli.shell import (
    existing_file,
    print_result,
    progress_line,
    reading_options,
    say_estimate,
    to_read,
)
from backend.domain import KindredError

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "analyse"
SUMMARY = "Predict emotion and sentiment for each post of a file."
ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".parquet")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "posts",
        type=Path,
        help='JSON lines of {"id", "text"?, "image"?, "audio"?}, any table that ingest reads (CSV, '
        "Parquet, XLSX, ...), or - for JSON lines from standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="file whose ending chooses the format: .jsonl, .csv or .parquet (default: JSON lines "
        "on standard output)",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="which column of a table is the text, the image, the audio or the id; repeatable",
    )
    reading_options(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.workspace import batch

    if args.output is not None and args.output.suffix.lower() not in ENDINGS:
        message = f"{args.output}: the name must end in {', '.join(ENDINGS)}."
        raise KindredError("query", message)
    if str(args.posts) == "-":
        with NamedTemporaryFile(suffix=".jsonl") as file:  # it is read twice
            shutil.copyfileobj(sys.stdin.buffer, file)
            file.flush()
            args.posts = Path(file.name)
            return run(workspace, args)
    source, read = existing_file(args.posts), to_read(args)
    tabular = args.output is not None and args.output.suffix.lower() in (".csv", ".parquet")
    if source.suffix.lower() not in (".jsonl", ".ndjson", ".json") or tabular or args.map:
        return _table(workspace, source, args)
    say_estimate(args, *batch.count_media(source))
    if args.output is None:
        models = workspace.models
        for block in batch.blocks(source):
            for answer in batch.answers(models, block, read):
                print(json.dumps(answer, ensure_ascii=False))
        return 0
    predicted, failed = batch.analyse(
        workspace, source, args.output, read=read, progress=progress_line(args, "Analysed")
    )
    print_result(args, {"predictions": predicted, "errors": failed, "output": str(args.output)})
    return 0


def _table(workspace: Workspace, source: Path, args: argparse.Namespace) -> int:
    """Analyse the rows of a table, or write a table."""
    from backend.workspace import table_analysis

    columns: dict[str, tuple[str, ...]] = {}
    for pair in args.map:
        field, _, column = pair.partition("=")
        columns[field] = (column,)
    line = progress_line(args, "Analysed")
    answers = table_analysis.answers(
        workspace.models, source, columns, read=to_read(args), progress=line
    )
    if args.output is None:
        for answer in answers:
            print(json.dumps(answer, ensure_ascii=False))
        return 0
    predicted, failed = table_analysis.write(answers, args.output)
    print_result(args, {"predictions": predicted, "errors": failed, "output": str(args.output)})
    return 0
