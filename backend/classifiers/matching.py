"""Which song goes with which image: JTAV (Liang et al. 2018), sec. 4.2, image2song."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from backend.classifiers.networks.fusion import Fusion
from backend.training.loop import Task


class Match(Task):
    """A fusion model that says whether query and candidate belong together.

    "Given a query, we randomly generate a fake candidate along with the correct
    candidate" (sec. 3.3): binary cross-entropy (Eq. 4) of the true pair and one
    random pair, drawn anew in each epoch.

    Parameters
    ----------
    module : Fusion
        Of two classes; reads query and candidate modalities alike.
    query, candidate : mapping of str to numpy.ndarray
        ``(n, d)`` float32 by modality; rows of NaN where it is missing. Row `i` of
        one belongs to row `i` of the other.
    songs : numpy.ndarray
        ``(n,)``: rows of one song are never fakes of each other.
    seen, stop : numpy.ndarray
    digest : str
    """

    def __init__(
        self,
        module: Fusion,
        query: Mapping[str, np.ndarray],
        candidate: Mapping[str, np.ndarray],
        songs: np.ndarray,
        seen: np.ndarray,
        stop: np.ndarray,
        digest: str = "",
    ) -> None:
        both = {**query, **candidate}
        present = np.stack([~np.isnan(v[:, 0]) for v in both.values()], axis=1)
        module.standardise({k: v[seen] for k, v in both.items()}, present[seen])
        self.module: Fusion = module
        self._query, self._candidate, self._songs = dict(query), dict(candidate), songs
        self._seen, self._stop, self._digest = seen, stop, digest
        self.size = len(seen)

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Binary cross-entropy of each query with its own and with a random candidate."""
        mine = self._seen[rows]
        fake = self._fakes(mine, self._seen, rng)
        scores = torch.cat([self._match(mine, mine), self._match(mine, fake)])
        truth = torch.cat([torch.ones(len(mine)), torch.zeros(len(mine))]).to(scores.device)
        return F.binary_cross_entropy_with_logits(scores, truth)

    def score(self) -> float | None:
        """Minus the cross-entropy on the posts to stop by, fakes drawn once and for all."""
        if len(self._stop) < 2:
            return None
        rng = np.random.default_rng(0)
        fakes = np.concatenate([self._fakes(self._stop, self._stop, rng) for _ in range(4)])
        true = self._match(self._stop, self._stop)
        false = self._match(np.tile(self._stop, 4), fakes)
        losses = F.softplus(-true).mean() + F.softplus(false).mean()
        return -float(losses.detach())

    def fingerprint(self) -> str:
        """The data."""
        return self._digest

    @torch.inference_mode()
    def scores(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """How well each query goes with each candidate, ``(q, c)`` float32."""
        self.module.eval()
        found = [
            self._match(np.full(len(candidates), q), candidates).float().cpu() for q in queries
        ]
        return torch.stack(found).numpy()

    def _fakes(self, mine: np.ndarray, pool: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A random candidate of another song for each row."""
        found = rng.choice(pool, len(mine))
        for _ in range(8):
            same = self._songs[found] == self._songs[mine]
            if not same.any():
                break
            found[same] = rng.choice(pool, int(same.sum()))
        return found

    def _match(self, queries: np.ndarray, candidates: np.ndarray) -> Tensor:
        parts = {k: v[queries] for k, v in self._query.items()}
        parts |= {k: v[candidates] for k, v in self._candidate.items()}
        present = np.stack([~np.isnan(parts[k][:, 0]) for k in self.module.config.inputs], axis=1)
        where = next(self.module.parameters()).device
        given = {k: torch.from_numpy(v).to(where) for k, v in parts.items()}
        scores = self.module(given, torch.from_numpy(present).to(where))
        found: Tensor = scores[:, 1] - scores[:, 0]
        return found
