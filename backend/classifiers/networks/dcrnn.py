"""DCRNN: JTAV (Liang et al. 2018), sec. 3.1.2, Eq. 2 and Fig. 4."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class DCRNNConfig:
    """Shape of the network.

    Attributes
    ----------
    classes : int
    bins : int
        Frequency bins of the spectrogram; 96 in the paper.
    blocks : int
        Densely connected sub-blocks, the paper's `N`; 2.
    channels : int
        Channels of the first block; each further block has twice as many.
    hidden, layers : int
        Units per direction and layers of the recurrent network.
    size : int
        Length of the representation `a`.
    dropout : float
    """

    classes: int = 2
    bins: int = 96
    blocks: int = 2
    channels: int = 12
    hidden: int = 32
    layers: int = 2
    size: int = 64
    dropout: float = 0.3


class ConvNormPool(nn.Sequential):
    """The paper's "CNN-BN-MP": convolution, batch normalisation, max pooling."""

    def __init__(self, inputs: int, outputs: int, pool: tuple[int, int]) -> None:
        # A block that must not shrink pools neighbours with stride one.
        pooled = nn.MaxPool2d(3, 1, 1) if pool == (1, 1) else nn.MaxPool2d(pool)
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), pooled
        )

    def forward(self, input: Tensor) -> Tensor:
        """Map ``(n, inputs, f, t)`` to ``(n, outputs, f', t')``."""
        convolve, *rest = self
        # Channels last halves the time of a training step.
        x = convolve(input).contiguous(memory_format=torch.channels_last)
        for layer in rest:
            x = layer(x)
        return x


class DenseBlock(nn.Module):
    """One densely connected sub-block (JTAV, Eq. 2).

    ``A1 = CBM(A0); A2 = CBM(A1); A3 = CBM(A2); A = CBM(A1 + A3)`` with + for
    concatenation. A1 and A3 must be of one size, so only the first and the last
    pooling shrink.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = ConvNormPool(inputs, outputs, (2, 2))
        self.second = ConvNormPool(outputs, outputs, (1, 1))
        self.third = ConvNormPool(outputs, outputs, (1, 1))
        self.last = ConvNormPool(2 * outputs, outputs, (3, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, inputs, f, t)`` to ``(n, outputs, f // 6, t // 4)``."""
        one = self.first(x)
        three = self.third(self.second(one))
        return self.last(torch.cat([one, three], dim=1))


class DCRNN(nn.Module):
    """Dense convolutions, then a recurrent network over time (JTAV, sec. 3.1.2 and Fig. 4).

    DCRNN-MelS reads mel spectrograms, DCRNN-CQT constant-Q transforms.
    """

    def __init__(self, config: DCRNNConfig = DCRNNConfig()) -> None:
        super().__init__()
        self.config = config
        wide, bins, blocks = 1, config.bins, []
        for place in range(config.blocks):
            blocks.append(DenseBlock(wide, config.channels * 2**place))
            wide, bins = config.channels * 2**place, bins // 6
        self.norm = nn.BatchNorm1d(config.bins)
        self.blocks = nn.Sequential(*blocks)
        self.rnn = nn.GRU(
            wide * bins, config.hidden, config.layers, batch_first=True, bidirectional=True
        )
        self.dense = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(2 * config.hidden, config.size), nn.ReLU()
        )
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(config.size, config.classes)
        )

    @property
    def dim(self) -> int:
        """Length of the representation."""
        return self.config.size

    def represent(self, spectrogram: Tensor) -> Tensor:
        """Return the acoustic vector `a`.

        Parameters
        ----------
        spectrogram : Tensor
            ``(n, bins, frames)`` float32.

        Returns
        -------
        Tensor
            ``(n, size)``.
        """
        x = self.blocks(self.norm(spectrogram)[:, None])
        time_major = x.flatten(1, 2).transpose(1, 2)  # the permute block
        states, _ = self.rnn(time_major)
        half = self.config.hidden
        # Last state of the forward and first of the backward pass: each has read all frames.
        return self.dense(torch.cat([states[:, -1, :half], states[:, 0, half:]], dim=1))

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax; input as for `represent`."""
        return self.classifier(self.represent(spectrogram))
