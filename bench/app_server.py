"""The app, served as `make run` serves it, for benchmarks in a browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell") or "chromium"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FLAGS += ["--disable-quic", "--disable-background-networking"]
# The script has finished, nothing is left to draw, and there is text.
READY = (
    "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    " && !document.querySelector('[data-testid=stSkeleton]')"
    " && document.querySelector('[data-testid=stMain]')?.innerText.length > 80"
)
LINK = "[data-testid=stSidebarNavLink]"
KINDRED = ("run", "app/server.py")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes
    ----------
    url : str
    pid : int
    seconds : float
        From its start to the first answer from ``/_stcore/health``.
    """

    url: str
    pid: int
    seconds: float

    @property
    def megabytes(self) -> float:
        """Resident memory, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1]) / 1024

    @property
    def processor(self) -> float:
        """Processor time so far, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(home: Path | str, command: tuple[str, ...] = KINDRED) -> Iterator[Server]:
    """Serve the app until the block ends.

    Parameters
    ----------
    home : pathlib.Path
        The workspace.
    command : tuple of str
        Arguments of ``streamlit``; the app by default.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    options = [
        "--server.port",
        str(port),
        "--server.address",
        "127.0.0.1",
        "--server.headless=true",
    ]
    begin = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", *command, *options],
        cwd=ROOT,
        env={**os.environ, "KINDRED_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _healthy(url):
            if server.poll() is not None or time.perf_counter() - begin > 120:
                raise RuntimeError(f"streamlit {' '.join(command)} did not start")
            time.sleep(0.02)
        yield Server(url, server.pid, time.perf_counter() - begin)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _healthy(url: str) -> bool:
    try:
        urlopen(f"{url}/_stcore/health", timeout=1).close()
    except OSError:
        return False
    return True
