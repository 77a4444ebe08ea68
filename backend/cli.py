"""The command line: a thin shell over the workspace.

Exit codes: 0 done, 1 failed, 2 used wrongly. Progress goes to stderr, results
to stdout or to the file named with ``-o``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.posts import Hit, Kind, KindredError

if TYPE_CHECKING:
    from backend.workspace import Workspace

SIGNS = {"plus": 1.0, "minus": -1.0}
TERMS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.USER, Kind.POST, Kind.WORD)


class _AddTerm(argparse.Action):
    """Collect --text, --minus-text, ... in the order they were given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        name = (option_string or "").lstrip("-")
        sign = -1.0 if name.startswith("minus-") else 1.0
        terms = [*(getattr(namespace, "terms", None) or [])]
        terms.append((Kind(name.removeprefix("minus-")), values, sign))
        namespace.terms = terms


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(
        prog="python -m backend",
        description="Emotion and sentiment of social posts, and search from anything to anything.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary)
        sub.add_argument("--home", type=Path, help="workspace directory (KINDRED_HOME)")
        sub.add_argument("--json", action="store_true", help="print JSON")
        sub.add_argument("--quiet", action="store_true", help="no progress on stderr")
        return sub

    analyse = command(
        "analyse", "Predict emotion and sentiment for each post of a JSON-lines file."
    )
    analyse.add_argument("posts", type=Path, help='lines of {"id", "text"?, "image"?, "audio"?}')
    analyse.add_argument("-o", "--output", type=Path, help="JSON lines; stdout when not given")

    embed = command("embed", "Write the joint vectors of each post of a JSON-lines file.")
    embed.add_argument("posts", type=Path)
    embed.add_argument("-o", "--output", type=Path, required=True, help="Parquet: id, kind, vector")

    search = command("search", "Search a corpus from anything to anything.")
    search.add_argument("--corpus", help="name of the corpus (KINDRED_CORPUS)")
    for kind in TERMS:
        what = "FILE" if kind in (Kind.IMAGE, Kind.AUDIO) else kind.value.upper()
        for prefix, says in (("", "towards"), ("minus-", "away from")):
            search.add_argument(
                f"--{prefix}{kind.value}", action=_AddTerm, metavar=what, help=f"{says} this"
            )
    search.add_argument("--query", help="the query as one line: '\"lonely\" + sunset - people'")
    search.add_argument(
        "--target", action="append", choices=[k.value for k in Kind], help="default: post"
    )
    search.add_argument("-k", type=_positive, default=10, help="hits for each target (10)")

    evaluate = command("evaluate", "Measure quality on held-out data and print the figures.")
    evaluate.add_argument("table", nargs="*", help="which tables (all): see --list")
    evaluate.add_argument("--list", action="store_true", help="name the tables and stop")

    fit = command("fit", "Train a bundle for the encoders named in the settings.")
    fit.add_argument("--name", help="name of the new bundle (made from the encoders)")
    fit.add_argument("--sample", type=_positive, help="train on so many posts only, to try it out")
    return top


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        ``sys.argv[1:]`` when not given.

    Returns
    -------
    int
        The exit code.
    """
    given = parser().parse_args(arguments)
    from backend.workspace import Workspace

    try:
        return COMMANDS[given.command](Workspace(given.home), given)
    except KindredError as error:
        if given.json:
            print(json.dumps({"error": {"code": error.code, "message": error.message}}))
        print(f"kindred: {error.message}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        print("kindred: stopped; run the same command to go on", file=sys.stderr)
        return 1


def _progress(given: argparse.Namespace, what: str) -> Callable[[int, int], None] | None:
    """A line on stderr with the count, the rate and the time left."""
    if given.quiet:
        return None
    start = time.monotonic()
    first: list[int] = []

    def report(done: int, total: int) -> None:
        first.append(done) if not first else None
        spent = time.monotonic() - start
        rate = done / spent if spent > 0 else 0.0
        left = (total - done) / rate if rate else 0.0
        end = "\n" if done >= total else "\r" if sys.stderr.isatty() else "\n"
        print(
            f"{what}: {done:,} of {total:,} ({rate:,.1f}/s, {left:,.0f} s left)",
            file=sys.stderr,
            end=end,
            flush=True,
        )

    return report


def _needs(path: Path) -> Path:
    if not path.is_file():
        raise KindredError("no_file", f"There is no file {path}.")
    return path


def _analyse(workspace: Workspace, given: argparse.Namespace) -> int:
    from backend import batch

    source = _needs(given.posts)
    if given.output is None:
        for block in batch.blocks(source):
            for answer in batch.answers(workspace, block):
                print(json.dumps(answer, ensure_ascii=False))
        return 0
    good, bad = batch.analyse(
        workspace, source, given.output, progress=_progress(given, "Analysed")
    )
    _say(given, {"predictions": good, "errors": bad, "output": str(given.output)})
    return 0


def _embed(workspace: Workspace, given: argparse.Namespace) -> int:
    from backend import batch

    good, errors = batch.embed(
        workspace, _needs(given.posts), given.output, progress=_progress(given, "Embedded")
    )
    for id, error in errors:
        print(f"kindred: {id}: {error.message}", file=sys.stderr)
    _say(given, {"posts": good, "errors": len(errors), "output": str(given.output)})
    return 0


def _say(given: argparse.Namespace, result: dict[str, Any]) -> None:
    if given.json:
        print(json.dumps(result))
    else:
        print(", ".join(f"{key}: {value}" for key, value in result.items()))


def _search(workspace: Workspace, given: argparse.Namespace) -> int:
    from backend.search import Query, Term, parse

    terms: list[Term] = list(parse(given.query).terms) if given.query else []
    for kind, value, sign in getattr(given, "terms", None) or []:
        if kind in (Kind.IMAGE, Kind.AUDIO):
            value = workspace.read_upload(_needs(Path(value)).read_bytes(), value).key
        terms.append(Term(kind, value, sign))
    if not terms:
        print("kindred: give at least one term, such as --text 'sunset'", file=sys.stderr)
        return 2
    targets = [Kind(name) for name in given.target or [Kind.POST.value]]
    found = workspace.search(Query(tuple(terms)), targets, k=given.k, corpus=given.corpus)
    hits = [hit for target in targets for hit in found.hits[target]]
    if given.json:
        print(json.dumps([_hit(hit) for hit in hits], ensure_ascii=False))
        return 0
    for target in targets:
        rows = found.hits[target]
        print(f"{target.value}: {len(rows)} of {found.candidates[target]:,}")
        for hit in rows:
            label = _label(workspace, hit, given.corpus)
            print(f"  {hit.rank:3d}  {hit.score:+.3f}  {hit.percentile:6.2f} %  {hit.id}  {label}")
    return 0


def _label(workspace: Workspace, hit: Hit, corpus: str | None) -> str:
    """A line that says what a hit is."""
    if hit.kind is Kind.USER and (user := workspace.users([hit.id], corpus).get(hit.id)):
        return f"{user.name} ({user.posts} posts)"
    post = workspace.posts([hit.id], corpus).get(hit.id)
    return (post.title or post.text or "")[:70].replace("\n", " ") if post else ""


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        **asdict(hit),
        "kind": hit.kind.value,
        "score": round(hit.score, 6),
        "percentile": round(hit.percentile, 4),
    }


def _evaluate(workspace: Workspace, given: argparse.Namespace) -> int:
    from backend import evaluation

    if given.list:
        for name, summary in evaluation.TABLES.items():
            print(f"{name:12s} {summary}")
        return 0
    unknown = [name for name in given.table if name not in evaluation.TABLES]
    if unknown:
        names = ", ".join(evaluation.TABLES)
        print(f"kindred: there is no table {unknown[0]}; there are {names}", file=sys.stderr)
        return 2
    results = [
        workspace.evaluate(name, progress=_progress(given, name))
        for name in given.table or evaluation.TABLES
    ]
    if given.json:
        print(json.dumps([result.as_json() for result in results], ensure_ascii=False))
    else:
        print("\n\n".join(result.as_text() for result in results))
    return 0


def _fit(workspace: Workspace, given: argparse.Namespace) -> int:
    bundle = workspace.fit(
        name=given.name, sample=given.sample, progress=_progress(given, "Encoded")
    )
    _say(given, {"bundle": bundle.name, "path": str(bundle.path)})
    return 0


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], int]] = {
    "analyse": _analyse,
    "embed": _embed,
    "search": _search,
    "evaluate": _evaluate,
    "fit": _fit,
}
