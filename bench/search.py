"""Exact search against plain numpy in the same run: ``python -m bench search``.

The peer scans a float32 matrix in memory: scores = matrix @ query, argpartition, sort.
`VectorIndex` also returns ids, exact ties, duplicates, filters and percentiles. With a
filter the peer gets row numbers, the index gets ids. `bench.large` goes to a million.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from backend.core.threads import use_threads
from backend.search import VectorIndex
from bench.index_process import timed

DIM = 256
K = 20


def by_numpy(matrix: np.ndarray, query: np.ndarray) -> np.ndarray:
    scores = matrix @ query
    best = np.argpartition(-scores, K)[:K]
    return best[np.argsort(-scores[best])]


def measure(size: int, queries: int) -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((size, DIM)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    query_vectors = rng.standard_normal((queries, DIM)).astype(np.float32)
    query_vectors /= np.linalg.norm(query_vectors, axis=1, keepdims=True)
    ids = [f"oca-{i:07d}" for i in range(size)]
    start = time.perf_counter()
    index = VectorIndex(ids, matrix, groups=ids, exact_limit=size)
    built = time.perf_counter() - start
    cases: dict[str, np.ndarray | None] = {"all": None}
    for share in (0.01, 0.1, 0.5):
        cases[f"filter {share:.0%}"] = np.sort(rng.choice(size, int(size * share), replace=False))
    rows: list[dict[str, object]] = []
    for name, chosen in cases.items():
        allowed = None if chosen is None else [ids[i] for i in chosen]

        def plain(query: np.ndarray, chosen: np.ndarray | None = chosen) -> object:
            return by_numpy(matrix if chosen is None else matrix[chosen], query)

        def ours(query: np.ndarray, allowed: list[str] | None = allowed) -> object:
            return index.search(query, K, allowed=allowed)

        def once(query: np.ndarray, allowed: list[str] | None = allowed) -> object:
            return index.search(query, K, allowed=allowed, distinct=True)

        baseline, own, distinct = timed([plain, ours, once], query_vectors)
        row: dict[str, object] = {"vectors": size, "case": name, "build_s": round(built, 3)}
        for percent in (50, 95):
            base = np.percentile(baseline, percent)
            row[f"numpy_p{percent}_ms"] = round(float(base), 3)
            row[f"search_p{percent}_ms"] = round(float(np.percentile(own, percent)), 3)
            row[f"ratio_p{percent}"] = round(float(np.percentile(own, percent) / base), 2)
        row["distinct_ratio_p50"] = round(float(np.median(distinct) / np.median(baseline)), 2)
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[4_000, 50_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    use_threads()
    rows = [row for size in args.sizes for row in measure(size, args.queries)]
    if args.json:
        print(json.dumps(rows, indent=1))
        return
    print("  ".join(rows[0]))
    for row in rows:
        print("  ".join(f"{value!s:>{len(key)}}" for key, value in row.items()))


if __name__ == "__main__":
    main()
