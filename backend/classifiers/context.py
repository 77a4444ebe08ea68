"""What all trainings of one comparison share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.classifiers.dataset import LabelledDataset
from backend.domain import Modality
from backend.settings import SEED
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.training.loop import LoopConfig, Tell


@dataclass(frozen=True, slots=True)
class Context:
    """What all systems share.

    Attributes
    ----------
    encoders : mapping of Modality to str
        Registry names of the frozen encoders.
    cache : FeatureCache
    folder : pathlib.Path, optional
        Where trainings keep their checkpoints.
    device : str, optional
    words : pathlib.Path, optional
        Pretrained word vectors; the shipped GloVe when not given.
    weights : mapping of str to pathlib.Path
        Files of weights for `BACKBONES`, by system; the hub is asked otherwise.
    tell : callable, optional
    reading : callable, optional
        Called with a modality, items encoded and items in all, where they are not known.
    epochs : int, optional
        No training lasts longer.
    """

    encoders: Mapping[Modality, str]
    cache: FeatureCache = field(default_factory=FeatureCache)
    folder: Path | None = None
    device: str | None = None
    words: Path | None = None
    weights: Mapping[str, Path] = field(default_factory=dict)
    tell: Tell | None = None
    reading: Callable[[Modality, int, int], None] | None = None
    epochs: int | None = None

    def capped(self, config: LoopConfig) -> LoopConfig:
        """A configuration with no more than `epochs`."""
        return (
            config
            if self.epochs is None
            else replace(config, epochs=min(config.epochs, self.epochs))
        )

    def progress(self, modality: Modality) -> Callable[[int, int], None] | None:
        """What the cache calls while it encodes."""
        told = self.reading
        return None if told is None else lambda done, total: told(modality, done, total)


def checkpoint(context: Context, posts: LabelledDataset, system: str, run: int) -> Path | None:
    """Where one training of one run keeps its checkpoints."""
    if context.folder is None:
        return None
    name = "".join(c if c.isalnum() else "-" for c in system.lower())
    return context.folder / f"{posts.digest()}-{name}-{run}"


def seed_networks(run: int) -> None:
    """First weights of a run's networks."""
    import torch

    torch.manual_seed(SEED + run)
