"""Memory of an app process: with its encoders, or as a client of ``python -m backend serve``.

    python -m bench.thin

Resident megabytes of a process after it opened the shipped corpus, after it analysed
one post with text, image and sound, and after it searched once; milliseconds of a warm
analysis; and the memory of the process that serves the encoders.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from backend.workspace.workspace import Workspace

ONE = """
import json, sys, time
import numpy as np
from backend.domain import Content, Kind, Picture, Sound
from backend.workspace.workspace import Workspace

def resident():
    with open("/proc/self/status") as file:
        return next(int(l.split()[1]) for l in file if l.startswith("VmRSS")) / 1024

def post(i):
    rng = np.random.default_rng(i)
    return Content(f"Number {i}: so happy by the sea", Picture(
        (rng.integers(0, 256, (480, 640, 3), dtype=np.uint8),)),
        Sound(rng.normal(size=441_000).astype(np.float32) * .1, 44_100))

workspace = Workspace()
workspace.overview()
found = {"opened": resident()}
workspace.analyse(post(0))
found["analysed"] = resident()
workspace.search("sea", [Kind.POST, Kind.USER, Kind.WORD])
found["searched"] = resident()
posts = [post(i) for i in range(1, 8)]
spent = []
for one in posts:
    begin = time.perf_counter()
    workspace.analyse(one)
    spent.append(time.perf_counter() - begin)
found["ms"] = 1e3 * sorted(spent)[len(spent) // 2]
found["torch"] = "torch" in sys.modules
print(json.dumps(found))
"""


def measure(home: str, address: str = "") -> dict[str, float]:
    """Run `ONE` in a new process; return its figures."""
    variables = {"KINDRED_HOME": home} | ({"KINDRED_ENCODER_SERVER": address} if address else {})
    done = subprocess.run(
        [sys.executable, "-c", ONE], env=os.environ | variables, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print the table."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen(
            [sys.executable, "-m", "backend", "serve", "--port", str(port), "--quiet"],
            env=os.environ | {"KINDRED_HOME": home},
        )
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{address}/text")
                    break
                except urllib.error.URLError:
                    time.sleep(0.1)
            Workspace(Path(home)).overview()  # imports the shipped corpus
            rows = {"encoders in it": measure(home), "encoders elsewhere": measure(home, address)}
            status = Path(f"/proc/{server.pid}/status").read_text()
            served = int(status.split("VmRSS:")[1].split()[0]) / 1024
        finally:
            server.terminate()
            server.wait()
    print("| app process | opened, MB | one post analysed | searched | analysis, ms | torch |")
    print("|---|---|---|---|---|---|")
    for name, row in rows.items():
        print(
            f"| {name} | {row['opened']:.0f} | {row['analysed']:.0f} | {row['searched']:.0f} "
            f"| {row['ms']:.0f} | {'yes' if row['torch'] else 'no'} |"
        )
    print(f"\nthe process that serves all three encoders: {served:.0f} MB")


if __name__ == "__main__":
    main()
