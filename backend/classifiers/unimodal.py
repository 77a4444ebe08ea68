"""The papers' systems of one modality, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from backend.classifiers.audio_systems import AUDIO_SYSTEMS
from backend.classifiers.context import Context
from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.image_systems import IMAGE_SYSTEMS
from backend.classifiers.systems import System
from backend.classifiers.text_systems import TEXT_SYSTEMS
from backend.domain import KindredError, Modality

if TYPE_CHECKING:
    from torch import nn

REGISTRY: dict[str, System] = {
    system.name: system for system in (*TEXT_SYSTEMS, *IMAGE_SYSTEMS, *AUDIO_SYSTEMS)
}
SYSTEMS: Mapping[Modality, tuple[str, ...]] = MappingProxyType(
    {m: tuple(s.name for s in REGISTRY.values() if s.modality is m) for m in Modality}
)


def find(name: str) -> System:
    """Return one of `REGISTRY`.

    Raises
    ------
    KindredError
        ``no_system``.
    """
    if name not in REGISTRY:
        known = ", ".join(REGISTRY)
        raise KindredError("no_system", f"There is no model {name!r}; there are {known}.")
    return REGISTRY[name]


def learn(name: str, fold: Fold, context: Context) -> tuple[np.ndarray, nn.Module | None]:
    """Train a system on the training posts of a fold that have its modality.

    Parameters
    ----------
    name : str
        A key of `REGISTRY`.
    fold : Fold
    context : Context

    Returns
    -------
    vectors : numpy.ndarray
        ``(n, d)`` float32 of all posts; rows of NaN for those without the modality.
    module : torch.nn.Module or None
        The trained network, where there is one.

    Raises
    ------
    KindredError
        ``no_system``.
    """
    system = find(name)
    present = np.zeros(len(fold.dataset), dtype=bool)
    present[fold.present(system.modality)] = True
    vectors, module = system.fit(fold.where(present), context)
    whole = np.full((len(present), vectors.shape[1]), np.nan, dtype=np.float32)
    whole[present] = vectors
    return whole, module


def encode(names: Sequence[str], dataset: LabelledDataset, context: Context) -> None:
    """Encode what some systems read, so that it is cached when they are trained.

    Parameters
    ----------
    names : sequence of str
        Keys of `REGISTRY`.
    dataset : LabelledDataset
    context : Context
    """
    for name in names:
        find(name).encode(dataset, context)
