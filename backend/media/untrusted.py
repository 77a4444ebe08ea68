"""Decode strangers' files in processes of their own.

However many limits a decoder has, some file finds its way around them: fifty megabytes of
padding, ten million comments, a library that ends its process. Here such a file costs a
helper of limited memory and time, and the server goes on.
"""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from backend.core.helper_process import HelperEnded, HelperProcess
from backend.core.meter import spend
from backend.core.scheduler import BACKGROUND
from backend.core.visitors import current_visitor
from backend.domain import KindredError, Picture, Sound
from backend.media.errors import MediaError
from backend.media.source import load_sniffed
from backend.settings import Limits

TOO_DEMANDING = "too_demanding"
WORKERS = 2
OF_ONE_VISITOR = 1  # files that one visitor may have decoded at a time: others find a worker
WAIT_SECONDS = 60.0
CLOCK = 6  # seconds on it for a second of processor time: cores may be shared
IDLE = 12.0  # seconds without any processor time: then it waits for what never comes
_COMMAND = ("-m", "backend.media.worker")
_Answer = tuple[Picture | None, Sound | None] | MediaError
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def read_untrusted(
    source: Path | bytes, limits: Limits | None = None
) -> tuple[Picture | None, Sound | None]:
    """Decode a file of a stranger as `read_media` does, in another process.

    Raises
    ------
    MediaError
        As `read_media`; ``too_demanding`` where it takes too much time or memory.
    KindredError
        ``busy`` when no worker becomes free.
    MemoryError
        When the machine is short of memory.
    """
    data, _, limits = load_sniffed(source, limits)
    return _POOL.decode(data, limits)


def warm_up() -> None:
    """Start a worker, so that the first file does not wait for it."""
    _POOL.warm_up()


class _Pool:
    """Workers, of which the one that was used last is used next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._all = [HelperProcess(_COMMAND, _ENVIRONMENT) for _ in range(WORKERS)]
        self._free = list(self._all)
        self._busy: Counter[str] = Counter()

    def decode(self, data: bytes, limits: Limits) -> tuple[Picture | None, Sound | None]:
        """Decode a file in a worker."""
        asked = {"bytes": len(data), "limits": limits.model_dump()}

        def talk(to: IO[bytes], from_: IO[bytes]) -> _Answer:
            to.write(json.dumps(asked).encode() + b"\n")
            to.write(data)
            to.flush()
            return _read_answer(from_)

        with self._worker() as worker:
            for attempt in ("first", "last"):
                try:
                    answer = worker.ask(talk, CLOCK * limits.decode_seconds, IDLE)
                    break
                except HelperEnded as ended:
                    # Without a signal it has only left, to give its memory back.
                    if ended.signal or ended.too_slow or attempt == "last":
                        spend(limits.decode_seconds)
                        raise _reason(ended) from None
        if isinstance(answer, MediaError):
            raise answer
        return answer

    def warm_up(self) -> None:
        """Start a worker."""
        with self._worker() as worker:
            worker.start()

    @contextmanager
    def _worker(self) -> Iterator[HelperProcess]:
        visitor = current_visitor()
        most = OF_ONE_VISITOR if visitor not in ("", BACKGROUND) else WORKERS
        with self._changed:
            free = self._changed.wait_for(
                lambda: bool(self._free) and self._busy[visitor] < most, WAIT_SECONDS
            )
            if not free:
                message = "Too many files are being read; try again in a minute."
                raise KindredError("busy", message, retry_after=30)
            worker = self._free.pop()
            self._busy[visitor] += 1
        try:
            yield worker
        finally:
            with self._changed:
                self._free.append(worker)
                self._busy[visitor] -= 1
                self._busy += Counter()  # drops those at zero
                self._changed.notify_all()


def _reason(ended: HelperEnded) -> Exception:
    """Return what to tell of a worker that ended."""
    if ended.too_slow or ended.signal == signal.SIGPROF:
        return too_demanding()
    if ended.signal == signal.SIGKILL:
        return MemoryError("the system ended a decoder")
    return MediaError("damaged", "The decoder failed at this file; export or download it again.")


def too_demanding() -> MediaError:
    """Return the refusal of a file that takes too much."""
    return MediaError(
        TOO_DEMANDING,
        "Reading this file takes far more time or memory than its size explains; save it again "
        "in another format, or make it smaller.",
    )


def _read_answer(from_: IO[bytes]) -> _Answer:
    line = from_.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    answer = json.loads(line)
    spend(answer["seconds"])
    if "error" in answer:
        code, message = answer["error"]
        return too_demanding() if code == TOO_DEMANDING else MediaError(code, message)
    frames = tuple(
        _read_array(from_, (height, width, 3), np.uint8) for height, width in answer["frames"]
    )
    picture = Picture(frames) if frames else None
    if "sound" not in answer:
        return picture, None
    samples = _read_array(from_, (answer["samples"],), np.float32)
    return picture, Sound(samples, *answer["sound"])


def _read_array(from_: IO[bytes], shape: tuple[int, ...], kind: Any) -> np.ndarray:
    array = np.empty(shape, kind)
    view = array.reshape(-1).view(np.uint8).data
    done = 0
    while done < len(view):
        count = from_.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        done += count
    return array


_POOL = _Pool()
