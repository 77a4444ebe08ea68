"""Hostile files at every door: a message, soon, in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
FILES = int(os.environ.get("KINDRED_TEST_HOSTILE", "300"))  # `make thorough` reads 2,000


def test_hostile_files_do_no_harm() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.backend.ingest.hostile", str(FILES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.stdout, done.stderr[-2_000:]
    said = json.loads(done.stdout)
    assert not said["failures"]
    assert said["files"] == FILES and len(said["outcomes"]) > 10
    assert said["megabytes"] < 1024
    assert done.returncode == 0, said["slowest"]


@pytest.mark.skipif(sys.platform != "linux", reason="atheris has wheels for Linux only")
def test_the_fuzzer_finds_nothing_in_a_few_hundred_runs(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    # A process begins with the peak memory of the one it was made from, and the fuzzer
    # minds its peak: the shell between the two is small.
    shell = ["sh", "-c", '"$@"; exit $?', "sh"]
    done = subprocess.run(
        [*shell, sys.executable, "-W", "ignore", "tests/fuzz/targets.py", "-runs=400", "-seed=1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
