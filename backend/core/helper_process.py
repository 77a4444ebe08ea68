"""A process next to this one for work that may hang, take all memory, or end its process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import IO, TypeVar

from backend.settings import ROOT

T = TypeVar("T")

# Keys and passwords of this process are no business of what reads strangers' files.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "KINDRED_ASSETS")
_LOOK = 0.5  # seconds between looks at a process that has not answered


class HelperEnded(Exception):
    """The process ended before it answered.

    Attributes
    ----------
    signal : int
        What ended it; 0 where it left by itself.
    too_slow : bool
        Whether it was ended here: at the deadline, or because it did nothing.
    """

    def __init__(self, signal: int, *, too_slow: bool) -> None:
        super().__init__(f"signal {signal}")
        self.signal, self.too_slow = signal, too_slow


class HelperProcess:
    """A Python process that answers on its standard output what comes in on its standard input.

    It is started when it is first needed, and again after it has ended. One thread at a time.

    Parameters
    ----------
    arguments : sequence of str
        Of Python.
    environment : mapping of str to str, optional
        Beside the few variables of this process that it gets.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self._command = [sys.executable, *arguments]
        kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._environment = {**kept, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> tuple[IO[bytes], IO[bytes]]:
        """Start the process unless it runs; return its input and its output."""
        if self._process is None or self._process.poll() is not None:
            self.end()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env=self._environment,
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def ask(
        self,
        talk: Callable[[IO[bytes], IO[bytes]], T],
        seconds: float,
        idle: float = float("inf"),
    ) -> T:
        """Write a question and read its answer.

        Parameters
        ----------
        talk : callable
            Gets the input and the output of the process; raises `EOFError` where the answer
            ends too soon.
        seconds : float
            For all of it.
        idle : float
            Seconds after which it is ended where it has used no processor time meanwhile: it
            waits for something that does not come, such as a thread that could not be started.

        Raises
        ------
        HelperEnded
        """
        pipes = self.start()
        process = self._process
        assert process is not None
        too_slow = False

        def watch() -> None:
            nonlocal too_slow
            now = active = time.monotonic()
            end, used = now + seconds, _processor_time(process.pid)
            while now < min(end, active + idle):
                if answered.wait(min(_LOOK, end - now)):
                    return
                now, before, used = time.monotonic(), used, _processor_time(process.pid)
                if used is None or used != before:
                    active = now
            too_slow = True
            process.kill()

        answered = Event()
        Thread(target=watch, daemon=True).start()  # writing to it may hang as well as reading
        try:
            return talk(*pipes)
        except (EOFError, OSError):
            signal = max(0, -self.end())
            raise HelperEnded(signal, too_slow=too_slow) from None
        except BaseException:
            self.end()  # half an answer may be on its way
            raise
        finally:
            answered.set()

    def end(self) -> int:
        """End the process; return its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)  # what it ended of by itself says more than the signal sent here
        process.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        return process.wait()


def _processor_time(pid: int) -> int | None:
    """Return the clock ticks that a process has used; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[11]) + int(fields[12])
