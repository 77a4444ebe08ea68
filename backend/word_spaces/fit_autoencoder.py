"""Train the dual autoencoder on the data of the space of words and images."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from backend.settings import SEED
from backend.training.loop import LoopConfig, StepCallback, Task, fit
from backend.word_spaces.autoencoder_model import AutoencoderConfig, DualAutoencoder
from backend.word_spaces.word_image_data import WordImages

VOCABULARY = 4000  # most frequent English words; with more, reconstruction dominates the loss
SCHEDULE = LoopConfig(
    epochs=10, batch=512, rate=1e-3, decay=1e-4, schedule="cosine", patience=0, seed=SEED
)


class AutoencoderTask(Task):
    """Images with bags of their English words."""

    def __init__(self, data: WordImages, keep: np.ndarray) -> None:
        english = np.concatenate([*data.group_words, np.zeros(0, dtype=np.int64)])
        counts = np.bincount(english, minlength=len(data.words))
        order = np.argsort(-counts, kind="stable")[:VOCABULARY]
        # The column of each word of the vocabulary in the bag; -1 for words that are not in it.
        self.bag = np.full(len(data.words), -1, dtype=np.int64)
        self.bag[order] = np.arange(len(order))
        placed = [self.bag[some] for some in data.group_words]
        self.bags = [some[some >= 0] for some in placed]
        has_words = np.array([len(some) > 0 for some in self.bags])
        rows = np.flatnonzero((keep & has_words)[data.image_group])
        self.size = len(rows)
        self.group = data.image_group[rows]
        self.words = len(order)
        raw = torch.from_numpy(data.features[rows])
        self.mean, self.deviation = raw.mean(0), raw.std(0).clamp_min(1e-6)
        self.images = self.standardise(raw)
        self.network = self.module = DualAutoencoder(AutoencoderConfig(self.words, raw.shape[1]))

    def standardise(self, raw: Tensor) -> Tensor:
        """Standardise features and scale them to unit length."""
        return F.normalize((raw - self.mean) / self.deviation, dim=-1)

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the loss of a batch of images with their bags."""
        bags = torch.zeros(len(rows), self.words)
        for i, row in enumerate(rows):
            bags[i, torch.from_numpy(self.bags[self.group[row]])] = 1.0
        return self.module(bags, self.images[torch.from_numpy(rows)])


class Codes:
    """A trained dual autoencoder that encodes words and images."""

    def __init__(self, task: AutoencoderTask) -> None:
        self._task = task

    def words(self, rows: np.ndarray) -> np.ndarray:
        """Encode single words by row, ``(n, dim)`` float32; zeros when not in the bag."""
        bag = self._task.bag[rows]
        bags = torch.zeros(len(bag), self._task.words)
        known = np.flatnonzero(bag >= 0)
        bags[known, torch.from_numpy(bag[known])] = 1.0
        return self._code("words", bags) * (bag >= 0)[:, None]

    def images(self, raw: np.ndarray) -> np.ndarray:
        """Encode images, ``(n, dim)`` float32."""
        return self._code("images", self._task.standardise(torch.from_numpy(raw)))

    def _code(self, kind: str, x: Tensor) -> np.ndarray:
        with torch.inference_mode():
            return self._task.network.code(kind, x).numpy()


def train(
    data: WordImages,
    keep: np.ndarray,
    *,
    config: LoopConfig = SCHEDULE,
    on_progress: StepCallback | None = None,
) -> Codes:
    """Fit a dual autoencoder.

    Parameters
    ----------
    data : WordImages
    keep : numpy.ndarray
        ``(groups,)`` bool: the groups to train on.
    config : LoopConfig
    on_progress : callable, optional
    """
    torch.manual_seed(config.seed)
    task = AutoencoderTask(data, keep)
    fit(task, config, device="cpu", on_progress=on_progress)
    return Codes(task)
