"""Training tasks on labelled posts: classify by one modality, or by several fused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.classifiers.dataset import Fold
from backend.classifiers.networks.finetuned import FineTuned
from backend.classifiers.networks.fusion import Fusion, LateFusion
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion, common_space_loss
from backend.classifiers.warm_start import warm_start
from backend.metrics.classification import weighted_f1
from backend.training.loop import Task

WEIGHT_GRID = (
    0.2,
    0.35,
    0.5,
    0.7,
    1.0,
    1.4,
    2.0,
)  # tried by `fit_modality_weights`
CHUNK = 256  # rows scored at a time
POOL = 8  # batches whose texts are sorted by length together


class ClassificationTask(Task):
    """Classification by a network of one modality, by cross-entropy.

    The loss is that of JTAV (Liang et al. 2018), Eq. 4, for any number of classes.

    Parameters
    ----------
    module : torch.nn.Module
        ``module(*inputs)`` returns scores ``(n, classes)``, ``represent(*inputs)`` vectors.
    inputs : sequence of numpy.ndarray
        ``(n, ...)`` each, a row for each post of the dataset.
    fold : Fold
    """

    def __init__(self, module: nn.Module, inputs: Sequence[np.ndarray], fold: Fold) -> None:
        self.module, self._inputs = module, [torch.from_numpy(x) for x in inputs]
        self._fold, self._labels = fold, torch.from_numpy(fold.labels)
        self._predicted: np.ndarray | None = None
        self._lengths = _lengths(module, self._inputs[0], fold.train_rows)
        self.size = len(fold.train_rows)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Yield every training post once, shuffled; texts in batches of similar length.

        A recurrent network takes as many steps as the longest text of a batch has words.
        """
        if self._lengths is None:
            yield from super().batches(size, rng)
            return
        batches: list[np.ndarray] = []
        for pool in super().batches(size * POOL, rng):
            ordered = pool[np.argsort(self._lengths[pool], kind="stable")]
            batches += np.array_split(ordered, max(1, round(len(pool) / size)))
        yield from (batches[i] for i in rng.permutation(len(batches)))

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the cross-entropy of some training posts."""
        posts = self._fold.train_rows[rows]
        return F.cross_entropy(self._scores(posts), self._labels[posts].to(_device(self.module)))

    def score(self) -> float | None:
        """Return minus the cross-entropy of the validation posts: smoother than their F1."""
        val = self._fold.val_rows
        if not len(val):
            return None
        scores = torch.cat([self._scores(rows).float().cpu() for rows in _chunks(val)])
        self._predicted = scores.argmax(1).numpy()
        return -float(F.cross_entropy(scores, self._labels[val]))

    def f1(self) -> float | None:
        """Return the F1, weighted by class, of the validation posts."""
        if self._predicted is None:
            return None
        return weighted_f1(self._fold.labels[self._fold.val_rows], self._predicted)

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Return the parameter groups; a pretrained trunk has a lower rate than new layers."""
        if not isinstance(self.module, FineTuned):
            return super().groups(rate)
        trunk = [p for p in self.module.trunk.parameters() if p.requires_grad]
        slow = {id(p) for p in trunk}
        new = [p for p in self.module.parameters() if id(p) not in slow and p.requires_grad]
        groups = [{"params": new, "lr": rate}]
        if trunk:
            groups.append({"params": trunk, "lr": rate * self.module.config.trunk_rate})
        return groups

    def fingerprint(self) -> str:
        """Return the data's digest, and how batches are composed."""
        digest = self._fold.digest
        return digest if self._lengths is None else f"{digest}|by length"

    @torch.inference_mode()
    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """Return the trained network's representations of some posts, ``(rows, d)`` float32."""
        self.module.eval()
        represent: Any = self.module.represent
        parts = [represent(*self._batch(part)).float().cpu() for part in _chunks(rows)]
        return torch.cat(parts).numpy()

    def _batch(self, rows: np.ndarray) -> list[Tensor]:
        device = _device(self.module)
        # Most texts are short: padding that no row of the batch needs is cut off.
        return [_trimmed(x[rows]).to(device) for x in self._inputs]

    def _scores(self, rows: np.ndarray) -> Tensor:
        scores: Tensor = self.module(*self._batch(rows))
        return scores


class FusionTask(Task):
    """Classification by a fusion model, with modality dropout.

    Parameters
    ----------
    module : Fusion
    vectors : mapping of str to numpy.ndarray
        ``(n, size)`` float32 by modality; rows of NaN where a post lacks it. Posts without
        any of the modalities are left out.
    fold : Fold
    digest : str, optional
        Name of the data in the fingerprint; the fold's digest when not given.
    drop : float
        Probability that a modality is hidden in training; one always stays. With 0, the
        model is trained and scored on the posts as they are.
    auxiliary : float
        Weight of the auxiliary task of `CommonSpaceFusion`.
    """

    def __init__(
        self,
        module: Fusion,
        vectors: Mapping[str, np.ndarray],
        fold: Fold,
        *,
        digest: str | None = None,
        drop: float = 0.3,
        auxiliary: float = 0.3,
    ) -> None:
        present = np.stack([~np.isnan(v[:, 0]) for v in vectors.values()], axis=1)
        fold = fold.where(np.asarray(present.any(1)))
        train = fold.train_rows
        module.standardise({k: v[train] for k, v in vectors.items()}, present[train])
        self.module: Fusion = module
        self._vectors = {k: torch.from_numpy(np.asarray(v)) for k, v in vectors.items()}
        self._present, self._labels = torch.from_numpy(present), torch.from_numpy(fold.labels)
        self._fold, self._digest = fold, fold.digest if digest is None else digest
        self._drop, self._auxiliary = drop, auxiliary
        self._predicted: tuple[np.ndarray, np.ndarray] | None = None
        self._start = "random"
        self.size = len(train)

    def start_warm(self) -> None:
        """Replace the random initial weights by those of `warm_start`."""
        warm_start(self.module, self._vectors, self._present, self._fold)
        self._start = "warm"

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the cross-entropy and, in a common space, that of its auxiliary task."""
        posts, device = self._fold.train_rows[rows], _device(self.module)
        vectors = self._batch(posts)
        present, labels = self._present[posts].to(device), self._labels[posts].to(device)
        if isinstance(self.module, LateFusion):
            return _late_fusion_loss(self.module.decisions(vectors, present), present, labels)
        kept = torch.from_numpy(drop_modalities(present.cpu().numpy(), self._drop, rng)).to(device)
        loss = F.cross_entropy(self.module(vectors, kept), labels)
        if isinstance(self.module, CommonSpaceFusion) and self._auxiliary:
            common = self.module.common(vectors, present)
            loss = loss + self._auxiliary * common_space_loss(common, present, labels)
        return loss

    def score(self) -> float | None:
        """Return minus the cross-entropy of the validation posts, mean of the trained subsets."""
        val, columns = self._fold.val_rows, self._present.shape[1]
        if not len(val):
            return None
        sizes = range(1, columns + 1) if self._drop else (columns,)
        losses = []
        for size in sizes:
            for kept in combinations(range(columns), size):
                probabilities, rows = self.probabilities(val, kept)
                if len(rows):
                    true = probabilities[np.arange(len(rows)), self._fold.labels[rows]]
                    losses.append(float(-np.log(np.maximum(true, 1e-9)).mean()))
                if size == columns:
                    self._predicted = (rows, probabilities.argmax(1))
        return -float(np.mean(losses)) if losses else None

    def f1(self) -> float | None:
        """Return the F1, weighted by class, of the validation posts with all their modalities."""
        if self._predicted is None or not len(self._predicted[0]):
            return None
        rows, predicted = self._predicted
        return weighted_f1(self._fold.labels[rows], predicted)

    def fingerprint(self) -> str:
        """Return the data's digest and the task's settings."""
        return f"{self._digest}|{self._drop}|{self._auxiliary}|{self._start}"

    def fit_modality_weights(self) -> None:
        """Choose the weight of each modality by the validation posts.

        On its own training posts a network finds every modality more reliable than it is,
        most of all one with few different items. One weight for each modality, chosen on
        posts that were not trained on, corrects that.
        """
        weights = self.module.get_buffer("modality_weights")
        best = self.score()
        if best is None:
            return
        for _ in range(2):
            for column in range(len(weights)):
                kept = float(weights[column])
                for weight in WEIGHT_GRID:
                    weights[column] = weight
                    if (score := self.score()) is not None and score > best + 1e-6:
                        best, kept = score, weight
                weights[column] = kept

    @torch.inference_mode()
    def probabilities(
        self, rows: np.ndarray, kept: Sequence[int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities from some of the modalities.

        Parameters
        ----------
        rows : numpy.ndarray
        kept : sequence of int, optional
            Columns of the modalities that are read; all when not given.

        Returns
        -------
        probabilities : numpy.ndarray
            ``(m, classes)`` float32.
        rows : numpy.ndarray
            The `m` rows that have any of the modalities.
        """
        self.module.eval()
        present = self._mask(rows, kept)
        rows, present = rows[present.any(1)], present[present.any(1)]
        if not len(rows):
            return np.zeros((0, self.module.config.classes), np.float32), rows
        scores = [
            self.module(self._batch(part), present[places].to(_device(self.module)))
            for places, part in zip(_chunks(np.arange(len(rows))), _chunks(rows), strict=True)
        ]
        return torch.cat(scores).float().softmax(-1).cpu().numpy(), rows

    @torch.inference_mode()
    def represent(self, rows: np.ndarray) -> np.ndarray:
        """Return fused vectors ``(rows, d)`` float32."""
        self.module.eval()
        mask = self._mask(rows, None).to(_device(self.module))
        return self.module.represent(self._batch(rows), mask).float().cpu().numpy()

    def _mask(self, rows: np.ndarray, kept: Sequence[int] | None) -> Tensor:
        present = self._present[rows].clone()
        if kept is not None:
            present[:, [c for c in range(present.shape[1]) if c not in kept]] = False
        return present

    def _batch(self, rows: np.ndarray) -> dict[str, Tensor]:
        device = _device(self.module)
        return {k: v[rows].to(device) for k, v in self._vectors.items()}


def drop_modalities(present: np.ndarray, drop: float, rng: np.random.Generator) -> np.ndarray:
    """Modality dropout: hide each modality with a probability, but never all of a post.

    Parameters
    ----------
    present : numpy.ndarray
        ``(n, modalities)`` bool.
    drop : float
        The probability.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray
        ``(n, modalities)`` bool.
    """
    draws = rng.random(present.shape)
    if not drop:
        return present
    kept = present & (draws >= drop)
    # Where all would be hidden, the modality with the largest draw stays.
    last = np.where(present, draws, -1.0).argmax(1)
    none = ~kept.any(1) & present.any(1)
    kept[none, last[none]] = True
    return kept


def _chunks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]


def _late_fusion_loss(decisions: Tensor, present: Tensor, labels: Tensor) -> Tensor:
    """Return the mean loss of the classifiers of the single modalities."""
    true = decisions.gather(2, labels[:, None, None].expand(-1, decisions.shape[1], 1))[..., 0]
    return -(true * present).sum() / present.sum().clamp(min=1)


def _lengths(module: nn.Module, texts: Tensor, rows: np.ndarray) -> np.ndarray | None:
    """Return the words of each text, or of its longest line; None unless a GRU reads them."""
    recurrent = any(isinstance(layer, nn.RNNBase) for layer in module.modules())
    if not recurrent or texts.dtype != torch.int64 or not len(rows):
        return None
    return (texts[rows] != 0).sum(-1).reshape(len(rows), -1).amax(1).numpy()


def _trimmed(rows: Tensor) -> Tensor:
    if rows.dtype != torch.int64 or rows.ndim != 2:
        return rows
    used = (rows != 0).any(0).nonzero()
    return rows[:, : int(used[-1]) + 1 if len(used) else 1]


def _device(module: nn.Module) -> torch.device:
    return next(module.parameters()).device
