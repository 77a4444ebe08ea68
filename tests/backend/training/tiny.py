"""A tiny training; as a program it trains in a folder so that a test can kill it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.training.loop import LoopConfig, Step, Task, fit

CONFIG = LoopConfig(epochs=12, batch=16, rate=1e-2, patience=12, schedule="cosine", seed=5)


class Tiny(Task):
    """Two classes in a plane, with dropout and noise so that every random number counts."""

    def __init__(self, seed: int = 0) -> None:
        torch.manual_seed(seed)
        # A bias before batch normalisation has no gradient but rounding, which Adam blows up.
        self.module = nn.Sequential(
            nn.Linear(4, 16, bias=False),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(16, 1),
        )
        rng = np.random.default_rng(3)
        self.x = torch.from_numpy(rng.normal(size=(120, 4)).astype(np.float32))
        self.y = (self.x[:, 0] + self.x[:, 1] > 0).float()
        self.size = 90

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        x = self.x[rows] + torch.from_numpy(rng.normal(0, 0.1, (len(rows), 4)).astype(np.float32))
        return F.binary_cross_entropy_with_logits(self.module(x)[:, 0], self.y[rows])

    def score(self) -> float:
        guess = self.module(self.x[90:])[:, 0] > 0
        return float((guess == (self.y[90:] > 0)).float().mean())


def die(step: Step) -> None:
    """End as a killed process ends, after the epoch that the command line names."""
    if step.done == 1.0 and step.epoch >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    fit(Tiny(), CONFIG, folder=Path(sys.argv[1]), device="cpu", on_progress=die)
