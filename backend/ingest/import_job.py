"""An import on disk: a source, how to read it, and the corpus that gets its posts."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from backend.core import jobs
from backend.ingest.readers.base import Options


@dataclass(frozen=True, slots=True)
class ImportState(jobs.JobState):
    """Progress of an import.

    Attributes
    ----------
    stage : str
        ``waiting``, ``encoding``, ``finishing``, ``paused``, ``failed`` or ``done``.
    done, total : int
        Rows.
    rate : float
        Rows per second in the last half minute.
    left : float or None
        Seconds.
    posts, same, lost : int
        Posts encoded; posts that the corpus had already; rows that gave no post.
    """

    ACTIVE: ClassVar = ("encoding", "finishing")

    done: int = 0
    total: int = 0
    rate: float = 0.0
    left: float | None = None
    posts: int = 0
    same: int = 0
    lost: int = 0

    def interrupted(self) -> Self:
        """Return the state of an import whose process has ended early."""
        return replace(self, stage="paused", rate=0.0, left=None)


@dataclass(frozen=True, slots=True)
class ImportJob(jobs.Job[ImportState]):
    """An import.

    Attributes
    ----------
    folder : pathlib.Path
        Also holds what is encoded before the corpus changes.
    source : pathlib.Path
    corpus, format : str
    options : Options
    rows : int
        As counted by the check; 0 where it did not look at all of them.
    run : str
        Drawn at random for each import, also of the same source.
    own : bool
        Whether the source was uploaded for this import and is deleted with it.
    created : str
        ISO 8601.
    """

    BUSY: ClassVar = "import_busy"
    MISSING: ClassVar = "no_import"

    folder: Path
    source: Path
    corpus: str
    format: str
    options: Options
    rows: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    own: bool = False
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def initial(self) -> ImportState:
        """Return the state before anything is reported."""
        return ImportState(total=self.rows)

    def record(self) -> dict[str, Any]:
        """Return what ``job.json`` holds."""
        return asdict(self) | {"source": str(self.source), "folder": ""}

    def delete(self) -> None:
        """Delete the folder, and the source if it was uploaded for this import."""
        if self.own:
            shutil.rmtree(self.source.parent, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def import_id(source: Path, corpus: str, format_: str, options: Options) -> str:
    """Return the id of an import; the same import has the same id, so that it is resumed."""
    request = [str(source.resolve()), corpus, format_, asdict(options)]
    return jobs.job_id(json.dumps(request, sort_keys=True))
