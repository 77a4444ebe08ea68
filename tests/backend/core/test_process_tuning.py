from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = """
import resource, threading
from backend.core.process_tuning import tune_process
tune_process()
import torch
def work(times):
    for _ in range(times):
        layers = [torch.zeros(n * 2**18) for n in (9, 3, 5, 2)]  # 19 MB, all of them given back
        del layers
def begun(times):
    thread = threading.Thread(target=work, args=(times,))
    thread.start()
    thread.join()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
begun(3)
first = begun(5)
print(begun(105) - first)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
def test_freed_memory_is_kept_for_the_next_layer() -> None:
    def faults(**environment: str) -> int:
        told = {**os.environ, **environment}
        found = subprocess.run(
            [sys.executable, "-c", FAULTS], capture_output=True, check=True, env=told
        )
        return int(found.stdout)

    kept = faults()
    assert kept < 20_000  # pages; a hundred rounds of 19 MB are 486,400
    # Whoever says so by the environment has glibc's own ways.
    assert faults(MALLOC_TRIM_THRESHOLD_="131072", MALLOC_MMAP_THRESHOLD_="131072") > 10 * kept


# What an entry point does, and nothing else.
ENTRY_POINTS = {
    "command line": "from backend.cli import main; main(['evaluate', '--list'])",
    "library": "import backend; backend.open_workspace(sys.argv[1])",
    "benchmarks": "import bench",
    "assets": "import assets.build",
}
SAID = """
import os, sys
before = set(sys.modules)
os.environ.pop("OMP_WAIT_POLICY", None)
from backend.core import process_tuning
process_tuning.keep_memory = lambda: print("memory is kept")
{}
print("waits:", os.environ.get("OMP_WAIT_POLICY"))
"""


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_every_entry_point_tunes_its_process(name: str, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", SAID.format(ENTRY_POINTS[name]), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "KINDRED_HOME": str(tmp_path)},
    )
    assert "memory is kept" in told.stdout and told.stdout.endswith("waits: PASSIVE\n")


def test_openmp_is_told_before_it_is_loaded() -> None:
    """Its runtimes read the environment when they are loaded."""
    code = (
        "import sys, backend.cli, app.access, backend.search.index.build_ivf;"
        "assert not {'torch', 'faiss', 'sklearn', 'lightgbm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_environment_counts_for_more() -> None:
    code = (
        "from backend.core.process_tuning import tune_process; tune_process();"
        "import os; print(os.environ['OMP_WAIT_POLICY'])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_WAIT_POLICY": "ACTIVE"},
    )
    assert told.stdout == "ACTIVE\n"
