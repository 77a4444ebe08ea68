"""Matching songs with images: JTAV (Liang et al. 2018), sec. 3.3 and 4.2, image2song."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from backend.classifiers.networks.fusion import Fusion
from backend.training.loop import Task


class Match(Task):
    """Binary classification of query and candidate by a fusion model: match or not.

    "Given a query, we randomly generate a fake candidate along with the correct
    candidate" (sec. 3.3): binary cross-entropy (Eq. 4) of the true pair and of one
    random pair, drawn again in each epoch.

    Parameters
    ----------
    module : Fusion
        Of two classes; reads the modalities of query and candidate alike.
    query, candidate : mapping of str to numpy.ndarray
        ``(n, d)`` float32 by modality; rows of NaN where it is missing. Row `i` of
        one matches row `i` of the other.
    songs : numpy.ndarray
        ``(n,)``: rows of one song are never fakes of each other.
    train_rows, val_rows : numpy.ndarray
    """

    def __init__(
        self,
        module: Fusion,
        query: Mapping[str, np.ndarray],
        candidate: Mapping[str, np.ndarray],
        songs: np.ndarray,
        train_rows: np.ndarray,
        val_rows: np.ndarray,
    ) -> None:
        both = {**query, **candidate}
        present = np.stack([~np.isnan(v[:, 0]) for v in both.values()], axis=1)
        module.standardise({k: v[train_rows] for k, v in both.items()}, present[train_rows])
        self.module: Fusion = module
        self._query, self._candidate, self._songs = dict(query), dict(candidate), songs
        self._train_rows, self._val_rows = train_rows, val_rows
        self.size = len(train_rows)

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the binary cross-entropy of queries with their own and with random candidates."""
        queries = self._train_rows[rows]
        fakes = self._fakes(queries, self._train_rows, rng)
        logits = torch.cat([self._match(queries, queries), self._match(queries, fakes)])
        labels = torch.cat([torch.ones(len(rows)), torch.zeros(len(rows))]).to(logits.device)
        return F.binary_cross_entropy_with_logits(logits, labels)

    def score(self) -> float | None:
        """Return minus the cross-entropy of the validation rows, with the same fakes each time."""
        val = self._val_rows
        if len(val) < 2:
            return None
        rng = np.random.default_rng(0)
        fakes = np.concatenate([self._fakes(val, val, rng) for _ in range(4)])
        true = self._match(val, val)
        false = self._match(np.tile(val, 4), fakes)
        losses = F.softplus(-true).mean() + F.softplus(false).mean()
        return -float(losses.detach())

    @torch.inference_mode()
    def scores(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return the logits that queries and candidates match, ``(q, c)`` float32."""
        self.module.eval()
        logits = [
            self._match(np.full(len(candidates), q), candidates).float().cpu() for q in queries
        ]
        return torch.stack(logits).numpy()

    def _fakes(self, queries: np.ndarray, pool: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a random candidate of another song for each query."""
        fakes = rng.choice(pool, len(queries))
        for _ in range(8):
            same = self._songs[fakes] == self._songs[queries]
            if not same.any():
                break
            fakes[same] = rng.choice(pool, int(same.sum()))
        return fakes

    def _match(self, queries: np.ndarray, candidates: np.ndarray) -> Tensor:
        parts = {k: v[queries] for k, v in self._query.items()}
        parts |= {k: v[candidates] for k, v in self._candidate.items()}
        present = np.stack([~np.isnan(parts[k][:, 0]) for k in self.module.config.inputs], axis=1)
        device = next(self.module.parameters()).device
        vectors = {k: torch.from_numpy(v).to(device) for k, v in parts.items()}
        scores = self.module(vectors, torch.from_numpy(present).to(device))
        logits: Tensor = scores[:, 1] - scores[:, 0]
        return logits
