"""The one loop that trains every network here.

What a network learns from and how its loss is computed is a `Task`; when to
stop, what to keep and how to go on after a kill is decided here.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from backend.core.device import resolve
from backend.domain import KindredError
from backend.settings import SEED
from backend.training import checkpoints

TELL_EVERY = 0.5  # seconds between two reports inside an epoch


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How a network is trained.

    Attributes
    ----------
    epochs : int
        At most.
    batch : int
        Items in a step.
    rate : float
        Learning rate of Adam (Kingma and Ba 2015, as JTAV sec. 3.3) or SGD.
    decay : float
        Weight decay, decoupled.
    optimiser : str
        ``adam`` or ``sgd`` (momentum 0.9).
    schedule : str
        ``constant``, or ``cosine`` down to a hundredth over `epochs`.
    patience : int
        Epochs without a better validation score before it stops.
    clip : float
        Largest norm of the gradient.
    seed : int
    """

    epochs: int = 40
    batch: int = 64
    rate: float = 1e-3
    decay: float = 1e-4
    optimiser: str = "adam"
    schedule: str = "constant"
    patience: int = 6
    clip: float = 5.0
    seed: int = SEED


class Task(ABC):
    """A network with what it learns from.

    Attributes
    ----------
    module : torch.nn.Module
        Trained in place; moved to the device that computes.
    size : int
        Training items.
    """

    module: nn.Module
    size: int

    @abstractmethod
    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Scalar loss of the training items at these places, ``(batch,)`` int64."""

    def score(self) -> float | None:
        """How good it is on validation data, more is better; None: train to the last epoch."""
        return None

    def figure(self) -> float | None:
        """A figure that people read, of the validation data as last scored: F1 in [0, 1]."""
        return None

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Places ``(batch,)`` int64 for each step of an epoch: every item once, shuffled."""
        order = rng.permutation(self.size)
        # A last batch of one item would break batch normalisation; it joins the one before.
        yield from np.array_split(order, max(1, round(self.size / size)))

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Parameter groups of the optimiser, each with its ``lr``."""
        return [{"params": [p for p in self.module.parameters() if p.requires_grad], "lr": rate}]

    def fingerprint(self) -> str:
        """What, besides configuration and shapes, must be the same for a training to go on."""
        return ""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is.

    Attributes
    ----------
    epoch, epochs : int
        From 1; at most so many.
    done : float
        Share of this epoch.
    loss : float
        Mean of this epoch so far.
    score, best : float or None
        Of the last whole epoch, and the best.
    seconds : float
        Spent by this process.
    left : float
        Seconds left if every epoch is needed.
    figure : float or None
        F1 on validation data after the last whole epoch.
    """

    epoch: int
    epochs: int
    done: float
    loss: float
    score: float | None
    best: float | None
    seconds: float
    left: float
    figure: float | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What happened in a training.

    Attributes
    ----------
    losses : tuple of float
        Mean of each epoch.
    scores : tuple of float or None
        After each epoch.
    best : int
        The epoch, from 1, whose weights the network now has.
    resumed : int
        Epochs that an earlier process had done.
    figures : tuple of float or None
        After each epoch, where the task has one.
    """

    losses: tuple[float, ...]
    scores: tuple[float | None, ...]
    best: int
    resumed: int = 0
    figures: tuple[float | None, ...] = ()


Tell = Callable[[Step], None]


def fit(
    task: Task,
    config: LoopConfig = LoopConfig(),
    *,
    folder: Path | None = None,
    device: str | None = None,
    tell: Tell | None = None,
) -> History:
    """Train a network; it ends with the weights of its best epoch, in evaluation mode.

    Every epoch draws from a seed of its own, so that a training that was killed
    and goes on from its last checkpoint ends with the very same weights as one
    that was not.

    Parameters
    ----------
    task : Task
    config : LoopConfig
    folder : pathlib.Path, optional
        Where a checkpoint is kept after each epoch, and looked for at the start.
    device : str, optional
        As for `backend.core.device.resolve`. On a GPU losses are computed in bfloat16.
    tell : callable, optional
        Called with a `Step` about twice a second and after each epoch; of a training that
        goes on, first with the epochs that were done before.

    Returns
    -------
    History

    Raises
    ------
    KindredError
        ``other_training`` when the folder holds another one, ``diverged``
        when the loss is no longer a number.
    """
    where = resolve(device).name
    task.module.to(where)
    # Fused and grouped steps round differently; one plain form resumes exactly.
    optimiser = _optimiser(task, config)
    base = [group["lr"] for group in optimiser.param_groups]
    print_ = _fingerprint(task, config)
    losses: list[float] = []
    scores: list[float | None] = []
    figures: list[float | None] = []
    best, kept = 0, _copy(task.module)
    if folder is not None and (raw := checkpoints.read(folder)) is not None:
        if raw["fingerprint"] != print_:
            raise KindredError(
                "other_training",
                f"{folder} holds a training with other settings or data. "
                "Name another folder, or delete that one.",
            )
        kept = checkpoints.restore(folder, raw, task.module, optimiser)
        losses, scores, best = raw["losses"], raw["scores"], raw["best"]
        figures = raw.get("figures") or [None] * len(losses)
        _retell(tell, config, losses, scores, figures)
    resumed, start = len(losses), time.monotonic()
    while len(losses) < config.epochs and len(losses) - best < (config.patience or config.epochs):
        epoch = len(losses)
        for group, rate in zip(optimiser.param_groups, base, strict=True):
            group["lr"] = rate * _pace(config, epoch)
        seen = _Report(tell, config, epoch, resumed, scores, best, start)
        losses.append(_epoch(task, optimiser, config, epoch, where, seen))
        task.module.eval()
        with torch.inference_mode():
            scores.append(task.score())
            figures.append(task.figure())
        known = [s for s in scores[:-1] if s is not None]
        last = scores[-1]
        if last is None or not known or last > max(known):
            best, kept = epoch + 1, _copy(task.module)
        if folder is not None:
            state = {"fingerprint": print_, "losses": losses, "scores": scores, "best": best}
            state["figures"] = figures
            checkpoints.write(folder, epoch + 1, task.module, optimiser, kept, state)
        seen.end(losses[-1], scores, best, figures[-1])
    task.module.load_state_dict(kept)
    task.module.eval()
    return History(tuple(losses), tuple(scores), best, resumed, tuple(figures))


def _epoch(
    task: Task,
    optimiser: torch.optim.Optimizer,
    config: LoopConfig,
    epoch: int,
    where: str,
    report: _Report,
) -> float:
    """Train one epoch and return its mean loss."""
    rng = np.random.default_rng((config.seed, epoch))
    devices = [where] if where.startswith("cuda") else []
    total, items = 0.0, 0
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(rng.integers(2**62)))
        task.module.train()
        for rows in task.batches(config.batch, rng):
            optimiser.zero_grad(set_to_none=True)
            with _half(where):
                loss = task.loss(rows, rng)
            value = float(loss.detach())
            if not math.isfinite(value):
                raise KindredError(
                    "diverged", f"The loss is {value} in epoch {epoch + 1}: lower the rate."
                )
            loss.backward()
            nn.utils.clip_grad_norm_(task.module.parameters(), config.clip)
            optimiser.step()
            total, items = total + value * len(rows), items + len(rows)
            report(items / max(task.size, items), total / items)
    return total / max(items, 1)


class _Report:
    """Tells how far a training is, but not too often."""

    def __init__(
        self,
        tell: Tell | None,
        config: LoopConfig,
        epoch: int,
        resumed: int,
        scores: list[float | None],
        best: int,
        start: float,
    ) -> None:
        self._tell, self._epochs, self._epoch, self._resumed = tell, config.epochs, epoch, resumed
        self._scores, self._best, self._start, self._told = scores, best, start, time.monotonic()
        self._figure: float | None = None

    def __call__(self, done: float, loss: float) -> None:
        if self._tell is not None and time.monotonic() - self._told >= TELL_EVERY:
            self._say(done, loss)

    def end(self, loss: float, scores: list[float | None], best: int, figure: float | None) -> None:
        """Report after the whole epoch."""
        self._scores, self._best, self._figure = scores, best, figure
        self._say(1.0, loss)

    def _say(self, done: float, loss: float) -> None:
        if self._tell is None:
            return
        self._told = time.monotonic()
        spent = self._told - self._start
        whole = self._epoch - self._resumed + done
        left = spent / whole * (self._epochs - self._resumed - whole) if whole else 0.0
        score = self._scores[-1] if self._scores else None
        best = self._scores[self._best - 1] if self._best and self._scores else None
        left, figure = max(left, 0.0), self._figure
        self._tell(
            Step(self._epoch + 1, self._epochs, done, loss, score, best, spent, left, figure)
        )


def _retell(
    tell: Tell | None,
    config: LoopConfig,
    losses: list[float],
    scores: list[float | None],
    figures: list[float | None],
) -> None:
    """Tell of the epochs that an earlier process did, so that who watches misses none."""
    for i, loss in enumerate(losses if tell else []):
        best = max((s for s in scores[: i + 1] if s is not None), default=None)
        assert tell is not None
        tell(Step(i + 1, config.epochs, 1.0, loss, scores[i], best, 0.0, 0.0, figures[i]))


def _optimiser(task: Task, config: LoopConfig) -> torch.optim.Optimizer:
    groups = task.groups(config.rate)
    if config.optimiser == "adam":
        return torch.optim.AdamW(groups, weight_decay=config.decay, foreach=False)
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, momentum=0.9, weight_decay=config.decay, foreach=False)
    raise ValueError(f"optimiser is adam or sgd, not {config.optimiser!r}")


def _pace(config: LoopConfig, epoch: int) -> float:
    """What the learning rate is multiplied by in an epoch."""
    if config.schedule == "constant":
        return 1.0
    return 0.01 + 0.99 * (1 + math.cos(math.pi * epoch / config.epochs)) / 2


def _half(where: str) -> AbstractContextManager[Any]:
    # No half precision without bfloat16: float16 gradients need scaling to survive.
    if where.startswith("cuda") and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


def _copy(module: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in module.state_dict().items()}


def _fingerprint(task: Task, config: LoopConfig) -> str:
    shapes = {key: [*value.shape] for key, value in task.module.state_dict().items()}
    plain = [asdict(config), shapes, task.size, type(task).__qualname__, task.fingerprint()]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
