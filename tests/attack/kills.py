"""End each long operation at random moments, and see that nothing is lost and nothing is stuck.

    python -m tests.attack.kills [--kills 30] [relabelling] [deleting]
        [indexing] [mapping] [training]

Imports are ended by ``tests/backend/ingest/test_runner.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from backend.bundles.bundle import open_bundle
from backend.corpus import Corpus
from backend.corpus.digest import content_digest
from backend.domain import Kind, Post, Selection
from backend.error_analysis.relabels import Relabels
from backend.selections.saved import SavedSelections
from backend.settings import settings
from backend.workspace.deletion import delete_corpus, finish_deletions
from backend.workspace.training import TrainOptions
from backend.workspace.workspace import Workspace
from tests.backend.classifiers import samples

NAME = "mine"


class Operation(NamedTuple):
    """What is ended: how it is prepared, done, and looked at afterwards."""

    prepare: Callable[[Path], object]  # returns what JSON can hold
    act: Callable[[Path], object]
    check: Callable[[Path, object], None]


def _vectors(home: Path, count: int) -> Corpus:
    corpus = Corpus.create(home / "corpora" / NAME, name=NAME)
    ids = [f"p{n:04d}" for n in range(count)]
    matrix = np.random.default_rng(0).normal(size=(count, 64)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    bundle = Workspace(home).bundle.name
    posts = [Post(id_, text=f"word{n % 7} rain", user=f"u{n % 9}") for n, id_ in enumerate(ids)]
    corpus.add(posts, bundle=bundle, vectors={Kind.POST: (ids, matrix)})
    return corpus


def _unchanged(home: Path, before: object) -> Corpus:
    corpus = Corpus.open(home / "corpora" / NAME)
    assert content_digest(corpus) == before, "the corpus has changed"
    return corpus


# ---- relabelling


def _relabel(home: Path) -> None:
    overlay = Relabels(home / "relabels", NAME, "mood", "1")
    for n in range(100_000):
        overlay.write(f"p{n}", "a", f"b{n}")


def _relabelled(home: Path, _before: object) -> None:
    overlay = Relabels(home / "relabels", NAME, "mood", "1")
    found = overlay.read()
    assert all(one.label == f"b{n}" for n, one in enumerate(found.values())), "a gap"
    overlay.write("last", "a", "b")
    assert len(overlay.read()) == len(found) + 1


# ---- deleting


def _many_files(home: Path) -> None:
    folder = home / "corpora" / NAME / "media"
    folder.mkdir(parents=True)
    for n in range(3_000):
        (folder / f"{n}.jpg").write_bytes(b"")
    Relabels(home / "relabels", NAME, "mood").write("a", "x", "y")
    SavedSelections(home / "selections").save(Selection(Kind.POST, ("a",), "drawn", NAME, "one"))


def _deleted(home: Path, _before: object) -> None:
    whole = (home / "corpora" / NAME).is_dir()
    finish_deletions(home)
    if whole:
        assert len([*(home / "corpora" / NAME / "media").iterdir()]) == 3_000
        delete_corpus(home, NAME)
    assert not [*(home / "corpora").iterdir()], "something is left"
    assert not [f for f in home.rglob("*") if f.is_file()], "side files are left"


# ---- indexing, mapping, training


def _index(home: Path) -> None:
    Workspace(home).indexes.make(NAME)


def _indexed(home: Path, before: object) -> None:
    _unchanged(home, before)
    workspace = Workspace(home)
    workspace.indexes.make(NAME)
    assert any(choice.ready for choice in workspace.indexes.choices(NAME))


def _map(home: Path) -> None:
    Workspace(home).maps.make(Kind.POST, NAME, draws=1)


def _mapped(home: Path, before: object) -> None:
    _unchanged(home, before)
    workspace = Workspace(home)
    workspace.maps.make(Kind.POST, NAME, draws=1)
    assert len(workspace.maps.map(Kind.POST, NAME).ids) == 300


OPTIONS = TrainOptions(corpus="moods", label="mood", models=("n-grams",), runs=1, epochs=2)


def _train(home: Path) -> None:
    Workspace(home).training.train(OPTIONS)


def _trained(home: Path, _before: object) -> None:
    for bundle in (home / "bundles").glob("[!.]*"):
        open_bundle(bundle)
    _train(home)


OPERATIONS = {
    "relabelling": Operation(lambda home: None, _relabel, _relabelled),
    "deleting": Operation(_many_files, lambda home: delete_corpus(home, NAME), _deleted),
    "indexing": Operation(lambda home: content_digest(_vectors(home, 3_000)), _index, _indexed),
    "mapping": Operation(lambda home: content_digest(_vectors(home, 300)), _map, _mapped),
    "training": Operation(lambda home: samples.corpus(home) and None, _train, _trained),
}


def forked(work: Callable[[], object], kill_after: float | None = None) -> int:
    """Do something in a forked process, which is killed after some seconds; its exit status."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    killer = threading.Timer(kill_after or 600, os.kill, (pid, signal.SIGKILL))
    killer.start()
    _, status = os.waitpid(pid, 0)
    killer.cancel()
    return os.waitstatus_to_exitcode(status)


def prepared(operation: Operation, home: Path) -> object:
    """Prepare in a forked process: this one must not use LanceDB, whose threads forks lack."""
    kept = home.with_suffix(".before")
    home.mkdir()
    status = forked(lambda: kept.write_text(json.dumps(operation.prepare(home))))
    assert status == 0, "nothing could be prepared"
    return json.loads(kept.read_text())


def attack(operation: Operation, kills: int, rng: random.Random) -> tuple[int, int]:
    """End an operation; return how often it was ended, and after how many it was not well."""
    done = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        prepared(operation, home)
        begin = time.monotonic()
        forked(lambda: operation.act(home), 3.0)
        lasts = time.monotonic() - begin
    while done < kills:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            before = prepared(operation, home)
            status = forked(lambda home=home: operation.act(home), rng.uniform(0.001, lasts))
            done += status == -signal.SIGKILL
            bad += forked(lambda home=home, b=before: operation.check(home, b)) != 0
    return done, bad


def main() -> int:
    """Run the operations; print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("operations", nargs="*", default=list(OPERATIONS))
    parser.add_argument("--kills", type=int, default=30)
    args = parser.parse_args()
    settings().exact_vectors = 100
    found = 0
    for name in args.operations:
        done, bad = attack(OPERATIONS[name], args.kills, random.Random(name))
        found += bad
        print(f"{name}: ended {done} times; {bad} times not well afterwards", flush=True)
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
