"""A home that may not be written: every page says so in a sentence, or shows what is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.workspace.workspace import Workspace
from tests.app.conftest import MAIN
from tests.app.dated import dated_corpus
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
# Lets root, too, be refused what permissions forbid, from the next program on: PR_CAPBSET_DROP of
# the capabilities to pass over them. In a program of its own: to fork one with threads may hang.
_AS_OTHERS = """
import ctypes, os, sys
for capability in (1, 2):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
_VISIT = """
import json, sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
import tests.app.conftest  # so that Streamlit looks through what is installed once
main, seconds = Path(sys.argv[2]), float(sys.argv[3])
for name in sorted(page.stem for page in (main.parent / "views").glob("[!_]*.py")):
    at = AppTest.from_file(main, default_timeout=seconds)
    at.switch_page(f"views/{name}.py")
    at.query_params["corpus"] = sys.argv[1]
    at.run()
    told = [element.value for kind in ("error", "exception") for element in at.get(kind)]
    shown = len([*at.main])
    print(json.dumps([name, told, shown]))
"""


def visit(home: Path, corpus: str) -> list[tuple[str, list[str], int]]:
    """Open each page in a process of its own; return its errors and how much it shows."""
    done = subprocess.run(
        [sys.executable, "-c", _AS_OTHERS, "-c", _VISIT, corpus, MAIN, str(PATIENCE)],
        cwd=ROOT,
        env={**os.environ, "KINDRED_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=6 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A home that becomes read-only with `close`."""
    home = tmp_path / "home"
    home.mkdir()
    yield home
    for folder in (home, *home.rglob("*")):
        folder.chmod(0o700)


def close(home: Path) -> None:
    for path in (*home.rglob("*"), home):
        path.chmod(0o500 if path.is_dir() else 0o400)


def test_an_empty_one_is_told_on_every_page(read_only: Path) -> None:
    close(read_only)
    pages = visit(read_only, "commons")
    assert len(pages) > 10
    for name, told, _ in pages:
        (sentence,) = told
        assert "may not write to" in sentence and "KINDRED" in sentence, (name, sentence)


def test_what_is_there_is_shown(read_only: Path) -> None:
    Workspace(read_only).corpus()
    dated_corpus(read_only, "mine")
    close(read_only)
    for name, told, shown in visit(read_only, "mine"):
        assert shown > 5, name
        for sentence in told:  # the corpus of this test has no vectors of the bundle
            assert "may not write to" in sentence or "has no vectors" in sentence, (name, sentence)
