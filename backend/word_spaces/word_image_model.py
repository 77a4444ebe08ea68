"""Words and images in one space (words-images-space slides, 2015).

Every word has an input vector v_w and an output vector v_o of 200 dimensions (skip-gram with
negative sampling, Mikolov et al. 2013, eq. 4). A matrix W maps the features v_f of an image into
the space. It is learnt with the same objective: W v_f takes the place of v_w and predicts the
words of the image. So words and images can be compared, added and subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class WordImageConfig:
    """Configuration of a space of words and images.

    Attributes
    ----------
    words : int
    features : int
        Length of the raw features of an image.
    dim : int
    """

    words: int
    features: int
    dim: int = 200


class WordImageSpace(nn.Module):
    """v_w and v_o ``(words, dim)`` and W ``(dim, features)``."""

    def __init__(self, config: WordImageConfig) -> None:
        super().__init__()
        self.config = config
        self.inputs = nn.Embedding(config.words, config.dim)
        self.outputs = nn.Embedding(config.words, config.dim)
        self.map = nn.Linear(config.features, config.dim, bias=False)
        # Initialised as in word2vec: small inputs, zero outputs.
        nn.init.uniform_(self.inputs.weight, -0.5 / config.dim**0.5, 0.5 / config.dim**0.5)
        nn.init.zeros_(self.outputs.weight)
        self.register_buffer("mean", torch.zeros(config.features))
        self.register_buffer("scale", torch.ones(config.features))

    def images(self, raw: Tensor) -> Tensor:
        """Raw features ``(n, features)`` -> W v_f, ``(n, dim)``, not of unit length."""
        x = (raw - self.get_buffer("mean")) * self.get_buffer("scale")
        return self.map(F.normalize(x, dim=-1))

    def forward(self, centres: Tensor, words: Tensor) -> Tensor:
        """Score words as contexts of centres.

        Parameters
        ----------
        centres : Tensor
            ``(n, dim)``: v_w of words or W v_f of images.
        words : Tensor
            ``(n, k)`` int64.

        Returns
        -------
        Tensor
            ``(n, k)``: v_o · centre, the argument of the sigmoid.
        """
        return torch.einsum("nd,nkd->nk", centres, self.outputs(words))
