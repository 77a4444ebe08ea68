"""The making of a corpus's maps and word spaces, as pages begin it and watch it.

The work itself is ``python -m backend map``, in a process of its own: it takes memory and
minutes that the app has no use for. Whoever runs that command says here how far it is.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from backend.core import jobs
from backend.core.files import write_json
from backend.domain import KindredError
from backend.workspace.context import WorkspaceContext
from backend.workspace.guards import check_writable

log = logging.getLogger(__name__)

FOLDER = "maps"  # of a workspace
PATIENCE = 10.0  # seconds that a process has to wake, or to die
_STATE, _LOG = "state.json", "log.txt"

LOOK = 0.2  # seconds, at least, between two states written

T = TypeVar("T")
Progress = Callable[[int, int], None]  # steps done, all steps


@dataclass(frozen=True, slots=True)
class State:
    """How far the making is.

    Attributes
    ----------
    stage : str
        ``none``, ``making``, ``done``, ``stopped`` or ``failed``.
    part : str
        ``user``, ``post`` or ``words``, while it is made.
    share : float
        Of the whole, 0 to 1.
    error : str
        Why it failed, or what of it there is too little for.
    """

    stage: str = "none"
    part: str = ""
    share: float = 0.0
    error: str = ""


class MapJobs:
    """The maps that are being made for the corpora of one workspace.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._process: tuple[Path, subprocess.Popen[bytes]] | None = None

    def start(self, corpus: str | None = None) -> None:
        """Make the maps of a corpus in a process of its own.

        Raises
        ------
        KindredError
            ``read_only``; ``map_busy`` while those of another corpus are made;
            ``not_started``.
        """
        check_writable()
        folder = self._folder(corpus)
        with self._lock:
            if self._process and _told(self._process[0]).stage not in ("none", "making"):
                with suppress(subprocess.TimeoutExpired):
                    self._process[1].wait(PATIENCE)  # the work is done, the process is ending
            if self._alive():
                assert self._process is not None
                if self._process[0] == folder:
                    return
                said = "The maps of another corpus are being made; wait until they are done."
                raise KindredError("map_busy", said)
            if jobs.busy(folder):
                return  # somebody makes them from a shell
            folder.mkdir(parents=True, exist_ok=True)
            _say(folder, State("making"))
            named = ["--corpus", corpus] if corpus else []
            command = ["map", *named, "--quiet", "--json"]
            self._process = folder, jobs.begin(command, self._host.home, folder / _LOG)

    def stop(self, corpus: str | None = None) -> None:
        """End it, where it was begun by `start` here; the maps that are made stay."""
        check_writable()
        with self._lock:
            if self._process is None or self._process[0] != self._folder(corpus):
                return
            process = self._process[1]
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def state(self, corpus: str | None = None) -> State:
        """How far it is; what nobody works on any more was stopped."""
        folder = self._folder(corpus)
        mine = self._process is not None and self._process[0] == folder
        if mine and self._alive():
            return _told(folder)  # it may only be waking
        found, left = jobs.read_checked(
            lambda: _told(folder), ("making",), lambda: jobs.busy(folder)
        )
        return replace(found, stage="stopped") if left else found

    def work(
        self, corpus: str | None, parts: Sequence[str], make: Callable[[str, Progress], T]
    ) -> dict[str, T | KindredError]:
        """Be who makes them, and write down how far it is.

        Parameters
        ----------
        corpus : str or None
        parts : sequence of str
            ``user``, ``post`` and ``words``, those that are made, in their order.
        make : callable
            Makes a part; is given what to call with its steps done and all of them.

        Returns
        -------
        dict
            What `make` gave for each part, or why there is too little for it.

        Raises
        ------
        KindredError
            ``map_busy`` when another process makes them, ``too_few`` when nothing
            can be made; whatever `make` raises.
        """
        folder = self._folder(corpus)
        folder.mkdir(parents=True, exist_ok=True)
        found: dict[str, T | KindredError] = {}
        refusal = KindredError("map_busy", "These maps are being made by another process.")
        with jobs.exclusive(folder, refusal):
            try:
                for number, part in enumerate(parts):
                    tell = _teller(folder, part, number, len(parts))
                    try:
                        found[part] = make(part, tell)
                    except KindredError as error:
                        if error.code != "too_few":
                            raise
                        found[part] = error  # the others can be made all the same
                few = [of for of in found.values() if isinstance(of, KindredError)]
                if len(few) == len(parts):
                    raise few[0]
                _say(folder, State("done", share=1.0, error=" ".join(e.message for e in few)))
            except KindredError as error:
                _fail(folder, error.message)
                raise
            except Exception:
                id_ = secrets.token_hex(4)
                log.exception("the making of maps failed, error %s", id_)
                said = f"Something went wrong that is not your fault (error {id_})."
                _fail(folder, said)
                raise
        return found

    def _alive(self) -> bool:
        return self._process is not None and self._process[1].poll() is None

    def _folder(self, corpus: str | None) -> Path:
        opened = self._host.corpus(corpus)
        key = f"{opened.uri}\n{self._host.bundle.name}"
        return self._host.home / FOLDER / hashlib.sha256(key.encode()).hexdigest()[:16]


def _told(folder: Path) -> State:
    try:
        return State(**json.loads((folder / _STATE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return State()


def _teller(folder: Path, part: str, number: int, parts: int) -> Progress:
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if done < total and time.monotonic() - last < LOOK:
            return
        last = time.monotonic()
        _say(folder, State("making", part, (number + done / max(total, 1)) / parts))

    tell(0, 1)
    return tell


def _say(folder: Path, state: State) -> None:
    write_json(folder / _STATE, asdict(state))


def _fail(folder: Path, error: str) -> None:
    try:
        _say(folder, State("failed", error=error))
    except OSError:  # the disk is full; who waits is told at least that nobody works on it
        log.warning("that the making of maps failed could not be written down")
