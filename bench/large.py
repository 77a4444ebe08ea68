"""Search among 10,000 to a million vectors: ``python -m bench large``.

Vectors: the shipped posts' joint vectors, turned onto their first 256 principal
axes, mixed with near neighbours and with noise (`bench.vectors.drawn`) until
there are enough; queries: shipped vectors of words, texts, images and users, as
people search with them. A last row has Gaussian vectors and queries, where no
index has anything to hold on to: the hard limit.

Beside ours, in the same run, each query in turn:

numpy
    exact: single precision in memory, matrix @ query, argpartition, sort; with
    a filter it is given row numbers, ours ids.
clip-retrieval
    what it does with its defaults (2.45, autofaiss 2.18, 4 GB): HNSW32 on
    single precision, efSearch the largest that answers in 10 ms, search and
    reconstruct, then one metadata row a hit from Arrow, as pandas. It has no
    filters. Ours also gives ids, percentiles, and one hit of each duplicate
    group.

``alone`` is measured in a process of its own that opens the kept index and does
nothing else: seconds to open it, milliseconds, and megabytes resident.
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

from backend.core.device import use_threads
from backend.domain import Kind
from backend.search import VectorIndex
from backend.search.index import build, build_ivf
from backend.search.index.ids import strings
from backend.search.index.on_disk import OnDiskIndex
from backend.search.index.scanners import faiss
from backend.settings import SEED, settings
from bench.alone import K, Search, opened, timed
from bench.vectors import many, turned

DIM, SHARE = 256, 0.01
SIZES = (10_000, 100_000, 1_000_000)
GAUSSIAN = "gaussian"
_PEER_MS = 10.0  # autofaiss's default limit for a query
_STEP = 16_384


def data(size: int, queries: int, *, gaussian: bool) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and queries, unit length."""
    rng = np.random.default_rng(SEED)
    if gaussian:
        both = rng.standard_normal((size + queries, DIM), dtype=np.float32)
        both /= np.linalg.norm(both, axis=1, keepdims=True)
        return both[:size], both[size:]
    real = turned(DIM)
    asked = np.concatenate([real[k] for k in (Kind.WORD, Kind.TEXT, Kind.IMAGE, Kind.USER)])
    return many(real[Kind.POST], size), asked[rng.permutation(len(asked))[:queries]]


def named(size: int) -> list[str]:
    """An id for each row; their order is that of the rows."""
    return [f"post-{i:08d}" for i in range(size)]


def keep(folder: Path, matrix: np.ndarray, queries: np.ndarray) -> dict[str, float]:
    """Write the index, as the app does; seconds for the base and for the lists."""
    ids, index = strings(named(len(matrix))), OnDiskIndex(folder)

    def stream() -> Iterator[tuple[pa.Array, np.ndarray]]:
        for start in range(0, len(ids), _STEP):
            yield ids[start : start + _STEP], matrix[start : start + _STEP].astype(np.float16)

    start = time.perf_counter()
    with index.writing():
        build.write(index, "bench", stream(), len(ids), centre=False, queries=queries)
    based = time.perf_counter() - start
    lists = build_ivf.make(index)
    if lists is None:
        raise SystemExit("the lists were not made")
    return {"base_s": based, "lists_s": lists.seconds} | {
        "lists": lists.lists,
        "probes": lists.probes,
        "told": lists.recall,
    }


def peer(matrix: np.ndarray, queries: np.ndarray, folder: Path) -> tuple[Search, float, int]:
    """clip-retrieval's way; the search, seconds to build it, and its efSearch."""
    start, built = time.perf_counter(), folder / "peer.faiss"
    if built.is_file():
        index = faiss().read_index(str(built))
    else:
        index = faiss().index_factory(DIM, "HNSW32", faiss().METRIC_INNER_PRODUCT)
        index.add(matrix)
        faiss().write_index(index, str(built))
    taken = time.perf_counter() - start
    width = 16
    while width < 2_048:
        index.hnsw.efSearch = 2 * width
        if np.median(timed([lambda q: index.search(q[None], K)], queries[:50])[0]) > _PEER_MS:
            break
        width *= 2
    index.hnsw.efSearch = width
    file = folder / "metadata.arrow"
    table = pa.table({"id": strings(named(len(matrix))), "caption": strings(named(len(matrix)))})
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    table = pa.ipc.RecordBatchFileReader(pa.memory_map(str(file), "r")).read_all()

    def search(query: np.ndarray) -> np.ndarray:
        _, found, vectors = index.search_and_reconstruct(query[None], K)
        vectors[0] / np.linalg.norm(vectors[0], axis=1, keepdims=True)
        rows = pa.concat_tables([table[i : i + 1] for i in found[0].tolist()])
        rows.select(["id", "caption"]).to_pandas().to_dict("records")
        return np.asarray(found[0])

    return search, taken, width


def best(matrix: np.ndarray, queries: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
    """The nearest rows of each query by comparing all."""
    some = matrix if rows is None else matrix[rows]
    found, _ = build_ivf.nearest(some, queries, K)
    return found if rows is None else rows[found]


def recall(found: list[list[str]], truth: np.ndarray) -> float:
    """Share of the nearest that were found."""
    rows = [{int(id_.rpartition("-")[2]) for id_ in ids} for ids in found]
    return float(np.mean([len(a & set(b)) / K for a, b in zip(rows, truth.tolist(), strict=True)]))


def measure(
    size: int, queries: int, folder: Path, *, gaussian: bool = False, most: int = SIZES[-1]
) -> dict[str, Any]:
    """One row of the table."""
    matrix, asked = data(size, 2 * queries, gaussian=gaussian)
    # Indexes are kept for these vectors: of another bundle's they find nothing.
    folder = folder / hashlib.sha256(matrix[:: max(1, size // 1000)].tobytes()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    asked, tuning = asked[:queries], asked[queries:]
    rng = np.random.default_rng(SEED)
    chosen = np.sort(rng.choice(size, int(size * SHARE), replace=False))
    np.save(folder / "queries.npy", asked)
    np.save(folder / "chosen.npy", chosen)
    place = folder / "index"
    row: dict[str, Any] = {"vectors": size, "data": GAUSSIAN if gaussian else "real"}
    small = size <= settings().exact_vectors
    if small:
        index = VectorIndex(named(size), matrix)
    else:
        if OnDiskIndex(place).head() is None:
            row |= keep(place, matrix, tuning)
        index = opened(place)
        row |= by_itself(place)
        print(json.dumps(row), file=sys.stderr, flush=True)  # what follows takes minutes
    theirs: Search | None = None
    # Among Gaussian vectors its graph takes longer still to build, and finds half.
    if not gaussian and size <= most:
        theirs, taken, width = peer(matrix, tuning, folder)
        row |= {"peer_build_s": taken, "peer_width": width}
    names = named(size)
    barred = strings([names[i] for i in chosen])

    def exact(query: np.ndarray) -> np.ndarray:
        return by_numpy(matrix, query)

    def among(query: np.ndarray) -> np.ndarray:
        return by_numpy(matrix[chosen], query)

    def ours(query: np.ndarray) -> np.ndarray:
        return index.search(query, K, distinct=True).ids

    def filtered(query: np.ndarray) -> np.ndarray:
        return index.search(query, K, allowed=barred, distinct=True).ids

    runs = {"numpy": exact, "ours": ours, "numpy_1%": among, "ours_1%": filtered}
    if theirs is not None:
        runs["peer"] = theirs
    for name, times in zip(runs, timed(list(runs.values()), asked), strict=True):
        row[f"{name}_p50"], row[f"{name}_p95"] = np.percentile(times, (50, 95)).tolist()
    truth = best(matrix, asked)
    row["recall"] = recall([ours(query).tolist() for query in asked], truth)
    row["peer_recall"] = float(
        np.mean(
            [
                len(set(theirs(q).tolist()) & set(t)) / K
                for q, t in zip(asked, truth.tolist(), strict=True)
            ]
        )
    )
    row["recall_1%"] = recall([filtered(q).tolist() for q in asked], best(matrix, asked, chosen))
    return row


def by_numpy(matrix: np.ndarray, query: np.ndarray) -> np.ndarray:
    scores = matrix @ query
    found = np.argpartition(-scores, K)[:K]
    return found[np.argsort(-scores[found])]


def by_itself(place: Path) -> dict[str, Any]:
    """What `bench.alone` measures."""
    command = [sys.executable, "-m", "bench.alone", str(place)]
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
    parser.add_argument("--gaussian", type=int, default=SIZES[-1], help="vectors; 0: leave it out")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--peer", type=int, default=SIZES[-1], help="most vectors it gets")
    parser.add_argument("--keep", type=Path, help="folder for the indexes, used again if there")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    use_threads()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        cases = [(size, False) for size in given.sizes]
        cases += [(given.gaussian, True)] if given.gaussian else []
        for size, gaussian in cases:
            folder = (given.keep or Path(scratch)) / f"{size}-{GAUSSIAN if gaussian else 'real'}"
            rows.append(measure(size, given.queries, folder, gaussian=gaussian, most=given.peer))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if given.json:
        print(json.dumps(rows, indent=1))
        return
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for row in rows:
        print("| " + " | ".join(shown(form, row) for form in COLUMNS.values()) + " |")


def shown(form: str, row: dict[str, Any]) -> str:
    """A cell; a dash for what does not apply."""
    try:
        return form.format(**row)
    except KeyError:
        return "-"


if __name__ == "__main__":
    main()
