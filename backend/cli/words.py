"""``words``: neighbours of words, images and sounds, and arithmetic with them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.search import hit_as_json
from backend.cli.shell import existing_file, positive

if TYPE_CHECKING:
    from backend.domain import Post
    from backend.workspace.workspace import Workspace

NAME = "words"
SUMMARY = "Neighbours of words and images, and arithmetic with both: 'king - queen + woman'."


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "query", nargs="?", default="", help="'king - queen + woman', 'word:dog', 'post:oca-000123'"
    )
    parser.add_argument("--image", action="append", type=Path, default=[], help="add this image")
    parser.add_argument(
        "--minus-image", action="append", type=Path, default=[], help="subtract this image"
    )
    parser.add_argument("--corpus", help="name of the corpus (default: KINDRED_CORPUS)")
    parser.add_argument(
        "--space",
        action="append",
        help="metadata, clean+metadata, encoder+metadata or joint (default: all)",
    )
    parser.add_argument(
        "--target",
        action="append",
        choices=["word", "image", "audio"],
        help="kind to search for (default: all)",
    )
    parser.add_argument("-k", type=positive, default=8, help="hits per target (default: 8)")


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    from backend.domain import Kind, KindredError
    from backend.search import Query, Term, parse
    from backend.workspace.uploads import THIS_PROCESS

    terms = list(parse(args.query).terms) if args.query else []
    for sign, paths in ((1.0, args.image), (-1.0, args.minus_image)):
        for path in paths:
            data = existing_file(path).read_bytes()
            key = workspace.read_upload(data, str(path), owner=THIS_PROCESS).key
            terms.append(Term(Kind.IMAGE, key, sign))
    query = Query(tuple(terms))
    kinds = [Kind(name) for name in args.target or ("word", "image", "audio")]
    spaces = args.space or [space.name for space in workspace.words.spaces(args.corpus)]
    answers: dict[str, dict[str, Any]] = {}
    for space in spaces:
        try:
            result = workspace.words.neighbours(query, kinds, args.k, space, args.corpus)
        except KindredError as error:
            if len(spaces) == 1:
                raise
            answers[space] = {"error": {"code": error.code, "message": error.message}}
            continue
        answers[space] = {
            kind.value: [hit_as_json(hit) for hit in hits] for kind, hits in result.hits.items()
        }
    if args.json:
        print(json.dumps(answers, ensure_ascii=False))
        return 0
    for space, answer in answers.items():
        print(space)
        for kind, hits in answer.items():
            if kind == "error":
                print(f"  {hits['message']}")
                continue
            posts = workspace.posts([hit["id"] for hit in hits], args.corpus)
            names = [_name(hit["id"], posts) for hit in hits]
            print(f"  {kind:6s} {', '.join(names)}")
    return 0


def _name(id: str, posts: Mapping[str, Post]) -> str:
    post = posts.get(id)
    return f"{id} ({post.title})" if post and post.title else id
