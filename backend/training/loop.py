"""The loop that trains every network.

A `Task` says what a network learns from and how its loss is computed. The loop
decides when to stop, which weights to keep and how to resume after a kill.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from backend.core.device import resolve
from backend.domain import KindredError
from backend.settings import SEED
from backend.training import checkpoints

REPORT_EVERY = 0.5  # seconds between two reports within an epoch


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How a network is trained.

    Attributes
    ----------
    epochs : int
        Most epochs.
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
    """A network and the data that it is trained on.

    Attributes
    ----------
    module : torch.nn.Module
        Trained in place, on the device that computes.
    size : int
        Number of training items.
    """

    module: nn.Module
    size: int

    @abstractmethod
    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the scalar loss of some training items, `rows` ``(batch,)`` int64 in [0, size)."""

    def score(self) -> float | None:
        """Return the validation score, higher is better; None to train to the last epoch."""
        return None

    def f1(self) -> float | None:
        """Return the F1, in [0, 1], of the validation data at the last `score`, for display."""
        return None

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Yield the rows ``(batch,)`` int64 of each step of an epoch: every item once, shuffled."""
        order = rng.permutation(self.size)
        # Even batches: batch normalisation fails on a last batch of one item.
        yield from np.array_split(order, max(1, round(self.size / size)))

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Return the optimiser's parameter groups, each with its ``lr``."""
        return [{"params": [p for p in self.module.parameters() if p.requires_grad], "lr": rate}]

    def fingerprint(self) -> str:
        """Return what, besides configuration and shapes, must be equal for a training to resume."""
        return ""


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a training run.

    Attributes
    ----------
    epoch, epochs : int
        The current epoch, from 1, and the most that there can be.
    done : float
        Fraction of this epoch that is done.
    loss : float
        Mean loss of this epoch so far.
    score, best : float or None
        Validation score after the last whole epoch, and the best so far.
    seconds : float
        Time that this process has spent.
    left : float
        Seconds left if every epoch is needed.
    f1 : float or None
        Validation F1 after the last whole epoch.
    """

    epoch: int
    epochs: int
    done: float
    loss: float
    score: float | None
    best: float | None
    seconds: float
    left: float
    f1: float | None = None


@dataclass(slots=True)
class History:
    """Record of a training run.

    Attributes
    ----------
    losses : list of float
        Mean training loss of each epoch.
    scores, f1 : list of float or None
        Validation score and F1 after each epoch.
    best : int
        The epoch, from 1, with the best score; the trained network has its weights.
    resumed : int
        Epochs that an earlier process had done.
    """

    losses: list[float] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    f1: list[float | None] = field(default_factory=list)
    best: int = 0
    resumed: int = 0

    def add(self, loss: float, score: float | None, f1: float | None) -> bool:
        """Append an epoch and return whether it is the best one so far."""
        known = [s for s in self.scores if s is not None]
        self.losses.append(loss)
        self.scores.append(score)
        self.f1.append(f1)
        if score is None or not known or score > max(known):
            self.best = len(self.losses)
            return True
        return False

    def finished(self, config: LoopConfig) -> bool:
        """Whether the last epoch is done, or patience is at its end."""
        done = len(self.losses)
        return done >= config.epochs or done - self.best >= (config.patience or config.epochs)


StepCallback = Callable[[Step], None]


def fit(
    task: Task,
    config: LoopConfig = LoopConfig(),
    *,
    folder: Path | None = None,
    device: str | None = None,
    on_progress: StepCallback | None = None,
) -> History:
    """Train a network; it ends with the weights of its best epoch, in evaluation mode.

    Each epoch has a random seed of its own, so a training that was killed and resumes
    from its last checkpoint ends with the same weights as one that was not.

    Parameters
    ----------
    task : Task
    config : LoopConfig
    folder : pathlib.Path, optional
        Where a checkpoint is kept after each epoch, and looked for at the start.
    device : str, optional
        As for `backend.core.device.resolve`. On a GPU losses are computed in bfloat16.
    on_progress : callable, optional
        Called with a `Step` about twice a second and after each epoch. A resumed training
        first reports the epochs that were done before.

    Returns
    -------
    History

    Raises
    ------
    KindredError
        ``other_training`` when the folder holds another one, ``diverged``
        when the loss is no longer a number.
    """
    device = resolve(device).name
    task.module.to(device)
    optimiser = _optimiser(task, config)
    rates = [group["lr"] for group in optimiser.param_groups]
    fingerprint = _fingerprint(task, config)
    history, best_weights = History(), _copy(task.module)
    if folder is not None and (saved := checkpoints.read(folder)) is not None:
        if saved["fingerprint"] != fingerprint:
            raise KindredError(
                "other_training",
                f"{folder} holds a training with other settings or data. "
                "Name another folder, or delete that one.",
            )
        best_weights = checkpoints.restore(folder, saved, task.module, optimiser)
        losses = saved["losses"]
        f1 = saved.get("figures") or [None] * len(losses)
        history = History(losses, saved["scores"], f1, saved["best"], len(losses))
    report = _Reporter(on_progress, config, history)
    report.replay()
    while not history.finished(config):
        epoch = len(history.losses)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * _rate_factor(config, epoch)
        loss = _epoch(task, optimiser, config, device, report)
        task.module.eval()
        with torch.inference_mode():
            is_best = history.add(loss, task.score(), task.f1())
        if is_best:
            best_weights = _copy(task.module)
        if folder is not None:
            state = {
                "fingerprint": fingerprint,
                "losses": history.losses,
                "scores": history.scores,
                "best": history.best,
                "figures": history.f1,
            }
            checkpoints.write(folder, epoch + 1, task.module, optimiser, best_weights, state)
        report.epoch()
    task.module.load_state_dict(best_weights)
    task.module.eval()
    return history


def _epoch(
    task: Task, optimiser: torch.optim.Optimizer, config: LoopConfig, device: str, report: _Reporter
) -> float:
    """Train one epoch and return its mean loss."""
    epoch = len(report.history.losses)
    rng = np.random.default_rng((config.seed, epoch))
    devices = [device] if device.startswith("cuda") else []
    total, items = 0.0, 0
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(rng.integers(2**62)))
        task.module.train()
        for rows in task.batches(config.batch, rng):
            optimiser.zero_grad(set_to_none=True)
            with _autocast(device):
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
            report.batch(items / max(task.size, items), total / items)
    return total / max(items, 1)


class _Reporter:
    """Calls back after each epoch, and within one at most every `REPORT_EVERY` seconds."""

    def __init__(
        self, on_progress: StepCallback | None, config: LoopConfig, history: History
    ) -> None:
        self._on_progress, self._epochs, self.history = on_progress, config.epochs, history
        self._start = self._last = time.monotonic()

    def replay(self) -> None:
        """Report the epochs that an earlier process did."""
        if self._on_progress is None:
            return
        scores = self.history.scores
        for i, loss in enumerate(self.history.losses):
            best = max((s for s in scores[: i + 1] if s is not None), default=None)
            f1 = self.history.f1[i]
            self._on_progress(Step(i + 1, self._epochs, 1.0, loss, scores[i], best, 0.0, 0.0, f1))

    def batch(self, done: float, loss: float) -> None:
        """Report within an epoch, if the last report is long enough ago."""
        if time.monotonic() - self._last >= REPORT_EVERY:
            self._report(len(self.history.losses), done, loss, None)

    def epoch(self) -> None:
        """Report after a whole epoch."""
        history = self.history
        self._report(len(history.losses) - 1, 1.0, history.losses[-1], history.f1[-1])

    def _report(self, epoch: int, done: float, loss: float, f1: float | None) -> None:
        if self._on_progress is None:
            return
        self._last = time.monotonic()
        seconds, history = self._last - self._start, self.history
        mine = epoch - history.resumed + done
        left = seconds / mine * (self._epochs - history.resumed - mine) if mine else 0.0
        score = history.scores[-1] if history.scores else None
        best = history.scores[history.best - 1] if history.best else None
        self._on_progress(
            Step(epoch + 1, self._epochs, done, loss, score, best, seconds, max(left, 0.0), f1)
        )


def _optimiser(task: Task, config: LoopConfig) -> torch.optim.Optimizer:
    groups = task.groups(config.rate)
    # Fused and grouped steps round differently; the plain form resumes exactly.
    if config.optimiser == "adam":
        return torch.optim.AdamW(groups, weight_decay=config.decay, foreach=False)
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, momentum=0.9, weight_decay=config.decay, foreach=False)
    raise ValueError(f"optimiser is adam or sgd, not {config.optimiser!r}")


def _rate_factor(config: LoopConfig, epoch: int) -> float:
    """Factor of the learning rate in an epoch."""
    if config.schedule == "constant":
        return 1.0
    return 0.01 + 0.99 * (1 + math.cos(math.pi * epoch / config.epochs)) / 2


def _autocast(device: str) -> AbstractContextManager[Any]:
    # No half precision without bfloat16: float16 gradients would need scaling.
    if device.startswith("cuda") and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


def _copy(module: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in module.state_dict().items()}


def _fingerprint(task: Task, config: LoopConfig) -> str:
    shapes = {key: [*value.shape] for key, value in task.module.state_dict().items()}
    plain = [asdict(config), shapes, task.size, type(task).__qualname__, task.fingerprint()]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
