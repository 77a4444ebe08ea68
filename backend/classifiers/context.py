"""Settings that all training runs of one comparison share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.classifiers.dataset import Fold
from backend.core.progress import Progress
from backend.domain import Modality
from backend.settings import SEED
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.training.loop import History, LoopConfig, StepCallback, Task


@dataclass(frozen=True, slots=True)
class Context:
    """Encoders, caches, limits and callbacks of a comparison.

    Attributes
    ----------
    encoders : mapping of Modality to str
        Registry names of the frozen encoders.
    cache : FeatureCache
    folder : pathlib.Path, optional
        Where training runs keep their checkpoints; none are kept without it.
    device : str, optional
    words : pathlib.Path, optional
        Pretrained word vectors; the shipped GloVe when not given.
    weights : mapping of str to pathlib.Path
        Weights of pretrained image networks by system; downloaded from the hub otherwise.
    on_progress : callable, optional
        Called with each `backend.training.loop.Step`.
    on_encoding : callable, optional
        Called with a modality, the number of items encoded and of items to encode.
    epochs : int, optional
        Maximum epochs of a training run.
    """

    encoders: Mapping[Modality, str]
    cache: FeatureCache = field(default_factory=FeatureCache)
    folder: Path | None = None
    device: str | None = None
    words: Path | None = None
    weights: Mapping[str, Path] = field(default_factory=dict)
    on_progress: StepCallback | None = None
    on_encoding: Callable[[Modality, int, int], None] | None = None
    epochs: int | None = None

    def capped(self, config: LoopConfig) -> LoopConfig:
        """Return a configuration with at most `epochs` epochs."""
        if self.epochs is None:
            return config
        return replace(config, epochs=min(config.epochs, self.epochs))

    def encoding_progress(self, modality: Modality) -> Progress | None:
        """Return the callback of the feature cache while it encodes a modality."""
        report = self.on_encoding
        return None if report is None else lambda done, total: report(modality, done, total)

    def checkpoint(self, fold: Fold, system: str) -> Path | None:
        """Return the folder of the checkpoints of one system in one run."""
        if self.folder is None:
            return None
        name = "".join(c if c.isalnum() else "-" for c in system.lower())
        return self.folder / f"{fold.dataset.digest()}-{name}-{fold.run}"

    def train(self, task: Task, config: LoopConfig, fold: Fold, system: str) -> History:
        """Train a task of a system within these settings."""
        from backend.training.loop import fit

        return fit(
            task,
            self.capped(config),
            folder=self.checkpoint(fold, system),
            device=self.device,
            on_progress=self.on_progress,
        )


def seed_networks(run: int) -> None:
    """Seed the initial weights of a run's networks."""
    import torch

    torch.manual_seed(SEED + run)
