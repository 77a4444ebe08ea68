"""Precision of search on queries whose relevant posts are known by their words.

``python -m bench.relevance`` prints how many of the first ten posts are relevant, over the
36 queries of ``relevance_queries.jsonl``, in seven languages, on the shipped corpus.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

import backend
from backend.domain import Kind
from backend.search import Query, Term

QUERIES = Path(__file__).with_name("relevance_queries.jsonl")
FIRST = 10


def main() -> None:
    """Print the precision of each query and the mean."""
    workspace = backend.open_workspace()
    rows = workspace.corpus().table(["id", "title", "text", "tags"]).to_pylist()
    words = {
        row["id"]: " ".join(filter(None, (row["title"], row["text"], *(row["tags"] or ())))).lower()
        for row in rows
    }
    precisions = []
    for line in QUERIES.read_text("utf-8").splitlines():
        case = json.loads(line)
        relevant = {id_ for id_, text in words.items() if re.search(case["relevant"], text)}
        query = Query((Term(Kind.TEXT, case["q"]),))
        hits = workspace.search(query, [Kind.POST], FIRST).hits[Kind.POST]
        found = sum(hit.id in relevant for hit in hits)
        precisions.append(found / min(FIRST, max(1, len(relevant))))
        print(f"{precisions[-1]:.1f} of {len(relevant):4d} {case['q']}")
    print(f"precision@{FIRST}: {np.mean(precisions):.3f}")


if __name__ == "__main__":
    main()
