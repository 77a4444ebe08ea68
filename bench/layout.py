"""The layout of many vectors, against plain umap-learn in the same run.

The vectors lie between those of shipped posts and their neighbours, with noise, which
keeps the structure of real posts (`bench.synthetic_vectors`). Each layout is fitted in
its own process, Kindred's first, after a small fit that compiles. Only the fit on all
vectors is timed, in wall time and in CPU time, which is the fairer one on a busy
machine. Trustworthiness (15 neighbours of 2,000 sampled points, each ranked against
all points) must not be lower than the peer's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from backend.maps import graph, layout, quality
from backend.settings import SEED
from bench.synthetic_vectors import sample, shipped_vectors

SIZE = 100_000


def umap_learn(vectors: np.ndarray) -> np.ndarray:
    """Lay out with umap-learn as its documentation does, with our seed."""
    import umap

    fitted = umap.UMAP(
        n_neighbors=layout.NEIGHBOURS,
        min_dist=layout.MIN_DISTANCE,
        metric="cosine",
        random_state=SEED,
    )
    return np.asarray(fitted.fit_transform(vectors), dtype=np.float32)


SYSTEMS = {"kindred": layout.lay_out, "umap-learn": umap_learn}


def fit(name: str, file: Path, target: Path) -> None:
    """Lay out the vectors of a file with one system; print seconds and memory as JSON."""
    vectors = np.load(file)
    SYSTEMS[name](vectors[:4_200])  # more than umap-learn compares one by one
    start, cpu_start = time.perf_counter(), time.process_time()
    points = SYSTEMS[name](vectors)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    np.save(target, points)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "cpu": cpu, "gib": peak}))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--fit", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.fit:
        fit(args.fit[0], Path(args.fit[1]), Path(args.fit[2]))
        return
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.npy"
        _, real = shipped_vectors()
        _, vectors = sample(graph.centred(real), args.size)
        np.save(file, vectors)
        for name in SYSTEMS:
            target = Path(folder) / f"{name}.npy"
            command = [sys.executable, "-m", "bench.layout", "--fit", name, str(file), str(target)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            trust = quality.trustworthiness(vectors, np.load(target))
            rows[name] = {**json.loads(output.splitlines()[-1]), "trust": trust}
            print(name, rows[name], file=sys.stderr, flush=True)
    peer = rows["umap-learn"]
    print(f"{args.size:,} vectors of {vectors.shape[1]}\n")
    print("| layout | seconds | against umap-learn | CPU | trustworthiness | peak GiB |")
    print("|---|---|---|---|---|---|")
    for name, row in rows.items():
        print(
            f"| {name} | {row['seconds']:.1f} | {row['seconds'] / peer['seconds']:.2f}x | "
            f"{row['cpu'] / peer['cpu']:.2f}x | {row['trust']:.4f} | {row['gib']:.1f} |"
        )


if __name__ == "__main__":
    main()
