"""Search in 10,000 to a million vectors: ``python -m bench large``.

Vectors: the shipped posts' joint vectors, rotated onto their first 256 principal
axes, mixed with near neighbours and with noise (`bench.synthetic_vectors.sample`) until
there are enough. Queries: shipped vectors of words, texts, images and users. A last
row has Gaussian vectors and queries, which have no structure that an index could use.

The peers, in the same run, query by query:

numpy
    exact: single precision in memory, matrix @ query, argpartition, sort. With
    a filter it gets row numbers, Kindred gets ids.
clip-retrieval
    what it does with its defaults (2.45, autofaiss 2.18, 4 GB): HNSW32 on
    single precision, the largest efSearch that answers in 10 ms, search and
    reconstruct, then one metadata row per hit from Arrow, as pandas. It has no
    filters. Kindred also returns ids, percentiles, and one hit per duplicate
    group.

"Alone" is measured in another process that opens the index and does nothing else
(`bench.index_process`): seconds to open it, milliseconds, resident megabytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from backend.core.threads import use_threads
from backend.domain import Kind
from backend.search import VectorIndex
from backend.search.index import build, build_ivf
from backend.search.index.ids import strings
from backend.search.index.on_disk import OnDiskIndex
from backend.search.index.scanners import faiss
from backend.settings import SEED, settings
from bench.index_process import K, Search, open_index, timed
from bench.synthetic_vectors import rotated_vectors, sample_many

DIM, SHARE = 256, 0.01
SIZES = (10_000, 100_000, 1_000_000)
GAUSSIAN = "gaussian"
_PEER_MS = 10.0  # autofaiss's default limit for a query
_STEP = 16_384


def make_data(size: int, queries: int, *, gaussian: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors and queries of unit length."""
    rng = np.random.default_rng(SEED)
    if gaussian:
        both = rng.standard_normal((size + queries, DIM), dtype=np.float32)
        both /= np.linalg.norm(both, axis=1, keepdims=True)
        return both[:size], both[size:]
    real = rotated_vectors(DIM)
    query_vectors = np.concatenate([real[k] for k in (Kind.WORD, Kind.TEXT, Kind.IMAGE, Kind.USER)])
    return sample_many(real[Kind.POST], size), query_vectors[
        rng.permutation(len(query_vectors))[:queries]
    ]


def row_ids(size: int) -> list[str]:
    """Return an id for each row, in the order of the rows."""
    return [f"post-{i:08d}" for i in range(size)]


def build_index(folder: Path, matrix: np.ndarray, queries: np.ndarray) -> dict[str, float]:
    """Write the index as the app does; return the seconds for vectors and lists."""
    ids, index = strings(row_ids(len(matrix))), OnDiskIndex(folder)

    def stream() -> Iterator[tuple[pa.Array, np.ndarray]]:
        for start in range(0, len(ids), _STEP):
            yield ids[start : start + _STEP], matrix[start : start + _STEP].astype(np.float16)

    start = time.perf_counter()
    with index.writing():
        build.write(index, "bench", stream(), len(ids), centre=False, queries=queries)
    based = time.perf_counter() - start
    lists = build_ivf.make(index)
    if lists is None:
        raise SystemExit("The lists could not be built.")
    return {"base_s": based, "lists_s": lists.seconds} | {
        "lists": lists.lists,
        "probes": lists.probes,
        "expected_recall": lists.recall,
    }


def build_peer(matrix: np.ndarray, queries: np.ndarray, folder: Path) -> tuple[Search, float, int]:
    """Build what clip-retrieval builds; return its search, the seconds, and its efSearch."""
    start, built = time.perf_counter(), folder / "peer.faiss"
    if built.is_file():
        index = faiss().read_index(str(built))
    else:
        index = faiss().index_factory(DIM, "HNSW32", faiss().METRIC_INNER_PRODUCT)
        index.add(matrix)
        faiss().write_index(index, str(built))
    seconds = time.perf_counter() - start
    width = 16
    while width < 2_048:
        index.hnsw.efSearch = 2 * width
        if np.median(timed([lambda q: index.search(q[None], K)], queries[:50])[0]) > _PEER_MS:
            break
        width *= 2
    index.hnsw.efSearch = width
    file = folder / "metadata.arrow"
    table = pa.table(
        {"id": strings(row_ids(len(matrix))), "caption": strings(row_ids(len(matrix)))}
    )
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    table = pa.ipc.RecordBatchFileReader(pa.memory_map(str(file), "r")).read_all()

    def search(query: np.ndarray) -> np.ndarray:
        _, found, vectors = index.search_and_reconstruct(query[None], K)
        vectors[0] / np.linalg.norm(vectors[0], axis=1, keepdims=True)
        rows = pa.concat_tables([table[i : i + 1] for i in found[0].tolist()])
        rows.select(["id", "caption"]).to_pandas().to_dict("records")
        return np.asarray(found[0])

    return search, seconds, width


def exact_neighbours(
    matrix: np.ndarray, queries: np.ndarray, rows: np.ndarray | None = None
) -> np.ndarray:
    """Return the nearest rows of each query by comparing all."""
    some = matrix if rows is None else matrix[rows]
    found, _ = build_ivf.nearest(some, queries, K)
    return found if rows is None else rows[found]


def recall(found: list[list[str]], truth: np.ndarray) -> float:
    """Return the fraction of the true neighbours that were found."""
    rows = [{int(id_.rpartition("-")[2]) for id_ in ids} for ids in found]
    return float(np.mean([len(a & set(b)) / K for a, b in zip(rows, truth.tolist(), strict=True)]))


def measure(
    size: int, queries: int, folder: Path, *, gaussian: bool = False, most: int = SIZES[-1]
) -> dict[str, Any]:
    """Return one row of the table."""
    matrix, query_vectors = make_data(size, 2 * queries, gaussian=gaussian)
    # The folder names the vectors: indexes of other vectors would find nothing.
    folder = folder / hashlib.sha256(matrix[:: max(1, size // 1000)].tobytes()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    query_vectors, tuning = query_vectors[:queries], query_vectors[queries:]
    rng = np.random.default_rng(SEED)
    chosen = np.sort(rng.choice(size, int(size * SHARE), replace=False))
    np.save(folder / "queries.npy", query_vectors)
    np.save(folder / "chosen.npy", chosen)
    place = folder / "index"
    row: dict[str, Any] = {"vectors": size, "data": GAUSSIAN if gaussian else "real"}
    small = size <= settings().exact_vectors
    if small:
        index = VectorIndex(row_ids(size), matrix)
    else:
        if OnDiskIndex(place).head() is None:
            row |= build_index(place, matrix, tuning)
        index = open_index(place)
        row |= in_own_process(place)
        print(json.dumps(row), file=sys.stderr, flush=True)  # what follows takes minutes
    theirs: Search | None = None
    # On Gaussian vectors its graph takes even longer to build, and finds half.
    if not gaussian and size <= most:
        theirs, seconds, width = build_peer(matrix, tuning, folder)
        row |= {"peer_build_s": seconds, "peer_width": width}
    names = row_ids(size)
    chosen_ids = strings([names[i] for i in chosen])

    def exact(query: np.ndarray) -> np.ndarray:
        return by_numpy(matrix, query)

    def among(query: np.ndarray) -> np.ndarray:
        return by_numpy(matrix[chosen], query)

    def ours(query: np.ndarray) -> np.ndarray:
        return index.search(query, K, distinct=True).ids

    def filtered(query: np.ndarray) -> np.ndarray:
        return index.search(query, K, allowed=chosen_ids, distinct=True).ids

    runs = {"numpy": exact, "ours": ours, "numpy_1%": among, "ours_1%": filtered}
    if theirs is not None:
        runs["peer"] = theirs
    for name, times in zip(runs, timed(list(runs.values()), query_vectors), strict=True):
        row[f"{name}_p50"], row[f"{name}_p95"] = np.percentile(times, (50, 95)).tolist()
    truth = exact_neighbours(matrix, query_vectors)
    row["recall"] = recall([ours(query).tolist() for query in query_vectors], truth)
    if theirs is not None:
        both = zip(query_vectors, truth.tolist(), strict=True)
        overlaps = [len(set(theirs(query).tolist()) & set(rows)) / K for query, rows in both]
        row["peer_recall"] = float(np.mean(overlaps))
    row["recall_1%"] = recall(
        [filtered(q).tolist() for q in query_vectors],
        exact_neighbours(matrix, query_vectors, chosen),
    )
    return row


def by_numpy(matrix: np.ndarray, query: np.ndarray) -> np.ndarray:
    scores = matrix @ query
    found = np.argpartition(-scores, K)[:K]
    return found[np.argsort(-scores[found])]


def in_own_process(place: Path) -> dict[str, Any]:
    """Return what `bench.index_process` measures."""
    command = [sys.executable, "-m", "bench.index_process", str(place)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


COLUMNS = {
    "vectors": "{vectors:,} {data}",
    "open s": "{open_s:.2f}",
    "p50 / p95 ms alone": "{alone_p50:.2f} / {alone_p95:.2f}",
    "recall@10": "{recall:.3f}",
    "1% filter, ids looked up": "{ids_p50:.2f} / {ids_p95:.2f}",
    "again": "{again_p50:.2f} / {again_p95:.2f}",
    "recall@10 ": "{recall_1%:.3f}",
    "MB resident (own + files)": "{all:.0f} ({own:.0f} + {files:.0f})",
    "in turns: ours": "{ours_p50:.2f}",
    "numpy": "{numpy_p50:.2f}",
    "clip-retrieval, recall": "{peer_p50:.2f}, {peer_recall:.3f}",
    "1%: ours": "{ours_1%_p50:.2f}",
    "1%: numpy": "{numpy_1%_p50:.2f}",
    "build s: base, lists, theirs": "{base_s:.0f}, {lists_s:.0f}, {peer_build_s:.0f}",
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--gaussian", type=int, default=SIZES[-1], help="vectors; 0: no such row")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument(
        "--peer", type=int, default=SIZES[-1], help="most vectors for clip-retrieval"
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, which later runs reuse")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    use_threads()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        cases = [(size, False) for size in args.sizes]
        cases += [(args.gaussian, True)] if args.gaussian else []
        for size, gaussian in cases:
            folder = (args.keep or Path(scratch)) / f"{size}-{GAUSSIAN if gaussian else 'real'}"
            rows.append(measure(size, args.queries, folder, gaussian=gaussian, most=args.peer))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if args.json:
        print(json.dumps(rows, indent=1))
        return
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for row in rows:
        print("| " + " | ".join(cell(form, row) for form in COLUMNS.values()) + " |")


def cell(form: str, row: dict[str, Any]) -> str:
    """Return a cell; a dash where the row has no such figure."""
    try:
        return form.format(**row)
    except KeyError:
        return "-"


if __name__ == "__main__":
    main()
