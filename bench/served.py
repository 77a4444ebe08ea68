"""The app as `make run` serves it, for benchmarks that look at it from a browser."""

from __future__ import annotations

import os
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
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FLAGS += ["--disable-quic", "--disable-background-networking"]
# A finished script, nothing still to be drawn, and something to read.
READY = (
    "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    " && !document.querySelector('[data-testid=stSkeleton]')"
    " && document.querySelector('[data-testid=stMain]')?.innerText.length > 80"
)
LINK = "[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]"
OURS = ("run", "app/server.py")


@dataclass(frozen=True, slots=True)
class Served:
    """A server.

    Attributes
    ----------
    url : str
    pid : int
    seconds : float
        From its start to the first answer of ``/_stcore/health``.
    """

    url: str
    pid: int
    seconds: float

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1]) / 1024

    @property
    def processor(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(home: Path | str, what: tuple[str, ...] = OURS) -> Iterator[Served]:
    """Serve until the block ends.

    Parameters
    ----------
    home : pathlib.Path
        The workspace.
    what : tuple of str
        What Streamlit is told; the app when not given.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    where = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless=true"]
    begin = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", *what, *where],
        cwd=ROOT,
        env={**os.environ, "KINDRED_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _healthy(url):
            if server.poll() is not None or time.perf_counter() - begin > 120:
                raise RuntimeError(f"streamlit {' '.join(what)} does not answer")
            time.sleep(0.02)
        yield Served(url, server.pid, time.perf_counter() - begin)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _healthy(url: str) -> bool:
    try:
        urlopen(f"{url}/_stcore/health", timeout=1).close()
    except OSError:
        return False
    return True
