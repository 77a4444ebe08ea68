"""The app served for attacks: its memory with all its helpers, and a visitor who only searches."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.sockets import free_port

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_SECONDS = 0.05
SEARCHES = 10  # of which the median counts
PAUSE = 0.1  # seconds between searches
MEGABYTE = 2**20
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
_POST = {"id": "1", "text": "a sunset", "image": _PIXEL}  # loads every model but that of sounds
_PAGE, _TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


class Served:
    """A running server.

    Attributes
    ----------
    port : int
    process : subprocess.Popen
    log : pathlib.Path
        What it wrote.
    """

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port, self.process, self.log = port, process, log

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def check_alive(self) -> None:
        """Fail if it has ended."""
        if (status := self.process.poll()) is not None:
            raise SystemExit(f"The server ended with {status}:\n{self.log.read_text()[-3000:]}")

    def _helpers(self) -> list[int]:
        found: list[int] = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text().split())
        # One that is only being started still shows the memory of the server.
        own = _command(self.process.pid)
        return [pid for pid in found if _command(pid) != own]

    def processor(self) -> float:
        """Return the seconds of a core that the server and its helpers have used."""
        total = 0
        for pid in (self.process.pid, *self._helpers()):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                # Of helpers that have ended, their parent knows.
                total += sum(map(int, fields[11 : 15 if pid == self.process.pid else 13]))
        return total / _TICKS

    def memory(self) -> int:
        """Return the resident bytes of the server and of its helpers."""
        total = 0
        for pid in (self.process.pid, *self._helpers()):
            with suppress(OSError):
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
        return total

    def request(
        self, method: str, path: str, body: Any = None, *, source: str = "127.0.0.1", seconds=120.0
    ) -> tuple[int, bytes, HTTPResponse]:
        """Send a request from an address of this machine, which stands for a visitor."""
        connection = HTTPConnection("127.0.0.1", self.port, seconds, (source, 0))
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer
        finally:
            connection.close()

    def search(self, word: str, source: str) -> float:
        """Search for a word; return the seconds that it took."""
        begin = time.perf_counter()
        status, body, _ = self.request("POST", "/api/search", {"query": word}, source=source)
        if status != 200:
            raise RuntimeError(f"a search was answered {status}: {body[:200]!r}")
        return time.perf_counter() - begin


class Watch:
    """Watches memory, and searches as another visitor, while something goes on.

    It searches at least `SEARCHES` times.
    """

    def __init__(self, served: Served, source: str) -> None:
        self._served, self._source = served, source
        self._over = threading.Event()
        self.before = served.memory()
        self.peak = self.before
        self.delays: list[float] = []
        self._searching, self._sampling = (
            threading.Thread(target=work) for work in (self._search, self._sample)
        )

    def __enter__(self) -> Watch:
        self._searching.start()
        self._sampling.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._searching.join()
        self._sampling.join()

    def _sample(self) -> None:
        while self._searching.is_alive():
            self.peak = max(self.peak, self._served.memory())
            time.sleep(SAMPLE_SECONDS)

    def _search(self) -> None:
        for n in itertools.count():
            if n >= SEARCHES and self._over.wait(PAUSE):
                return
            try:
                self.delays.append(self._served.search(f"sunset {n} {self._source}", self._source))
            except (OSError, RuntimeError):
                self.delays.append(float("inf"))

    @property
    def megabytes(self) -> float:
        """The most memory above that at the beginning."""
        return (self.peak - self.before) / MEGABYTE

    @property
    def delay(self) -> float:
        """The median seconds of a search, of those ten in a row that took longest."""
        starts = range(len(self.delays) - SEARCHES + 1)
        return max(statistics.median(self.delays[n : n + SEARCHES]) for n in starts)


@contextmanager
def serving(home: Path, **environment: str) -> Iterator[Served]:
    """Serve the app until the block ends, warm."""
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    log = home.with_name(f"{home.name}.log")
    command = [sys.executable, "-X", "faulthandler", "-m", "streamlit", "run", "app/server.py"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "KINDRED_HOME": str(home), **environment},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    served = Served(port, process, log)
    try:
        _warm(served)
        yield served
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _warm(served: Served) -> None:
    """Wait until it answers, with its models loaded."""
    end = time.monotonic() + 240
    while time.monotonic() < end:
        served.check_alive()
        try:
            served.search("sunset", "127.0.0.1")
            served.request("POST", "/api/analyse", {"posts": [_POST]})
            served.request("GET", "/")
            return
        except (OSError, RuntimeError):
            time.sleep(0.3)
    raise SystemExit("The server did not start.")
