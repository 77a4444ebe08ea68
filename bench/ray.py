"""Importing through Ray: two workers against one, beside this process alone.

    python -m bench.ray [--posts 1024]

Each worker computes on one thread. The posts are those of `bench.ingest`: the
shipped ones, in their proportions of texts, images and sounds. A rate is that
of the posts after every worker's first batch, so that starting a cluster and
loading models, which a large import does once, are told on their own. "Cores
taken by others" is what processes that are none of ours computed meanwhile: a
ratio is worth something where it is near zero.
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
from backend.ingest import Options, State
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
    """One import in a process of its own."""
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
    """What the process does: print the rate, the seconds before it, and a hash of the vectors."""
    workers = RUNS[name][1]
    workspace = Workspace(home)
    corpus = name.replace(" ", "-").replace(",", "").lower()
    job = workspace.imports.plan(
        posts, corpus, workspace.imports.check(posts, corpus, Options()), Options()
    )
    begin = time.perf_counter()
    seen: list[tuple[float, int, float, float]] = []

    def tell(state: State) -> None:
        if state.stage == "encoding" and state.done and (not seen or state.done > seen[-1][1]):
            seen.append((time.perf_counter(), state.done, _busy(), _own()))

    ray = Ray(workers=workers) if workers else None
    state = workspace.imports.run(job, tell=tell, ray=ray)
    spent = time.perf_counter() - begin
    if state.stage != "done":
        sys.exit(state.error)
    # When the first batch arrives, in its order, the other workers have done theirs as well.
    full = [moment for moment in seen if moment[1] >= BATCH * max(1, workers)]
    (first, few, busy, own), (last, all_, busy_after, own_after) = full[0], full[-1]
    told = {
        "rate": (all_ - few) / (last - first),
        "others": max(0.0, busy_after - busy - (own_after - own)) / (last - first),
        "cpu": 1e3 * (own_after - own) / (all_ - few),
        "before": first - begin,
        "spent": spent,
        "digest": vectors_digest(workspace, corpus),
    }
    print(json.dumps(told))


def vectors_digest(workspace: Workspace, corpus: str) -> str:
    """A hash of all vectors."""
    digest = hashlib.sha256()
    for kind in Kind:
        ids, vectors = workspace.corpus(corpus).vectors(workspace.bundle.name, kind)
        digest.update("|".join(ids).encode() + vectors.tobytes())
    return digest.hexdigest()


def _busy() -> float:
    """Seconds that all cores have computed, for whomever."""
    numbers = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(numbers[:8]) - numbers[3] - numbers[4]) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    """Seconds that this process and those below it have computed."""
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
    parser.add_argument("--run", nargs=3, metavar=("NAME", "POSTS", "HOME"), help="one of them")
    given = parser.parse_args()
    if given.run:
        run(given.run[0], Path(given.run[1]), Path(given.run[2]))
        return
    if not installed():
        print("Ray is not installed: `pip install -r requirements-scale.txt`, then again.")
        return
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        posts = home / "posts"
        posts.mkdir()
        source(Workspace(home), posts, given.posts, 0)
        columns = "posts/s | ms of a core a post | cores taken by others | until then, s | all, s"
        print(f"| encoded by | {columns} |")
        print("|---|---|---|---|---|---|")
        found = {}
        for run_name in RUNS:
            told = found[run_name] = once(run_name, posts, home)
            print(
                f"| {run_name} | {told['rate']:.1f} | {told['cpu']:.0f} | {told['others']:.2f} "
                f"| {told['before']:.1f} | {told['spent']:.1f} |",
                flush=True,
            )
    one, two, _, threads = (float(told["rate"]) for told in found.values())
    same = len({told["digest"] for told in found.values()}) == 1
    print(f"\ntwo workers / one: {two / one:.2f}; two workers / two threads: {two / threads:.2f}")
    print(f"{given.posts} posts, {'the same' if same else 'NOT the same'} vectors each time")


if __name__ == "__main__":
    main()
