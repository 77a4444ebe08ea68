"""The layout of many vectors against plain umap-learn in the same run.

Vectors lie between those of the shipped posts and their neighbours, with noise, so
that the structure of real posts is kept (`bench.vectors`). Both
layouts are fitted in processes of their own, ours first, each after a small fit
that compiles; only the fit on all vectors is timed, by the clock and by the processor,
which on a busy machine is the fairer of the two. Trustworthiness (nearest 15,
2,000 drawn points each ranked against all) must not be lower than the peer's.
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
from bench.vectors import drawn, shipped_vectors

SIZE = 100_000


def plain(some: np.ndarray) -> np.ndarray:
    """umap-learn as its documentation has it, seeded as ours is."""
    import umap

    fitted = umap.UMAP(
        n_neighbors=layout.NEIGHBOURS,
        min_dist=layout.MIN_DISTANCE,
        metric="cosine",
        random_state=SEED,
    )
    return np.asarray(fitted.fit_transform(some), dtype=np.float32)


SYSTEMS = {"kindred": layout.lay_out, "umap-learn": plain}


def fit(name: str, file: Path, target: Path) -> None:
    """Lay out the vectors of a file with one system and print the seconds."""
    some = np.load(file)
    SYSTEMS[name](some[:4_200])  # more than umap-learn compares one by one
    start, worked = time.perf_counter(), time.process_time()
    points = SYSTEMS[name](some)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    np.save(target, points)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "cpu": worked, "gib": peak}))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--fit", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fit:
        fit(given.fit[0], Path(given.fit[1]), Path(given.fit[2]))
        return
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.npy"
        _, real = shipped_vectors()
        _, some = drawn(graph.centred(real), given.size)
        np.save(file, some)
        for name in SYSTEMS:
            target = Path(folder) / f"{name}.npy"
            command = [sys.executable, "-m", "bench.layout", "--fit", name, str(file), str(target)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            trust = quality.trustworthiness(some, np.load(target))
            rows[name] = {**json.loads(told.splitlines()[-1]), "trust": trust}
            print(name, rows[name], file=sys.stderr, flush=True)
    peer = rows["umap-learn"]
    print(f"{given.size:,} vectors of {some.shape[1]}\n")
    print("| layout | seconds | against umap-learn | CPU | trustworthiness | peak GiB |")
    print("|---|---|---|---|---|---|")
    for name, row in rows.items():
        print(
            f"| {name} | {row['seconds']:.1f} | {row['seconds'] / peer['seconds']:.2f}x | "
            f"{row['cpu'] / peer['cpu']:.2f}x | {row['trust']:.4f} | {row['gib']:.1f} |"
        )


if __name__ == "__main__":
    main()
