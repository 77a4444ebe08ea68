"""``ingest``: bring posts into a corpus of one's own."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.cli.shell import positive, progress_line, say

if TYPE_CHECKING:
    from backend.ingest import ImportState, Report
    from backend.workspace.imports import Imports
    from backend.workspace.workspace import Workspace

NAME = "ingest"
SUMMARY = "Import posts: a table, a folder or ZIP of media, a Mastodon archive, YFCC100M, MVSA, ..."
SHOWN = 20


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("source", nargs="?", help="file, folder or ZIP, here or at s3://...")
    parser.add_argument("--corpus", default="mine", help="its name (mine), or s3://BUCKET/PATH")
    parser.add_argument("--check", action="store_true", help="print the report and write nothing")
    parser.add_argument("--format", default="", help="instead of finding it out: see --formats")
    parser.add_argument("--formats", action="store_true", help="name the formats and stop")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN[,COLUMN]",
        help="what a column is, such as text=body or user=author; repeatable",
    )
    parser.add_argument("--pseudonymise", action="store_true", help="hash names of users")
    parser.add_argument("--fetch", action="store_true", help="fetch media behind web addresses")
    parser.add_argument("--folders-as-labels", action="store_true")
    parser.add_argument("--licence", default="", help="of every post that does not say")
    parser.add_argument("--table", default="", help="the file of the source to read")
    parser.add_argument("--encoding", default="", help="of the table, instead of guessing it")
    parser.add_argument("--separator", default="", help="of the table, instead of guessing it")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="where posts are encoded: in this process, or by Ray (see docs/scaling.md)",
    )
    parser.add_argument("--address", default="", help="of a Ray cluster, HOST:6379; else a new one")
    parser.add_argument("--workers", type=positive, help="of Ray: one a GPU, else one a core")
    parser.add_argument("--delete", metavar="CORPUS", help="delete a corpus and stop")
    parser.add_argument(
        "--digest", metavar="CORPUS", help="print the hash of all it holds and stop"
    )


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.ingest.readers.registry import titles

    if given.formats:
        for name, title in titles().items():
            print(f"{name:12s} {title}")
        return 0
    if given.delete:
        workspace.corpus_admin.delete(given.delete)
        say(given, {"deleted": given.delete})
        return 0
    if given.digest:
        say(given, {"corpus": given.digest, "digest": workspace.corpus_admin.digest(given.digest)})
        return 0
    if given.source is None:
        print("kindred: name a file, a folder or a ZIP to import", file=sys.stderr)
        return 2
    return _ingest(workspace.imports, given)


def _ingest(imports: Imports, given: argparse.Namespace) -> int:
    from backend.core.ray_cluster import Ray, needs_ray
    from backend.ingest import FIELDS, Options
    from backend.ingest.readers.file_tree import ARCHIVES

    ray = Ray(given.address, given.workers) if given.engine == "ray" else None
    if ray is not None:
        needs_ray()  # before an hour of checking
    elif given.address or given.workers:
        print("kindred: --address and --workers are for --engine ray", file=sys.stderr)
        return 2

    mapping = {}
    for pair in given.map:
        field, _, columns = pair.partition("=")
        if field not in FIELDS or not columns:
            print(f"kindred: --map {pair}: a field is one of {', '.join(FIELDS)}", file=sys.stderr)
            return 2
        mapping[field] = tuple(columns.split(","))
    chosen = Options(
        pseudonymise=given.pseudonymise,
        fetch=given.fetch,
        folders_as_labels=given.folders_as_labels,
        licence=given.licence,
        table=given.table,
        encoding=given.encoding,
        separator={"\\t": "\t", "tab": "\t"}.get(given.separator, given.separator),
    )
    source = _source(imports, given.source)
    if mapping:
        chosen = imports.mapped(source, chosen, mapping, given.format)
    report = imports.check(source, given.corpus, chosen, format=given.format)
    if not given.quiet:
        _tell(report)
        if report.missing_media and source.is_file() and not source.name.lower().endswith(ARCHIVES):
            print(
                f"{source.name} is read alone: give the folder that it lies in, and the files "
                "beside it are found, too",
                file=sys.stderr,
            )
    if given.check:
        if given.json:
            print(json.dumps(report.as_json(), ensure_ascii=False, default=str))
        return 0
    if not report.usable:
        print("kindred: there is nothing to import", file=sys.stderr)
        return 1
    job = imports.plan(source, given.corpus, report, chosen)
    line = progress_line(given, "Imported")

    def tell(state: ImportState) -> None:
        if line is not None and state.stage == "encoding":
            line(state.done, state.total)

    state = imports.run(job, report=tell, ray=ray)
    if state.stage == "failed":
        print(f"kindred: {state.error}", file=sys.stderr)
        return 1
    result = {
        "corpus": given.corpus,
        "posts": state.posts,
        "unchanged": state.same,
        "lost": state.lost,
    }
    for notice in imports.notices(job.id)[:SHOWN]:
        print(f"kindred: row {notice.number}: {notice.message}", file=sys.stderr)
    say(given, result)
    return 0


def _source(imports: Imports, named: str) -> Path:
    """What to import, on this machine."""
    from backend.corpus import remote

    if not remote.is_remote(named):
        return Path(named).resolve()
    folder = hashlib.sha256(named.encode()).hexdigest()[:16]
    return remote.fetch(named, imports.home / "cache" / "sources" / folder)


def _tell(report: Report) -> None:
    """The report, on stderr."""
    mapped = ", ".join(f"{f}={'+'.join(c)}" for f, c in report.mapping.items())
    there = ", ".join(f"{n:,} with {m}" for m, n in report.modalities.items() if n)
    lines = [
        f"{report.source}: {report.format} ({report.reason})",
        f"columns: {mapped}",
        f"rows: {report.rows:,}, usable: {report.usable:,} ({there})",
        f"new: {report.new:,}, changed: {report.changed:,}, unchanged: {report.same:,}, "
        + (f"known when fetched: {report.unsure:,}, " if report.unsure else "")
        + f"the same again: {report.duplicates:,}, users: {report.users:,}, "
        f"reactions: {report.reactions:,}",
        "languages: "
        + ", ".join(f"{c or 'unknown'} {n:,}" for c, n in list(report.languages.items())[:8]),
    ]
    lines += [f"left out: {name}: {reason}" for name, reason in report.refused[:SHOWN]]
    lines += [f"row {n.number}: {n.message}" for n in report.notices[:SHOWN]]
    if (more := sum(report.problems.values()) - SHOWN) > 0:
        lines.append(f"and {more:,} more problems")
    print("\n".join(lines), file=sys.stderr)
