"""Dual autoencoder with association labels: the baseline of the words-images-space slides.

Denoising autoencoders (Vincent et al. 2010) of words and of images. The codes of a text and of an
image that belong together attract each other (Feng et al. 2014, "Cross-modal retrieval with
correspondence autoencoder", eq. 3).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class AutoencoderConfig:
    """Configuration of a dual autoencoder.

    Attributes
    ----------
    words, features : int
        Length of a bag of words and of the features of an image.
    dim, hidden : int
        Size of a code and of the layer before it.
    noise : float
        Share of the input that is dropped in training.
    pull : float
        Weight of the association loss: 1 - alpha of eq. 3.
    """

    words: int
    features: int
    dim: int = 200
    hidden: int = 256
    noise: float = 0.2
    pull: float = 0.8


class DualAutoencoder(nn.Module):
    """Bags of words ``(n, words)`` and features ``(n, features)`` -> codes ``(n, dim)``."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        sizes = {"words": config.words, "images": config.features}
        self.encoders = nn.ModuleDict(
            {
                name: nn.Sequential(
                    nn.Dropout(config.noise),
                    nn.Linear(size, config.hidden),
                    nn.Tanh(),
                    nn.Linear(config.hidden, config.dim),
                )
                for name, size in sizes.items()
            }
        )
        self.decoders = nn.ModuleDict(
            {
                name: nn.Sequential(
                    nn.Tanh(),
                    nn.Linear(config.dim, config.hidden),
                    nn.Tanh(),
                    nn.Linear(config.hidden, size),
                )
                for name, size in sizes.items()
            }
        )

    def code(self, kind: str, x: Tensor) -> Tensor:
        """Encode ``words`` or ``images``."""
        return self.encoders[kind](x)

    def forward(self, words: Tensor, images: Tensor) -> Tensor:
        """Return the loss of texts and images that belong together, row by row (eq. 3)."""
        left, right = self.code("words", words), self.code("images", images)
        word_loss = F.binary_cross_entropy_with_logits(
            self.decoders["words"](left), (words > 0).float(), reduction="none"
        ).sum(1)
        image_loss = (self.decoders["images"](right) - images).square().sum(1)
        distance = (left - right).square().sum(1)
        pull = self.config.pull
        return ((1 - pull) * (word_loss + image_loss) + pull * distance).mean()
