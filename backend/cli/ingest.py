"""``ingest``: import posts into a corpus."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import (
    encoder_option,
    named_encoders,
    positive,
    print_result,
    progress_line,
    reading_options,
    say_estimate,
)

if TYPE_CHECKING:
    from backend.core.ray_cluster import Ray
    from backend.ingest import ImportJob, ImportState, Options, Report
    from backend.workspace.imports import Imports
    from backend.workspace.workspace import Workspace

NAME = "ingest"
SUMMARY = "Import posts: a table, an export of a platform, a folder or ZIP of media, ..."
UNUSED = 30  # columns that are listed
SHOWN = 20


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("source", nargs="?", help="file, folder or ZIP, here or at s3://...")
    parser.add_argument(
        "--corpus", default="mine", help="name of the corpus, or s3://BUCKET/PATH (default: mine)"
    )
    parser.add_argument("--check", action="store_true", help="print the report and write nothing")
    parser.add_argument(
        "--format", default="", help="source format (default: detected; see --formats)"
    )
    parser.add_argument("--formats", action="store_true", help="list the formats and exit")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN[,COLUMN]",
        help="what a column is, such as text=body or user=author; repeatable",
    )
    parser.add_argument("--pseudonymise", action="store_true", help="hash the names of users")
    parser.add_argument("--fetch", action="store_true", help="download media from URLs")
    parser.add_argument(
        "--folders-as-labels", action="store_true", help="use each file's folder name as its label"
    )
    parser.add_argument(
        "--vectors",
        action="append",
        default=[],
        metavar="[FIELD=]FILE",
        help="a .npy, .npz or .safetensors file with a vector for each row; fields: vector (of the "
        "post), text_vector, image_vector, audio_vector, user_vector",
    )
    encoder_option(parser)
    reading_options(parser)
    parser.add_argument("--licence", default="", help="licence for posts that have none")
    parser.add_argument(
        "--table", default="", help="which file to read as the table (default: detected)"
    )
    parser.add_argument("--encoding", default="", help="encoding of the table (default: detected)")
    parser.add_argument(
        "--separator", default="", help="separator of the table (default: detected)"
    )
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="where posts are encoded: in this process, or by Ray (see docs/scaling.md)",
    )
    parser.add_argument("--address", default="", help="Ray cluster HOST:6379 (default: start one)")
    parser.add_argument(
        "--workers", type=positive, help="Ray processes (default: one per GPU, else one per core)"
    )
    parser.add_argument("--delete", metavar="CORPUS", help="delete a corpus and exit")
    parser.add_argument("--digest", metavar="CORPUS", help="print a hash of its content and exit")


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.ingest.readers.registry import titles

    if args.formats:
        for name, title in titles().items():
            print(f"{name:12s} {title}")
        return 0
    if args.delete:
        workspace.corpus_admin.delete(args.delete)
        print_result(args, {"deleted": args.delete})
        return 0
    if args.digest:
        digest = workspace.corpus_admin.digest(args.digest)
        print_result(args, {"corpus": args.digest, "digest": digest})
        return 0
    if args.source is None:
        print("kindred: name a file, a folder or a ZIP to import", file=sys.stderr)
        return 2
    return _ingest(workspace.imports, args)


def _ingest(imports: Imports, args: argparse.Namespace) -> int:
    """Check the source and import it."""
    from backend.core.ray_cluster import Ray, require_ray

    ray = Ray(args.address, args.workers) if args.engine == "ray" else None
    if ray is not None:
        require_ray()  # before an hour of checking
    elif args.address or args.workers:
        print("kindred: --address and --workers are for --engine ray", file=sys.stderr)
        return 2
    try:
        mapping = _mapping(args.map)
    except ValueError as error:
        print(f"kindred: {error}", file=sys.stderr)
        return 2
    options = _options(args)
    source = _source(imports, args.source)
    if mapping:
        options = imports.with_mapping(source, options, mapping, args.format)
    report = imports.check(source, args.corpus, options, format=args.format)
    if not args.quiet:
        _print_report(report, source)
    if args.check:
        if args.json:
            print(json.dumps(report.as_json(), ensure_ascii=False, default=str))
        return 0
    if not report.usable:
        print("kindred: there is nothing to import", file=sys.stderr)
        return 1
    say_estimate(args, report.modalities.get("image", 0), report.modalities.get("audio", 0))
    return _import(imports, imports.plan(source, args.corpus, report, options), ray, args)


def _import(imports: Imports, job: ImportJob, ray: Ray | None, args: argparse.Namespace) -> int:
    line = progress_line(args, "Imported")

    def report(state: ImportState) -> None:
        if line is not None and state.stage == "encoding":
            line(state.done, state.total)

    state = imports.run(job, report=report, ray=ray)
    if state.stage == "failed":
        print(f"kindred: {state.error}", file=sys.stderr)
        return 1
    for notice in imports.notices(job.id)[:SHOWN]:
        print(f"kindred: row {notice.number}: {notice.message}", file=sys.stderr)
    counts = {"posts": state.posts, "unchanged": state.same, "lost": state.lost}
    print_result(args, {"corpus": args.corpus, **counts})
    return 0


def _mapping(pairs: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read ``FIELD=COLUMN,COLUMN`` pairs.

    Raises
    ------
    ValueError
        For an unknown field, or one without columns.
    """
    from backend.ingest import FIELDS, VECTORS

    mapping = {}
    for pair in pairs:
        field, _, columns = pair.partition("=")
        if field not in (*FIELDS, *VECTORS) or not columns:
            known = ", ".join((*FIELDS, *VECTORS))
            raise ValueError(f"--map {pair}: a field is one of {known}")
        mapping[field] = tuple(columns.split(","))
    return mapping


def _options(args: argparse.Namespace) -> Options:
    from backend.ingest import Options

    return Options(
        pseudonymise=args.pseudonymise,
        fetch=args.fetch,
        folders_as_labels=args.folders_as_labels,
        licence=args.licence,
        table=args.table,
        encoding=args.encoding,
        read=args.read,
        transcribe=args.transcribe,
        vectors=tuple(_path(value) for value in args.vectors),
        encoders=named_encoders(args.encoder),
        separator={"\\t": "\t", "tab": "\t"}.get(args.separator, args.separator),
    )


def _path(value: str) -> str:
    """Return ``[FIELD=]PATH`` with the absolute path."""
    field, mark, path = value.rpartition("=")
    return f"{field}{mark}{Path(path).resolve()}"


def _source(imports: Imports, name: str) -> Path:
    """Return the path of a source, downloaded first if it is on object storage."""
    from backend.corpus import remote

    if not remote.is_remote(name):
        return Path(name).resolve()
    folder = hashlib.sha256(name.encode()).hexdigest()[:16]
    return remote.fetch(name, imports.home / "cache" / "sources" / folder)


def _print_report(report: Report, source: Path) -> None:
    """Print the report of a check on stderr."""
    from backend.ingest.readers.file_tree import ARCHIVES
    from backend.ingest.summary import recognised, unread

    found = {f: [c for c in of if c in report.columns] for f, of in report.mapping.items()}
    columns = ", ".join(f"{f}={'+'.join(of)}" for f, of in found.items() if of)
    modalities = ", ".join(f"{n:,} with {m}" for m, n in report.modalities.items() if n)
    unsure = f"may have changed: {report.unsure:,}, " if report.unsure else ""
    languages = [f"{c or 'unknown'} {n:,}" for c, n in list(report.languages.items())[:8]]
    lines = [
        f"{report.source}: {recognised(report)} ({report.format}: {report.reason})",
        f"columns: {columns}",
        f"rows: {report.rows:,}, usable: {report.usable:,} ({modalities})",
        f"new: {report.new:,}, changed: {report.changed:,}, unchanged: {report.same:,}, {unsure}"
        f"duplicates: {report.duplicates:,}, users: {report.users:,}, "
        f"reactions: {report.reactions:,}",
        f"languages: {', '.join(languages)}",
    ]
    lines += [f"{name}: {reason}" for name, reason in report.refused[:SHOWN]]
    if len(report.refused) > SHOWN:
        lines.append(f"and {len(report.refused) - SHOWN:,} more files or parts of files")
    if report.unread:
        lines.append(unread(report))
    if report.unused:
        rest = f" and {len(report.unused) - UNUSED:,} more" if len(report.unused) > UNUSED else ""
        lines.insert(2, f"columns not used: {', '.join(report.unused[:UNUSED])}{rest}")
    lines += [
        f"row {n.number}: {n.message}" if n.number else n.message for n in report.notices[:SHOWN]
    ]
    if (more := sum(report.problems.values()) - SHOWN) > 0:
        lines.append(f"and {more:,} more problems")
    if report.missing_media and source.is_file() and not source.name.lower().endswith(ARCHIVES):
        lines.append(
            f"only {source.name} was read: name its folder instead, so that the media files "
            "next to it are found"
        )
    print("\n".join(lines), file=sys.stderr)
