"""A training on disk: its request, its state, its learning curves and its table."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import TypeAdapter

from backend.core import jobs
from backend.core.append_only import append_lines
from backend.core.files import write_json

if TYPE_CHECKING:
    from backend.bundles.bundle import Bundle
    from backend.metrics.result import ResultTable

_CURVES, _RESULT = "curves.jsonl", "result.json"
FOLDER = "trainings"  # of a workspace
ACTIVE = ("waiting", "reading", "training")


@dataclass(frozen=True, slots=True)
class Budget:
    """How much time a comparison of models may take.

    Attributes
    ----------
    runs : int
        Folds that are tested, of ten.
    epochs : int or None
        Maximum epochs of a training run.
    summary : str
    """

    runs: int
    epochs: int | None
    summary: str


BUDGETS: Mapping[str, Budget] = {
    "quick": Budget(1, 8, "one fold of ten is tested, eight epochs at most"),
    "full": Budget(10, None, "all ten folds are tested, as many epochs as help"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What to train; two requests that differ in any field are two training runs.

    Attributes
    ----------
    corpus, label : str
    models : tuple of str
    budget : str
        A key of `BUDGETS`.
    version : str
        The version of the corpus.
    bundle, encoders : str
        The name of the bundle whose joint space is compared, and a digest of its
        encoders; empty in requests that earlier releases wrote.
    """

    corpus: str
    label: str
    models: tuple[str, ...]
    budget: str = "quick"
    version: str = ""
    bundle: str = ""
    encoders: str = ""

    @property
    def id(self) -> str:
        """The id of the training: equal requests have equal ids, so that it is resumed."""
        return jobs.job_id(json.dumps(asdict(self), sort_keys=True))


def encoders_digest(bundle: Bundle) -> str:
    """Return a digest of the encoders of a bundle: other encoders give other vectors."""
    return hashlib.sha256(repr(sorted(bundle.encoders.items())).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class TrainingState(jobs.JobState):
    """How far a training run is.

    Attributes
    ----------
    stage : str
        ``waiting`` (for another training), ``reading`` (posts are encoded), ``training``,
        ``paused``, ``failed`` or ``done``.
    model : str
        The one being trained.
    done, total : int
        Trainings of one model on one fold.
    doing : str
        The current step, in a few words.
    share : float
        Done of all, in [0, 1].
    left : float or None
        Seconds, at most.
    spent : float
        Seconds of computing, also before it was paused.
    queued : float
        When it began to wait for its turn, in seconds since 1970.
    best : str
        The best fusion model, whose bundle was written.
    bundle : str
        The name of that bundle's directory; empty without one.
    """

    ACTIVE: ClassVar = ACTIVE

    model: str = ""
    done: int = 0
    total: int = 0
    doing: str = ""
    share: float = 0.0
    left: float | None = None
    spent: float = 0.0
    queued: float = 0.0
    best: str = ""
    bundle: str = ""

    def interrupted(self) -> Self:
        """Return this state once no process works on the training any more."""
        return replace(self, stage="paused", left=None, doing="")


@dataclass(frozen=True, slots=True)
class EpochPoint:
    """One epoch of a learning curve.

    Attributes
    ----------
    model : str
    run, epoch : int
    loss : float
        On the training posts.
    validation : float or None
        Loss on the validation posts.
    figure : float or None
        F1 on the validation posts.
    """

    model: str
    run: int
    epoch: int
    loss: float
    validation: float | None = None
    figure: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingJob(jobs.Job[TrainingState]):
    """A training.

    Attributes
    ----------
    folder : pathlib.Path
    request : Request
    created : str
        ISO 8601.
    """

    BUSY: ClassVar = "training_busy"
    MISSING: ClassVar = "no_training"

    folder: Path
    request: Request
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def checkpoints(self) -> Path:
        """The folder of unfinished networks."""
        return self.folder / "checkpoints"

    def initial(self) -> TrainingState:
        """Return the state before anything is reported."""
        return TrainingState()

    def record(self) -> dict[str, Any]:
        """Return what ``job.json`` holds."""
        return {"request": asdict(self.request), "created": self.created}

    def add_point(self, point: EpochPoint) -> None:
        """Append an epoch to the curves."""
        append_lines(self.folder / _CURVES, json.dumps(asdict(point)) + "\n")

    def curves(self) -> list[EpochPoint]:
        """Return all epochs so far, each once, in the order of runs, models and epochs."""
        try:
            lines = (self.folder / _CURVES).read_text("utf-8", "replace").split("\n")
        except OSError:
            return []
        order = list(self.request.models)
        # Of a line that was torn or damaged the epoch is missing, or comes again.
        found = [p for p in map(_parsed, lines) if p is not None and p.model in order]
        points = {(p.model, p.run, p.epoch): p for p in found}
        return sorted(points.values(), key=lambda p: (p.run, order.index(p.model), p.epoch))

    def save_result(self, result: ResultTable) -> None:
        """Write the table."""
        write_json(self.folder / _RESULT, result.as_json())

    def result(self) -> ResultTable | None:
        """Read the table; None before there is one."""
        from backend.metrics.result import ResultTable

        try:
            raw = json.loads((self.folder / _RESULT).read_bytes())
            named = {**raw, "name": raw["table"], "measurements": raw["figures"]}
            return TypeAdapter(ResultTable).validate_python(named)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def delete_checkpoints(self) -> None:
        """Delete what only an unfinished training needs."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)


def _parsed(line: str) -> EpochPoint | None:
    """Read a line of the curves; None if it is empty or damaged."""
    with suppress(ValueError):
        return TypeAdapter(EpochPoint).validate_json(line)
    return None
