"""``search``: from anything to anything in a corpus."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.shell import needs, positive
from backend.domain import Hit, Kind

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

NAME = "search"
SUMMARY = "Search a corpus from anything to anything."
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


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--corpus", help="name of the corpus (KINDRED_CORPUS)")
    for kind in TERMS:
        what = "FILE" if kind in (Kind.IMAGE, Kind.AUDIO) else kind.value.upper()
        for prefix, says in (("", "towards"), ("minus-", "away from")):
            parser.add_argument(
                f"--{prefix}{kind.value}", action=_AddTerm, metavar=what, help=f"{says} this"
            )
    parser.add_argument("--query", help="the query as one line: '\"lonely\" + sunset - people'")
    parser.add_argument(
        "--target", action="append", choices=[k.value for k in Kind], help="default: post"
    )
    parser.add_argument("-k", type=positive, default=10, help="hits for each target (10)")


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    from backend.search import Query, Term, parse

    terms: list[Term] = list(parse(given.query).terms) if given.query else []
    for kind, value, sign in getattr(given, "terms", None) or []:
        if kind in (Kind.IMAGE, Kind.AUDIO):
            value = workspace.read_upload(needs(Path(value)).read_bytes(), value).key
        terms.append(Term(kind, value, sign))
    if not terms:
        print("kindred: give at least one term, such as --text 'sunset'", file=sys.stderr)
        return 2
    targets = [Kind(name) for name in given.target or [Kind.POST.value]]
    found = workspace.search(Query(tuple(terms)), targets, k=given.k, corpus=given.corpus)
    hits = [hit for target in targets for hit in found.hits[target]]
    if given.json:
        print(json.dumps([hit_as_json(hit) for hit in hits], ensure_ascii=False))
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


def hit_as_json(hit: Hit) -> dict[str, Any]:
    """A hit as every command prints it."""
    return {
        **asdict(hit),
        "kind": hit.kind.value,
        "score": round(hit.score, 6),
        "percentile": round(hit.percentile, 4),
    }
