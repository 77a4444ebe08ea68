"""The process that decodes strangers' files: its memory and time are limited by the system.

It reads a line of JSON and the bytes of a file, and answers with a line of JSON and raw pixels
and samples; nothing of it is code. `backend.media.untrusted` starts it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from backend.domain import KindredError, Picture, Sound
from backend.media import container  # noqa: F401 - loads FFmpeg before memory is counted
from backend.media.read import read_media
from backend.media.untrusted import TOO_DEMANDING
from backend.settings import Limits

KEPT = 64 * 2**20  # above what it began with, a worker leaves: its memory is scattered
_PAGE = resource.getpagesize()
_SIZE, _RESIDENT = 0, 1  # fields of /proc/self/statm


def main() -> None:
    """Serve until the input ends."""
    os.nice(5)  # who waits for a page comes first
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    size, resident = _pages(_SIZE), _pages(_RESIDENT)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        data = sys.stdin.buffer.read(asked["bytes"])
        limits = Limits.model_construct(**asked["limits"])
        resource.setrlimit(resource.RLIMIT_AS, (size + limits.decode_bytes, resource.RLIM_INFINITY))
        # The system ends the process when the timer of its processor time is over.
        signal.setitimer(signal.ITIMER_PROF, limits.decode_seconds)
        _answer(data, limits)
        signal.setitimer(signal.ITIMER_PROF, 0)
        del data
        if _pages(_RESIDENT) > resident + KEPT:
            return


def _pages(field: int) -> int:
    """Return a field of the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[field]) * _PAGE


def _answer(data: bytes, limits: Limits) -> None:
    arrays: list[Any] = []
    begin = time.process_time()
    try:
        picture, sound = read_media(data, limits)
        answer, arrays = _described(picture, sound)
    except MemoryError:
        answer = {"error": [TOO_DEMANDING, ""]}
    except KindredError as error:
        answer = {"error": [error.code, error.message]}
    answer["seconds"] = time.process_time() - begin
    out = sys.stdout.buffer
    out.write(json.dumps(answer).encode() + b"\n")
    for array in arrays:
        out.write(memoryview(array).cast("B"))
    out.flush()


def _described(picture: Picture | None, sound: Sound | None) -> tuple[dict[str, Any], list[Any]]:
    frames = list(picture.frames) if picture is not None else []
    said: dict[str, Any] = {"frames": [frame.shape[:2] for frame in frames]}
    if sound is None:
        return said, frames
    said["samples"] = len(sound.samples)
    said["sound"] = (sound.rate, sound.start, sound.duration)
    return said, [*frames, sound.samples]


if __name__ == "__main__":
    main()
