"""The audio systems of the papers' tables: JTAV (Liang et al. 2018), sec. 3.1.2 and 4.1."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from backend.classifiers import audio_inputs
from backend.classifiers.context import Context, seed_networks
from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.systems import FrozenEncoder, NetworkSystem, System
from backend.domain import Modality

if TYPE_CHECKING:
    from torch import nn

    from backend.training.loop import LoopConfig


def _features(dataset: LabelledDataset, context: Context, name: str) -> np.ndarray:
    """Return one of the `audio_inputs` of the posts that have a sound, ``(m, d)`` float32."""
    files = [path for path in dataset.audios if path is not None]
    progress = context.encoding_progress(Modality.AUDIO)
    rows = context.cache.media(audio_inputs.audio_input(name), files, progress=progress)
    return np.nan_to_num(rows)  # silence has no spectrum


class MFCCSystem(System):
    """Mel-frequency cepstral coefficients, as they are."""

    def fit(self, fold: Fold, context: Context) -> tuple[np.ndarray, None]:
        """Return the coefficients; nothing is trained."""
        return _features(fold.dataset, context, audio_inputs.MFCC), None

    def encode(self, dataset: LabelledDataset, context: Context) -> None:
        """Compute the coefficients."""
        _features(dataset, context, audio_inputs.MFCC)


def _dcrnn(
    fold: Fold, context: Context, *, spectrogram: str
) -> tuple[nn.Module, list[np.ndarray], LoopConfig]:
    from backend.classifiers.networks.dcrnn import DCRNN, DCRNNConfig
    from backend.training.loop import LoopConfig

    shape = audio_inputs.SHAPE
    spectrograms = np.zeros((len(fold.dataset), *shape), dtype=np.float32)
    rows = _features(fold.dataset, context, spectrogram)
    spectrograms[fold.present(Modality.AUDIO)] = rows.reshape(-1, *shape)
    seed_networks(fold.run)
    module = DCRNN(DCRNNConfig(classes=fold.classes))
    config = LoopConfig(epochs=25, batch=16, rate=2e-3, decay=1e-2, patience=6)
    return module, [spectrograms], config


def _system(name: str, spectrogram: str) -> NetworkSystem:
    inputs: Callable[..., np.ndarray] = partial(_features, name=spectrogram)
    return NetworkSystem(name, Modality.AUDIO, partial(_dcrnn, spectrogram=spectrogram), inputs)


AUDIO_SYSTEMS: tuple[System, ...] = (
    FrozenEncoder("convnet", Modality.AUDIO),
    MFCCSystem("MFCC", Modality.AUDIO),
    _system("DCRNN-MelS", audio_inputs.MEL),
    _system("DCRNN-CQT", audio_inputs.CONSTANT_Q),
)
