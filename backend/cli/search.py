"""``search``: find posts, users and words of a corpus by text, images, sounds and more."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.shell import existing_file, positive
from backend.domain import Hit, Kind

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "search"
SUMMARY = "Search a corpus by text, image, sound, post, user or word."
TERMS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.USER, Kind.POST, Kind.WORD)


class _AddTerm(argparse.Action):
    """Collect --text, --minus-text, ... in the order of the command line."""

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


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--corpus", help="name of the corpus (default: KINDRED_CORPUS)")
    for kind in TERMS:
        metavar = "FILE" if kind in (Kind.IMAGE, Kind.AUDIO) else kind.value.upper()
        for prefix, direction in (("", "add"), ("minus-", "subtract")):
            parser.add_argument(
                f"--{prefix}{kind.value}",
                action=_AddTerm,
                metavar=metavar,
                help=f"{direction} this term",
            )
    parser.add_argument("--query", help="the query as one line: '\"lonely\" + sunset - people'")
    parser.add_argument(
        "--target",
        action="append",
        choices=[k.value for k in Kind],
        help="kind to search for (default: post)",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NUMBER",
        help="only posts with a number such as 'likes>100'; repeatable, all must hold",
    )
    parser.add_argument(
        "--tag", action="append", default=[], help="only posts with this tag or, repeated, any"
    )
    parser.add_argument("-k", type=positive, default=10, help="hits per target (default: 10)")


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    from backend.search import Filter, Query, Term, parse
    from backend.workspace.uploads import THIS_PROCESS

    terms: list[Term] = list(parse(args.query).terms) if args.query else []
    for kind, value, sign in getattr(args, "terms", None) or []:
        if kind in (Kind.IMAGE, Kind.AUDIO):
            data = existing_file(Path(value)).read_bytes()
            value = workspace.read_upload(data, value, owner=THIS_PROCESS).key
        terms.append(Term(kind, value, sign))
    if not terms:
        print("kindred: give at least one term, such as --text 'sunset'", file=sys.stderr)
        return 2
    targets = [Kind(name) for name in args.target or [Kind.POST.value]]
    filters = Filter(numbers=tuple(args.where), tags=tuple(t.lstrip("#") for t in args.tag))
    query = Query(tuple(terms))
    result = workspace.search(query, targets, args.k, filters or None, corpus=args.corpus)
    hits = [hit for target in targets for hit in result.hits[target]]
    if args.json:
        found = [
            hit_as_json(hit)
            | {
                "label": _label(workspace, hit, args.corpus),
                "candidates": result.candidates[hit.kind],
            }
            for hit in hits
        ]
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for target in targets:
        rows = result.hits[target]
        print(f"{target.value}: {len(rows)} of {result.candidates[target]:,}")
        for hit in rows:
            label = _label(workspace, hit, args.corpus)
            print(f"  {hit.rank:3d}  {hit.relevance:6}  {hit.score:.3f}  {hit.id}  {label}")
    return 0


def _label(workspace: Workspace, hit: Hit, corpus: str | None) -> str:
    """Describe a hit in one line."""
    if hit.kind is Kind.USER and (user := workspace.users([hit.id], corpus).get(hit.id)):
        return f"{user.name} ({user.posts} posts)"
    post = workspace.posts([hit.id], corpus).get(hit.id)
    return (post.title or post.text or "")[:70].replace("\n", " ") if post else ""


def hit_as_json(hit: Hit) -> dict[str, Any]:
    """Convert a hit to the JSON that every command prints."""
    return {
        "id": hit.id,
        "kind": hit.kind.value,
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "percentile": round(hit.percentile, 4),
    }
