"""What was freed is given back once a process has nothing to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.core.idle_memory import give_back

ROOT = Path(__file__).resolve().parents[3]
_WORK = """
import sys
import time
from backend.core.idle_memory import give_back_when_idle
from backend.core.process_tuning import tune_process

def resident():
    pages = open("/proc/self/statm").read().split()[1]
    return int(pages) * 4096 / 2**20

tune_process()
blocks = [bytes(2**20) for _ in range(200)]
kept = blocks[-1], [bytes(100) for _ in range(1000)]
# What is kept at the end keeps the C library from shrinking the heap by itself.
if sys.argv[1] == "cycle":
    blocks.append(blocks)
del blocks
while time.process_time() < 1.5:
    pass
before = resident()
give_back_when_idle(0.2)
end = time.monotonic() + 60
while resident() > before - 100 and time.monotonic() < end:
    time.sleep(0.2)
print(before - resident())
"""


@pytest.mark.skipif(not give_back(), reason="not the GNU C library")
@pytest.mark.parametrize("garbage", ["freed", "cycle"])
def test_an_idle_process_gives_memory_back(garbage: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WORK, garbage],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) > 100
