"""What networks learn from labelled posts: one modality, or several fused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.classifiers.networks.finetuned import FineTuned
from backend.classifiers.networks.fusion import Fusion, LateFusion
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion, common_space_loss
from backend.classifiers.warm_start import warm_start
from backend.training.loop import History, Task

# What `Fuse.settle_trust` tries.
TRUSTS = (0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
CHUNK = 256  # rows that are scored at a time
POOL = 8  # batches whose texts are sorted by length together


class Classify(Task):
    """A network that reads one modality (JTAV, Eq. 4, for two classes).

    Parameters
    ----------
    module : torch.nn.Module
        ``module(*inputs)`` gives scores ``(n, classes)``; ``represent`` vectors.
    inputs : sequence of numpy.ndarray
        ``(n, ...)`` each.
    labels : numpy.ndarray
        ``(n,)`` int64.
    seen, stop : numpy.ndarray
        Rows to train on and to stop by.
    digest : str
        Names the data.
    """

    def __init__(
        self,
        module: nn.Module,
        inputs: Sequence[np.ndarray],
        labels: np.ndarray,
        seen: np.ndarray,
        stop: np.ndarray,
        digest: str = "",
    ) -> None:
        self.module, self._inputs = module, [torch.from_numpy(x) for x in inputs]
        self._labels, self._seen, self._stop = torch.from_numpy(labels), seen, stop
        self._digest = digest
        self._said: np.ndarray | None = None
        self._lengths = _lengths(module, self._inputs[0], seen)
        self.size = len(seen)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Every post once, shuffled; texts beside others of like length.

        A recurrent network takes as many steps as the longest text of a batch has words.
        """
        if self._lengths is None:
            yield from super().batches(size, rng)
            return
        found: list[np.ndarray] = []
        for pool in super().batches(size * POOL, rng):
            ordered = pool[np.argsort(self._lengths[pool], kind="stable")]
            found += np.array_split(ordered, max(1, round(len(pool) / size)))
        yield from (found[place] for place in rng.permutation(len(found)))

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Cross-entropy of some training posts."""
        some = self._seen[rows]
        return F.cross_entropy(self._scores(some), self._labels[some].to(_device(self.module)))

    def score(self) -> float | None:
        """Minus the cross-entropy of the posts to stop by: smoother than any share of hits."""
        if not len(self._stop):
            return None
        found = torch.cat([self._scores(rows).float().cpu() for rows in chunks(self._stop)])
        self._said = found.argmax(1).numpy()
        return -float(F.cross_entropy(found, self._labels[self._stop]))

    def figure(self) -> float | None:
        """F1, weighted by class, of the posts to stop by."""
        return weighted_f1(self._labels[self._stop].numpy(), self._said)

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """A pretrained trunk learns more slowly than what is new."""
        if not isinstance(self.module, FineTuned):
            return super().groups(rate)
        trunk = [p for p in self.module.trunk.parameters() if p.requires_grad]
        slow = {id(p) for p in trunk}
        fresh = [p for p in self.module.parameters() if id(p) not in slow and p.requires_grad]
        found = [{"params": fresh, "lr": rate}]
        if trunk:
            found.append({"params": trunk, "lr": rate * self.module.config.trunk_rate})
        return found

    def fingerprint(self) -> str:
        """The data, and what is put together."""
        return self._digest if self._lengths is None else f"{self._digest}|by length"

    @torch.inference_mode()
    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """Representations ``(rows, d)`` float32 of the trained network."""
        self.module.eval()
        represent: Any = self.module.represent
        found = [represent(*self._some(part)).float().cpu() for part in chunks(rows)]
        return torch.cat(found).numpy()

    @torch.inference_mode()
    def shares(self, rows: np.ndarray) -> np.ndarray:
        """Probabilities ``(rows, classes)`` float32 of the trained network."""
        self.module.eval()
        found = [self._scores(part).float().softmax(-1).cpu() for part in chunks(rows)]
        return torch.cat(found).numpy()

    def _some(self, rows: np.ndarray) -> list[Tensor]:
        where = _device(self.module)
        # Padding that no row of the batch needs is cut off: most texts are short.
        return [_trimmed(x[rows]).to(where) for x in self._inputs]

    def _scores(self, rows: np.ndarray) -> Tensor:
        found: Tensor = self.module(*self._some(rows))
        return found


class Fuse(Task):
    """A fusion model with modality dropout.

    Attributes
    ----------
    history : History
        Of its training, once there was one.

    Parameters
    ----------
    module : Fusion
    vectors : mapping of str to numpy.ndarray
        ``(n, size)`` float32 each; anything where a post has none.
    present : numpy.ndarray
        ``(n, modalities)`` bool.
    labels, seen, stop, digest
        As for `Classify`.
    drop : float
        Chance that a modality is hidden in training; one always stays. Zero
        trains on what is there, and stops by that alone.
    auxiliary : float
        Weight of the auxiliary task of `CommonSpaceFusion`.
    """

    def __init__(
        self,
        module: Fusion,
        vectors: Mapping[str, np.ndarray],
        present: np.ndarray,
        labels: np.ndarray,
        seen: np.ndarray,
        stop: np.ndarray,
        *,
        digest: str = "",
        drop: float = 0.3,
        auxiliary: float = 0.3,
    ) -> None:
        self.history = History((), (), 0)
        module.standardise({k: v[seen] for k, v in vectors.items()}, present[seen])
        self.module: Fusion = module
        self._vectors = {k: torch.from_numpy(np.asarray(v)) for k, v in vectors.items()}
        self._present, self._labels = torch.from_numpy(present), torch.from_numpy(labels)
        self._seen, self._stop, self._digest = seen, stop, digest
        self._drop, self._auxiliary = drop, auxiliary
        self._said: tuple[np.ndarray, np.ndarray] | None = None
        warm_start(module, self._vectors, self._present, labels, seen, stop)
        self.size = len(seen)

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Cross-entropy (negative log-likelihood) and, in a common space, its auxiliary task."""
        some = self._seen[rows]
        where = _device(self.module)
        given = {k: v[some].to(where) for k, v in self._vectors.items()}
        there, labels = self._present[some].to(where), self._labels[some].to(where)
        if isinstance(self.module, LateFusion):
            return _each_alone(self.module.decisions(given, there), there, labels)
        present = torch.from_numpy(hidden(there.cpu().numpy(), self._drop, rng)).to(where)
        found = F.cross_entropy(self.module(given, present), labels)
        if isinstance(self.module, CommonSpaceFusion) and self._auxiliary:
            common = self.module.common(given, there)
            found = found + self._auxiliary * common_space_loss(common, there, labels)
        return found

    def score(self) -> float | None:
        """Minus the cross-entropy of the posts to stop by, over the subsets trained on."""
        if not len(self._stop):
            return None
        columns = self._present.shape[1]
        sizes = range(1, columns + 1) if self._drop else (columns,)
        losses = []
        for size in sizes:
            for kept in combinations(range(columns), size):
                shares, rows = self.shares(self._stop, kept)
                if len(rows):
                    picked = shares[np.arange(len(rows)), self._labels[rows].numpy()]
                    losses.append(float(-np.log(np.maximum(picked, 1e-9)).mean()))
                if size == columns:
                    self._said = (rows, shares.argmax(1))
        return -float(np.mean(losses)) if losses else None

    def figure(self) -> float | None:
        """F1, weighted by class, of the posts to stop by, with all their modalities."""
        if self._said is None:
            return None
        rows, said = self._said
        return weighted_f1(self._labels[rows].numpy(), said)

    def fingerprint(self) -> str:
        """The data and how it is hidden."""
        return f"{self._digest}|{self._drop}|{self._auxiliary}"

    def settle_trust(self) -> None:
        """Choose how far each modality is relied on, by the posts to stop by.

        A network has seen its training posts, so there every modality looks more
        reliable than it is, the one with fewer different items most of all. One
        number a modality, chosen on posts never trained on, puts that right.
        """
        trust = self.module.get_buffer("trust")
        best = self.score()
        if best is None:
            return
        for _ in range(2):
            for column in range(len(trust)):
                kept = float(trust[column])
                for factor in TRUSTS:
                    trust[column] = factor
                    if (found := self.score()) is not None and found > best + 1e-6:
                        best, kept = found, factor
                trust[column] = kept

    @torch.inference_mode()
    def shares(
        self, rows: np.ndarray, kept: Sequence[int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities from some of the modalities.

        Parameters
        ----------
        rows : numpy.ndarray
        kept : sequence of int, optional
            Columns of the mask that may be looked at; all when not given.

        Returns
        -------
        shares : numpy.ndarray
            ``(m, classes)`` float32.
        rows : numpy.ndarray
            The `m` rows that have any of them.
        """
        self.module.eval()
        present = self._mask(rows, kept)
        rows, present = rows[present.any(1)], present[present.any(1)]
        if not len(rows):
            return np.zeros((0, self.module.config.classes), np.float32), rows
        found = [
            self.module(self._given(part), present[places].to(_device(self.module)))
            for places, part in zip(chunks(np.arange(len(rows))), chunks(rows), strict=True)
        ]
        return torch.cat(found).float().softmax(-1).cpu().numpy(), rows

    @torch.inference_mode()
    def represent(self, rows: np.ndarray, kept: Sequence[int] | None = None) -> np.ndarray:
        """Fused vectors ``(rows, d)`` float32 from some of the modalities."""
        self.module.eval()
        found = self.module.represent(
            self._given(rows), self._mask(rows, kept).to(_device(self.module))
        )
        return found.float().cpu().numpy()

    def _mask(self, rows: np.ndarray, kept: Sequence[int] | None) -> Tensor:
        present = self._present[rows].clone()
        if kept is not None:
            present[:, [c for c in range(present.shape[1]) if c not in kept]] = False
        return present

    def _given(self, rows: np.ndarray) -> dict[str, Tensor]:
        where = _device(self.module)
        return {k: v[rows].to(where) for k, v in self._vectors.items()}


def weighted_f1(labels: np.ndarray, said: np.ndarray | None) -> float | None:
    """F1 of each class, weighted by its posts; None when nothing was said."""
    from sklearn.metrics import f1_score

    if said is None or not len(said):
        return None
    return float(f1_score(labels, said, average="weighted", zero_division=0))


def hidden(present: np.ndarray, drop: float, rng: np.random.Generator) -> np.ndarray:
    """Modality dropout: hide each with a chance, but never all of a post's.

    Parameters
    ----------
    present : numpy.ndarray
        ``(n, modalities)`` bool.
    drop : float
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
    # The one that came nearest to being kept stays where all were hidden.
    last = np.where(present, draws, -1.0).argmax(1)
    none = ~kept.any(1) & present.any(1)
    kept[none, last[none]] = True
    return kept


def chunks(rows: np.ndarray) -> list[np.ndarray]:
    """Rows in pieces of at most `CHUNK`."""
    return [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]


def _each_alone(decisions: Tensor, present: Tensor, labels: Tensor) -> Tensor:
    """Every modality's own classifier learns as if it were alone."""
    picked = decisions.gather(2, labels[:, None, None].expand(-1, decisions.shape[1], 1))[..., 0]
    return -(picked * present).sum() / present.sum().clamp(min=1)


def _lengths(module: nn.Module, texts: Tensor, seen: np.ndarray) -> np.ndarray | None:
    """Words of each text, or of its longest line; None where nothing is read word by word."""
    recurrent = any(isinstance(layer, nn.RNNBase) for layer in module.modules())
    if not recurrent or texts.dtype != torch.int64 or not len(seen):
        return None
    return (texts[seen] != 0).sum(-1).reshape(len(seen), -1).amax(1).numpy()


def _trimmed(rows: Tensor) -> Tensor:
    if rows.dtype != torch.int64 or rows.ndim != 2:
        return rows
    used = (rows != 0).any(0).nonzero()
    return rows[:, : int(used[-1]) + 1 if len(used) else 1]


def _device(module: nn.Module) -> torch.device:
    return next(module.parameters()).device
