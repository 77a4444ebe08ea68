"""An import on disk: what was asked for, what is done, and who works on it.

Its directory holds everything that an import makes before the corpus changes,
so an import can be stopped by anything and goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from backend.core import jobs
from backend.core.files import write_json
from backend.domain import KindredError
from backend.ingest.readers.base import Options

_FILE, _STATE = "job.json", "state.json"
_WORKING = ("encoding", "finishing")


@dataclass(frozen=True, slots=True)
class State:
    """How far an import is.

    Attributes
    ----------
    stage : str
        ``waiting``, ``encoding``, ``finishing``, ``paused``, ``failed`` or ``done``.
    done, total : int
        Rows.
    rate : float
        Rows a second, lately.
    left : float or None
        Seconds.
    posts, same, lost : int
        Posts encoded; those that the corpus had; rows that gave none.
    error : str
        Why it failed, in a sentence.
    """

    stage: str = "waiting"
    done: int = 0
    total: int = 0
    rate: float = 0.0
    left: float | None = None
    posts: int = 0
    same: int = 0
    lost: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """An import.

    Attributes
    ----------
    folder : pathlib.Path
    source : pathlib.Path
    corpus, format : str
    options : Options
    rows : int
        That the report counted.
    run : str
        Drawn when it was made.
    own : bool
        Whether the source was uploaded for this import and goes with it.
    """

    folder: Path
    source: Path
    corpus: str
    format: str
    options: Options
    rows: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    own: bool = False
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name

    def save(self) -> None:
        """Write it down."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made = asdict(self) | {"source": str(self.source), "folder": ""}
        write_json(self.folder / _FILE, made)

    @classmethod
    def open(cls, folder: Path) -> Job:
        """Read one.

        Raises
        ------
        KindredError
            ``no_import`` when there is none, or a damaged one.
        """
        try:
            raw = json.loads((folder / _FILE).read_text("utf-8"))
            options = raw.pop("options")
            mapping = {k: tuple(v) for k, v in options.pop("mapping").items()}
            raw |= {"folder": folder, "source": Path(raw["source"])}
            return cls(**raw, options=Options(mapping=mapping, **options))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise KindredError("no_import", f"There is no import {folder.name[:40]!r}.") from None

    def state(self) -> State:
        """How far it is; an import that nobody works on is paused."""
        found, left = jobs.read_checked(self._told, _WORKING, self.busy)
        return replace(found, stage="paused", rate=0.0, left=None) if left else found

    def _told(self) -> State:
        try:
            return State(**json.loads((self.folder / _STATE).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return State(total=self.rows)

    def tell(self, state: State) -> None:
        """Write down how far it is."""
        write_json(self.folder / _STATE, asdict(state))

    def busy(self) -> bool:
        """Whether a process works on it."""
        return jobs.busy(self.folder)

    def held(self) -> AbstractContextManager[None]:
        """Work on it; the system lets go when the process dies.

        Raises
        ------
        KindredError
            ``import_busy`` when another one does already.
        """
        return jobs.exclusive(
            self.folder,
            KindredError(
                "import_busy", "This import is running already, here or in another process."
            ),
        )

    def forget(self) -> None:
        """Delete all that it made, and the source if it was uploaded for it."""
        if self.own:
            shutil.rmtree(self.source.parent, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def job_id(source: Path, corpus: str, format_: str, options: Options) -> str:
    """The same import has the same name, so that it can be gone on with."""
    said = json.dumps([str(source.resolve()), corpus, format_, asdict(options)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
