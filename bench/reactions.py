"""Opening the page of reactions in Chromium, over a corpus of any size.

    python -m bench reactions [--posts 100000] [--reactions 500000] [--no-browser]

5,000 users of fifty circles react mostly within their circle. The map of users is drawn at
random: it is only shown, not laid out. The posts have predictions and no vectors, the users
vectors that say nothing.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import sync_playwright

from backend.corpus import Corpus
from backend.corpus.model_outputs import REACTIONS
from backend.corpus.schema import REACTIONS as SCHEMA
from backend.corpus.schema import to_affects
from backend.domain import Kind, Post
from backend.maps import Map, storage
from backend.maps.types import Cluster, Level
from backend.settings import ASSETS, SEED, SYNTHETIC_CORPUS, settings
from backend.workspace.workspace import Workspace
from bench.app_server import CHROMIUM, FLAGS, READY, serving

CIRCLES, USERS = 50, 5_000
SLOW = 180_000  # ms


def make(path: Path, posts: int, count: int) -> None:
    """Write the corpus with its reactions and a map of its users."""
    rng = np.random.default_rng(SEED)
    bundle = settings().bundle
    file = ASSETS / "corpus" / "predictions" / f"{bundle}.parquet"
    affects = list(to_affects(pq.read_table(file)).values())
    corpus = Corpus.create(path)
    ids = np.array([f"p{number}" for number in range(posts)], dtype=object)
    authors = np.array([f"made:{n}" for n in rng.integers(USERS, size=posts)], dtype=object)
    made = [
        Post(id_, text=f"Post {id_} about the sea", user=user)
        for id_, user in zip(ids, authors, strict=True)
    ]
    predicted = {id_: affects[n % len(affects)] for n, id_ in enumerate(ids)}
    corpus.add(made, bundle=bundle, predictions=predicted)
    users = np.unique(authors)
    circle = dict(zip(users, rng.integers(CIRCLES, size=len(users)), strict=True))
    of_post = np.array([circle[user] for user in authors])
    by_circle = [np.flatnonzero(of_post == number) for number in range(CIRCLES)]
    who = rng.choice(users, count)
    near = rng.random(count) < 0.9
    to = [
        ids[rng.choice(by_circle[circle[user]])] if inside else ids[rng.integers(len(ids))]
        for user, inside in zip(who, near, strict=True)
    ]
    kinds = rng.choice(["reply", "like", "share"], count, p=[0.2, 0.6, 0.2])
    corpus.write_side_tables({REACTIONS: pa.table([who, to, kinds], schema=SCHEMA)})
    vectors = rng.normal(size=(len(users), 8)).astype(np.float32)
    corpus.add(bundle=bundle, vectors={Kind.USER: (list(users), vectors)})
    _put_map(corpus, users, np.array([circle[user] for user in users], dtype=np.int32))


def _put_map(corpus: Corpus, users: np.ndarray, labels: np.ndarray) -> None:
    xy = np.random.default_rng(SEED).normal(size=(len(users), 2)).astype(np.float32)
    blank = Cluster(0, "", (), 0, float("nan"))
    names = tuple(
        replace(blank, id=i, label=f"circle {i}", size=int((labels == i).sum()))
        for i in range(CIRCLES)
    )
    map_ = Map(
        Kind.USER, users, xy, (Level("medium", labels, names),), {}, settings().bundle, len(users)
    )
    storage.put(corpus, settings().bundle, {Kind.USER: map_})


def main() -> None:
    """Print how long the page takes to open: the first time, and again."""
    parser = argparse.ArgumentParser(prog="python -m bench reactions", description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--reactions", type=int, default=500_000)
    parser.add_argument("--no-browser", action="store_true", help="count in this process only")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        make(Path(home) / "corpora" / "large", args.posts, args.reactions)
        counted = count(Path(home))
        opened = [] if args.no_browser else open_page(home)
    print(f"| reactions: {args.posts:,} posts, {args.reactions:,} reactions | |\n|---|---|")
    print(f"| counted, with communities, bridges and emotions, s | {counted:.2f} |")
    if opened:
        print(f"| page opened the first time, s | {opened[0]:.2f} |")
        print(f"| opened again, s | {statistics.median(opened[1:]):.2f} |")


def count(home: Path) -> float:
    """Return the seconds that what the page shows takes, without drawing it."""
    workspace = Workspace(home)
    workspace.reactions.network(SYNTHETIC_CORPUS)  # loads the libraries
    workspace.corpus("large")
    start = time.perf_counter()
    workspace.reactions.network("large")
    workspace.reactions.by_emotion("large")
    return time.perf_counter() - start


def open_page(home: str) -> list[float]:
    """Return the seconds of opening the page in Chromium, again and again."""
    with sync_playwright() as driver, serving(home) as server:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(SLOW)
        page.goto(f"{server.url}/reactions?corpus={SYNTHETIC_CORPUS}")  # loads the libraries
        page.wait_for_function(READY, timeout=SLOW)
        seconds = []
        for _ in range(4):
            begin = time.perf_counter()
            page.goto(f"{server.url}/reactions?corpus=large")
            page.wait_for_function(READY, timeout=SLOW)
            seconds.append(time.perf_counter() - begin)
        browser.close()
    return seconds


if __name__ == "__main__":
    main()
