"""Imports with Ray: two workers against one, and against this process.

    python -m bench.ray [--posts 1024]

Each worker computes on one thread. The posts are those of `bench.ingest`: the shipped
ones, with their proportions of texts, images and sounds. A rate counts the posts after
every worker's first batch, because a large import starts a cluster and loads models only
once; that time is shown apart. "Cores taken by others" is the load of other processes
meanwhile: a ratio means something only where it is near zero.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backend.core.ray_cluster import Ray, installed
from backend.domain import Kind
from backend.ingest import ImportState, Options
from backend.ingest.ray.runner import BATCH
from backend.workspace.workspace import Workspace

# name -> (threads of this process, workers of Ray)
RUNS = {
    "Ray, one worker": (1, 1),
    "Ray, two workers": (1, 2),
    "this process, one thread": (1, 0),
    "this process, two threads": (2, 0),
}


def once(name: str, posts: Path, home: Path) -> dict[str, float | str]:
    """Run one import in a new process; return its figures."""
    threads, _ = RUNS[name]
    done = subprocess.run(
        [sys.executable, "-m", "bench.ray", "--run", name, str(posts), str(home)],
        env=os.environ | {"KINDRED_THREADS": str(threads)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def run(name: str, posts: Path, home: Path) -> None:
    """Import, in the new process; print its figures and a hash of the vectors as JSON."""
    workers = RUNS[name][1]
    workspace = Workspace(home)
    corpus = name.replace(" ", "-").replace(",", "").lower()
    options = Options(read=False, transcribe=False)  # as the figures of before there was reading
    report = workspace.imports.check(posts, corpus, options)
    job = workspace.imports.plan(posts, corpus, report, options)
    begin = time.perf_counter()
    moments: list[tuple[float, int, float, float]] = []

    def tell(state: ImportState) -> None:
        if (
            state.stage == "encoding"
            and state.done
            and (not moments or state.done > moments[-1][1])
        ):
            moments.append((time.perf_counter(), state.done, _busy(), _own()))

    ray = Ray(workers=workers) if workers else None
    state = workspace.imports.run(job, report=tell, ray=ray)
    spent = time.perf_counter() - begin
    if state.stage != "done":
        sys.exit(state.error)
    # Batches arrive in order: with the first one, the other workers have finished theirs too.
    full = [moment for moment in moments if moment[1] >= BATCH * max(1, workers)]
    (first, few, busy, own), (last, all_, busy_after, own_after) = full[0], full[-1]
    figures = {
        "rate": (all_ - few) / (last - first),
        "others": max(0.0, busy_after - busy - (own_after - own)) / (last - first),
        "cpu": 1e3 * (own_after - own) / (all_ - few),
        "before": first - begin,
        "spent": spent,
        "digest": vectors_digest(workspace, corpus),
    }
    print(json.dumps(figures))


def vectors_digest(workspace: Workspace, corpus: str) -> str:
    """Return a hash of all vectors."""
    digest = hashlib.sha256()
    for kind in Kind:
        ids, vectors = workspace.corpus(corpus).vectors(workspace.bundle.name, kind)
        digest.update("|".join(ids).encode() + vectors.tobytes())
    return digest.hexdigest()


def _busy() -> float:
    """Return the seconds that all cores have computed, for any process."""
    numbers = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(numbers[:8]) - numbers[3] - numbers[4]) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    """Return the seconds that this process and its descendants have computed."""
    stats: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            rest = path.read_text().rpartition(")")[2].split()
            stats[int(path.parent.name)] = int(rest[1]), sum(map(int, rest[11:15]))
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _) in stats.items() if parent in ours} - ours:
        ours |= more
    return sum(stats[pid][1] for pid in ours) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    from bench.ingest import source

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=1024)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        run(args.run[0], Path(args.run[1]), Path(args.run[2]))
        return
    if not installed():
        print("Ray is missing: run `pip install -r requirements-scale.txt -c constraints.txt`.")
        return
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        posts = home / "posts"
        posts.mkdir()
        source(Workspace(home), posts, args.posts, 0)
        columns = "posts/s | ms of a core a post | cores taken by others | until then, s | all, s"
        print(f"| encoded by | {columns} |")
        print("|---|---|---|---|---|---|")
        results = {}
        for run_name in RUNS:
            figures = results[run_name] = once(run_name, posts, home)
            print(
                f"| {run_name} | {figures['rate']:.1f} | {figures['cpu']:.0f} "
                f"| {figures['others']:.2f} | {figures['before']:.1f} | {figures['spent']:.1f} |",
                flush=True,
            )
    one, two, _, threads = (float(figures["rate"]) for figures in results.values())
    same = len({figures["digest"] for figures in results.values()}) == 1
    print(f"\ntwo workers / one: {two / one:.2f}; two workers / two threads: {two / threads:.2f}")
    print(f"{args.posts} posts, {'the same' if same else 'NOT the same'} vectors each time")


if __name__ == "__main__":
    main()
