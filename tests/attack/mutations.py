"""Damage the files of a workspace, one at a time, and open every page.

    python -m tests.attack.mutations [--rounds 60] [--only TEXT]

prints the pages that fail without a sentence on what is wrong, and exits with a failure if there
are any.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.classifiers.training_job import EpochPoint, Request, TrainingJob, TrainingState
from backend.corpus import Corpus
from backend.domain import Kind, Selection
from backend.error_analysis.relabels import Relabels
from backend.ingest.import_job import ImportJob, ImportState
from backend.ingest.readers.base import Options
from backend.labelling.store import LabelStore
from backend.selections.saved import SavedSelections
from backend.selections.views import SavedViews, View
from backend.settings import settings
from backend.workspace.workspace import Workspace
from tests.app.conftest import MAIN
from tests.app.dated import dated_corpus

CORPUS = "mine"
PAGES = sorted(page.stem for page in (Path(MAIN).parent / "views").glob("[!_]*.py"))
_INTERNAL = re.compile(r"internal error|Something went wrong", re.IGNORECASE)

Damage = Callable[[bytes, random.Random], bytes]


def _flip(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) or 1)
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)] if data else b"x") + data[at + 1 :]


def _other_numbers(data: bytes, rng: random.Random) -> bytes:
    return re.sub(rb"\d+", lambda _: rng.choice([b"-1", b"9" * 40, b'"x"', b"null"]), data)


DAMAGES: dict[str, Damage] = {
    "a flipped bit": _flip,
    "cut": lambda data, rng: data[: rng.randrange(len(data) or 1)],
    "empty": lambda data, rng: b"",
    "zeros": lambda data, rng: bytes(len(data)),
    "noise": lambda data, rng: rng.randbytes(len(data)),
    "other numbers": _other_numbers,
    "other texts": lambda data, rng: re.sub(rb'"[^"]*"', rng.choice([b"[]", b"7", b'"?"']), data),
    "a list": lambda data, rng: b"[]",
    "nested": lambda data, rng: b"[" * 100_000,
    "twice": lambda data, rng: data + data,
}


def furnish(home: Path) -> None:
    """Write a workspace that has a bit of everything."""
    Workspace(home).corpus()
    dated_corpus(home, CORPUS, posts=200)
    corpus = Corpus.open(home / "corpora" / CORPUS)
    uid, ids = corpus.snapshot().head.uid, ("p00001", "p00002", "p00003")
    Relabels(home / "relabels", CORPUS, "place", uid).write(ids[0], "north", "south")
    LabelStore(home / "labels", CORPUS, uid).write("stance", dict.fromkeys(ids, "for"))
    chosen = Selection(Kind.POST, ids, "drawn", CORPUS, "one")
    SavedSelections(home / "selections", uid).save(chosen)
    SavedViews(home / "views", uid).save(View("one", "search", {"q": "rain"}), CORPUS)
    training = TrainingJob(home / "trainings" / ("a" * 16), Request(CORPUS, "place", ("n-grams",)))
    training.save()
    training.report(TrainingState(stage="paused", done=1, total=2))
    training.add_point(EpochPoint("n-grams", 0, 1, 2.0, 2.0, 0.5))
    posts = ImportJob(home / "imports" / ("b" * 16), home / "x.csv", CORPUS, "table", Options())
    posts.save()
    posts.report(ImportState(stage="paused", done=1, total=2))


def failures(home: Path) -> list[str]:
    """Open every page; return those that fail, and how."""
    os.environ["KINDRED_HOME"] = str(home)
    settings.cache_clear()
    st.cache_resource.clear()
    found = []
    for page in PAGES:
        at = AppTest.from_file(MAIN, default_timeout=600)
        at.switch_page(f"views/{page}.py")
        at.query_params["corpus"] = CORPUS
        try:
            at.run()
        except BaseException as error:  # a panic of a library is no `Exception`
            if isinstance(error, KeyboardInterrupt):
                raise
            found.append(f"{page}: {error!r:.200}")
            continue
        said = [element.value for kind in ("error", "exception") for element in at.get(kind)]
        found += [f"{page}: {text[:200]}" for text in said if _INTERNAL.search(text)]
        found += [f"{page}: {e.stack_trace[-3:]}" for e in at.get("exception")]
    return found


def main() -> int:
    """Damage files chosen at random; print what fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--only", default="", help="files with this in their path")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng, found = random.Random(args.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        furnish(whole)
        files = sorted(
            path
            for path in whole.rglob("*")
            if path.is_file() and args.only in str(path) and "/commons" not in str(path)
        )
        for number in range(args.rounds):
            home = Path(folder) / f"home{number}"
            shutil.copytree(whole, home, copy_function=os.link)
            file, how = rng.choice(files), rng.choice(list(DAMAGES))
            damaged = home / file.relative_to(whole)
            data = damaged.read_bytes()
            damaged.unlink()
            damaged.write_bytes(DAMAGES[how](data, rng))
            failed = failures(home)
            found += bool(failed)
            for one in failed:
                print(f"{file.relative_to(whole)}, {how}: {one}", flush=True)
            shutil.rmtree(home)
    print(f"{args.rounds} files damaged of {len(files)}; after {found} of them a page failed")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
