"""Contrastive and triplet losses."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# With lower temperatures the model overfits: it no longer generalises to unseen authors.
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 0.5
_NEVER = -1e4  # a score without any probability; minus infinity times zero would be no number


class PairwiseContrast(nn.Module):
    """Symmetric contrastive loss with many positives, a temperature for each pair of kinds.

    Our reading of the loss "designed to cope with distant and disparate modalities" of
    Sikka et al. 2019 (arXiv:1905.07075), whose equations are not available to us: for each pair of
    kinds (image-text, audio-text, user-image, ...) an InfoNCE term (van den Oord et al. 2018)
    in both directions, averaged over all positives of a row (Khosla et al. 2020, eq. 2).
    The learned temperature adapts to pairs of kinds that lie far apart.

    Parameters
    ----------
    pairs : list of str
        Names of the pairs of kinds.
    start : float
        First temperature.
    """

    def __init__(self, pairs: list[str], start: float = 0.15) -> None:
        super().__init__()
        self.log_temperature = nn.ParameterDict(
            {pair: nn.Parameter(torch.tensor(start).log()) for pair in pairs}
        )

    def temperature(self, pair: str) -> Tensor:
        """The current temperature of a pair of kinds."""
        return self.log_temperature[pair].exp().clamp(MIN_TEMPERATURE, MAX_TEMPERATURE)

    def forward(
        self,
        pair: str,
        left: Tensor,
        right: Tensor,
        positive: Tensor,
        ignored: Tensor | None = None,
    ) -> Tensor:
        """Loss of one batch.

        Parameters
        ----------
        pair : str
        left, right : Tensor
            ``(n, d)`` and ``(m, d)``, unit length.
        positive : Tensor
            ``(n, m)`` bool: positive pairs, or float: their weights in the average of a row.
            Rows without any are left out.
        ignored : Tensor, optional
            ``(n, m)`` bool: pairs that are neither positive nor negative.

        Returns
        -------
        Tensor
            Scalar; zero without any positive pair.
        """
        scores = left @ right.T / self.temperature(pair)
        if ignored is not None:
            scores = scores.masked_fill(ignored, _NEVER)
        return (_one_way(scores, positive) + _one_way(scores.T, positive.T)) / 2


def _one_way(scores: Tensor, positive: Tensor) -> Tensor:
    counts = positive.sum(1)
    if not bool((counts > 0).any()):
        return scores.sum() * 0.0
    log_probability = F.log_softmax(scores, dim=1)
    rows = (log_probability * positive).sum(1)[counts > 0] / counts[counts > 0]
    return -rows.mean()


def hardest_triplet(left: Tensor, right: Tensor, positive: Tensor, margin: float = 0.2) -> Tensor:
    """Max-margin loss against the hardest negative of the batch, both ways.

    Faghri et al. 2018, VSE++ (arXiv:1707.05612), eq. 6; for comparison.

    Parameters
    ----------
    left, right : Tensor
        ``(n, d)``, unit length, row `i` of one belonging to row `i` of the other.
    positive : Tensor
        ``(n, n)`` bool: pairs that are not negatives.
    margin : float

    Returns
    -------
    Tensor
        Scalar.
    """
    scores = left @ right.T
    true = scores.diagonal()
    wrong = scores.masked_fill(positive, -1.0)
    ways = (wrong.max(1).values, wrong.max(0).values)
    return torch.stack([F.relu(margin + hard - true).mean() for hard in ways]).sum()
