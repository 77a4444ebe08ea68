"""What a system of one modality is: trained on a fold, it returns a vector for each post."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.classifiers.context import Context
from backend.classifiers.dataset import Fold, LabelledDataset
from backend.domain import Modality

if TYPE_CHECKING:
    from torch import nn

    from backend.training.loop import LoopConfig

    Build = Callable[[Fold, Context], tuple[nn.Module, list[np.ndarray], LoopConfig]]


@dataclass(frozen=True)
class System(ABC):
    """A model that reads one modality.

    Attributes
    ----------
    name : str
    modality : Modality
    """

    name: str
    modality: Modality

    @abstractmethod
    def fit(self, fold: Fold, context: Context) -> tuple[np.ndarray, nn.Module | None]:
        """Train on a fold.

        Parameters
        ----------
        fold : Fold
            Every row of it has the modality.
        context : Context

        Returns
        -------
        vectors : numpy.ndarray
            ``(m, d)`` float32 of all posts of the dataset that have the modality.
        module : torch.nn.Module or None
            The trained network, where there is one.
        """

    def encode(self, dataset: LabelledDataset, context: Context) -> None:  # noqa: B027
        """Encode the system's inputs, so that they are cached when it is trained."""


class FrozenEncoder(System):
    """The vectors of a frozen encoder, as they are."""

    def fit(self, fold: Fold, context: Context) -> tuple[np.ndarray, None]:
        """Return the encoder's vectors; nothing is trained."""
        return encoded(fold.dataset, self.modality, context)[fold.present(self.modality)], None

    def encode(self, dataset: LabelledDataset, context: Context) -> None:
        """Encode the modality."""
        encoded(dataset, self.modality, context)


@dataclass(frozen=True)
class NetworkSystem(System):
    """A network trained by epochs.

    Attributes
    ----------
    build : callable
        Fold and context -> the network with its initial weights, its inputs ``(n, ...)``
        for all posts, and how it is trained.
    inputs : callable, optional
        Dataset and context: encodes what the network reads, where it is cached.
    """

    build: Build
    inputs: Callable[[LabelledDataset, Context], object] | None = None

    def fit(self, fold: Fold, context: Context) -> tuple[np.ndarray, nn.Module]:
        """Train the network and return its representations."""
        from backend.classifiers.tasks import ClassificationTask

        module, inputs, config = self.build(fold, context)
        task = ClassificationTask(module, inputs, fold)
        context.train(task, config, fold, self.name)
        return task.vectors(fold.present(self.modality)), module

    def encode(self, dataset: LabelledDataset, context: Context) -> None:
        """Encode the network's inputs."""
        if self.inputs is not None:
            self.inputs(dataset, context)


def encoded(dataset: LabelledDataset, modality: Modality, context: Context) -> np.ndarray:
    """Return the vectors of a frozen encoder, ``(n, d)`` float32, NaN where a post has none."""
    from backend import encoders

    encoder = encoders.get(context.encoders[modality], modality=modality, device=context.device)
    vectors = np.full((len(dataset), encoder.dim), np.nan, dtype=np.float32)
    by_modality: dict[Modality, Sequence[Any]] = {
        Modality.TEXT: [text or None for text in dataset.texts],
        Modality.IMAGE: dataset.images,
        Modality.AUDIO: dataset.audios,
    }
    items = by_modality[modality]
    rows = [i for i, item in enumerate(items) if item is not None]
    if rows:
        encode = context.cache.texts if modality is Modality.TEXT else context.cache.media
        progress = context.encoding_progress(modality)
        vectors[rows] = encode(encoder, [items[i] for i in rows], progress=progress)
    return vectors
