"""A training on disk: what was asked for, how far it is, its curves and its table."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.core import jobs
from backend.core.files import write_json
from backend.domain import KindredError

if TYPE_CHECKING:
    from backend.bundles.bundle import Bundle
    from backend.metrics.result import ResultTable

_FILE, _STATE, _CURVES, _RESULT = "job.json", "state.json", "curves.jsonl", "result.json"
_STOP = "stop"
FOLDER = "trainings"  # of a workspace
ACTIVE = ("waiting", "reading", "training")


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is spent on a comparison.

    Attributes
    ----------
    runs : int
        Folds that are tested, of ten.
    epochs : int or None
        No training lasts longer.
    says : str
    """

    runs: int
    epochs: int | None
    says: str


BUDGETS: Mapping[str, Budget] = {
    "quick": Budget(1, 8, "one fold of ten is tested, eight epochs at most"),
    "full": Budget(10, None, "all ten folds are tested, as many epochs as help"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants trained.

    Attributes
    ----------
    corpus, label : str
    models : tuple of str
    budget : str
        A key of `BUDGETS`.
    version : str
        Of the corpus: other posts, another training.
    bundle, encoders : str
        The name of the bundle whose joint space is compared, and a digest of its
        encoders; empty in what was asked of earlier versions.
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
        """The same request has the same name, so that it can be gone on with."""
        said = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def encoders_digest(bundle: Bundle) -> str:
    """Names the encoders of a bundle: with others posts get other vectors."""
    return hashlib.sha256(repr(sorted(bundle.encoders.items())).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class State:
    """How far a training is.

    Attributes
    ----------
    stage : str
        ``waiting`` (for another one), ``reading`` (posts are encoded), ``training``,
        ``paused``, ``failed`` or ``done``.
    model : str
        Which is at work.
    done, total : int
        Trainings.
    doing : str
        What it does just now, in a few words.
    share : float
        Done of all, in [0, 1].
    left : float or None
        Seconds, at most.
    spent : float
        Seconds of computing, all goes added up.
    error : str
        Why it failed, in a sentence.
    queued : float
        When it asked for its turn, in seconds since 1970.
    best : str
        The best fusion model, whose bundle was kept.
    bundle : str
        Its directory's name; empty without one.
    """

    stage: str = "waiting"
    model: str = ""
    done: int = 0
    total: int = 0
    doing: str = ""
    share: float = 0.0
    left: float | None = None
    spent: float = 0.0
    error: str = ""
    queued: float = 0.0
    best: str = ""
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class EpochPoint:
    """What one epoch came to.

    Attributes
    ----------
    model : str
    run, epoch : int
    loss : float
        On training posts.
    validation : float or None
        Loss on the posts to stop by.
    figure : float or None
        F1 on them.
    """

    model: str
    run: int
    epoch: int
    loss: float
    validation: float | None = None
    figure: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A training.

    Attributes
    ----------
    folder : pathlib.Path
    request : Request
    created : str
        ISO 8601.
    """

    folder: Path
    request: Request
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name

    @property
    def checkpoints(self) -> Path:
        """Where its networks are kept while it is at work."""
        return self.folder / "checkpoints"

    def save(self) -> None:
        """Write it down."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made = {"request": asdict(self.request), "created": self.created}
        write_json(self.folder / _FILE, made)

    @classmethod
    def open(cls, folder: Path) -> Job:
        """Read one.

        Raises
        ------
        KindredError
            ``no_training`` when there is none, or a damaged one.
        """
        try:
            raw = json.loads((folder / _FILE).read_text("utf-8"))
            asked = raw["request"]
            request = Request(**{**asked, "models": tuple(asked["models"])})
            return cls(folder, request, raw["created"])
        except (OSError, ValueError, TypeError, KeyError):
            raise KindredError("no_training", "There is no such training here.") from None

    def state(self) -> State:
        """How far it is; one that nobody works on is paused."""
        found, left = jobs.read_checked(self._told, ACTIVE, self.busy)
        return replace(found, stage="paused", left=None, doing="") if left else found

    def _told(self) -> State:
        try:
            return State(**json.loads((self.folder / _STATE).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return State()

    def tell(self, state: State) -> None:
        """Write down how far it is."""
        write_json(self.folder / _STATE, asdict(state))

    def add(self, point: EpochPoint) -> None:
        """Write down what an epoch came to."""
        with (self.folder / _CURVES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(point)) + "\n")

    def curves(self) -> list[EpochPoint]:
        """All epochs so far, each once, in the order of models, runs and epochs."""
        try:
            lines = (self.folder / _CURVES).read_text("utf-8").splitlines()
        except OSError:
            return []
        found: dict[tuple[str, int, int], EpochPoint] = {}
        for line in lines:
            try:
                point = EpochPoint(**json.loads(line))
            except (ValueError, TypeError):
                continue  # the process died while it wrote this line; the epoch comes again
            found[point.model, point.run, point.epoch] = point
        order = list(self.request.models)
        return sorted(found.values(), key=lambda p: (p.run, order.index(p.model), p.epoch))

    def keep(self, result: ResultTable) -> None:
        """Write the table down."""
        write_json(self.folder / _RESULT, result.as_json())

    def result(self) -> ResultTable | None:
        """The table; None before there is one."""
        from backend.metrics.result import Measurement, ResultTable

        try:
            raw: dict[str, Any] = json.loads((self.folder / _RESULT).read_text("utf-8"))
            figures = tuple(Measurement(**figure) for figure in raw["figures"])
            return ResultTable(raw["table"], raw["summary"], figures, tuple(raw["notes"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def busy(self) -> bool:
        """Whether a process works on it."""
        return jobs.busy(self.folder)

    def stop(self, asked: bool = True) -> None:
        """Ask the process that works on it to end, wherever that runs; or no longer."""
        if asked:
            (self.folder / _STOP).touch()
        else:
            (self.folder / _STOP).unlink(missing_ok=True)

    def stopped(self) -> bool:
        """Whether the process that works on it is to end."""
        return (self.folder / _STOP).exists()

    def held(self) -> AbstractContextManager[None]:
        """Work on it; the system lets go when the process dies.

        Raises
        ------
        KindredError
            ``training_busy`` when another one does already.
        """
        return jobs.exclusive(
            self.folder,
            KindredError("training_busy", "This training is at work already."),
        )

    def tidy(self) -> None:
        """Drop what only an unfinished training needs."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def forget(self) -> None:
        """Delete all that it made, but not its bundle."""
        shutil.rmtree(self.folder, ignore_errors=True)
