"""Importing through Ray: two workers against one, beside this process alone.

    python -m bench.ray [--posts 1024]

Each worker computes on one thread. The posts are those of `bench.ingest`: the
shipped ones, in their proportions of texts, images and sounds. A rate is that
of the posts between the first batch and the last, so that starting a cluster
and loading models, which a large import does once, are told on their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backend.engines.cluster import Ray, installed
from backend.ingest import Options, State
from backend.workspace import Workspace

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
    """What the process does: print the rate, the seconds before it, and a hash of the corpus."""
    workers = RUNS[name][1]
    workspace = Workspace(home)
    corpus = name.replace(" ", "-").replace(",", "").lower()
    job = workspace.imports.plan(
        posts, corpus, workspace.imports.check(posts, corpus, Options()), Options()
    )
    begin = time.perf_counter()
    seen: list[tuple[float, int]] = []

    def tell(state: State) -> None:
        if state.stage == "encoding" and state.done and (not seen or state.done > seen[-1][1]):
            seen.append((time.perf_counter(), state.done))

    ray = Ray(workers=workers) if workers else None
    state = workspace.imports.run(job, tell=tell, ray=ray)
    spent = time.perf_counter() - begin
    if state.stage != "done":
        sys.exit(state.error)
    (first, few), (last, all_) = seen[0], seen[-1]
    told = {
        "rate": (all_ - few) / (last - first),
        "before": first - begin,
        "spent": spent,
        "digest": workspace.holdings.digest(corpus),
    }
    print(json.dumps(told))


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
        print("| encoded by | posts/s | until the first batch, s | all, s |\n|---|---|---|---|")
        found = {}
        for run_name in RUNS:
            told = found[run_name] = once(run_name, posts, home)
            print(
                f"| {run_name} | {told['rate']:.1f} | {told['before']:.1f} | {told['spent']:.1f} |",
                flush=True,
            )
    one, two, _, threads = (float(told["rate"]) for told in found.values())
    same = len({told["digest"] for told in found.values()}) == 1
    print(f"\ntwo workers / one: {two / one:.2f}; two workers / two threads: {two / threads:.2f}")
    print(f"{given.posts} posts, {'the same' if same else 'NOT the same'} corpus each time")


if __name__ == "__main__":
    main()
