"""The two sound networks as plain torch modules that process a whole sound at once.

Both are convolutions over time followed by pooling. The convolutions run once over
the sound and windows are pooled from their output, so overlaps cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Net = TypeVar("Net", bound=nn.Module)


class AisfxNet(nn.Module):
    """Ma and Lerch, ISMIR 2022: eight 3 x 3 convolutions, three times halved.

    ``(1, 1, frames, 96)`` -> ``(1, 512, frames // 8)``: one column for every
    eight frames, averaged over frequency. The vector of a window is the
    maximum over its columns.
    """

    channels = (64, 64, 128, 128, 256, 256, 512, 512)

    def __init__(self) -> None:
        super().__init__()
        inputs = (1, *self.channels)
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip(inputs, self.channels, strict=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Columns of a spectrogram."""
        for i, conv in enumerate(self.convs):
            x = F.relu(conv(x), inplace=True)
            if i in (1, 3, 5):
                x = F.max_pool2d(x, 2)
        return x.mean(3)


class Affine(nn.Module):
    """Batch normalisation for inference: one scale and shift for each channel."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(size))
        self.shift = nn.Parameter(torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        """``(n, channels, ...)`` -> the same shape."""
        shape = (-1, *[1] * (x.ndim - 2))
        return x * self.scale.view(shape) + self.shift.view(shape)


class MusicnnNet(nn.Module):
    """Pons and Serra, ISMIR-LBD 2019: timbral and temporal filters, then dense layers.

    `forward` returns ``(1, 753, frames)`` features; `tags` pools them over windows
    into the probabilities of 50 tags.
    """

    timbral_heights = (38, 67)
    temporal_lengths = (128, 64, 32)
    piece = 256  # frames

    def __init__(self) -> None:
        super().__init__()
        self.input = Affine(1)
        self.timbral = nn.ModuleList(nn.Conv2d(1, 204, (7, h)) for h in self.timbral_heights)
        self.temporal = nn.ModuleList(nn.Conv2d(1, 51, (n, 1)) for n in self.temporal_lengths)
        self.middle = nn.ModuleList(nn.Conv1d(n, 64, 7, padding=3) for n in (561, 64, 64))
        sizes = (204, 204, 51, 51, 51, 64, 64, 64)
        self.norm = nn.ModuleList(Affine(size) for size in sizes)
        self.pooled = Affine(2 * 753)
        self.dense = nn.Linear(2 * 753, 200)
        self.hidden = Affine(200)
        self.output = nn.Linear(200, 50)

    def forward(self, x: Tensor) -> Tensor:
        """Spectrogram ``(1, 1, frames, 96)`` -> ``(1, 753, frames)``."""
        x = self.input(x)
        front = []
        for i, conv in enumerate([*self.timbral, *self.temporal]):
            length = conv.kernel_size[0]
            # An even kernel padded as TensorFlow's SAME: the odd frame comes last.
            padded = F.pad(x, (0, 0, (length - 1) // 2, length // 2))
            # Piece by piece: a sound of 30 s would take 200 MB here at once.
            pieces = (
                self.norm[i](F.relu(conv(padded[:, :, at : at + self.piece + length - 1]))).amax(3)
                for at in range(0, x.shape[2], self.piece)
            )
            front.append(torch.cat(list(pieces), 2))
        features = [torch.cat(front, 1)]
        for i, conv in enumerate(self.middle):
            y = self.norm[5 + i](F.relu(conv(features[-1])))
            features.append(y if i == 0 else y + features[-1])
        return torch.cat(features, 1)

    def tags(self, windows: Tensor) -> Tensor:
        """Windows ``(n, 753, frames)`` of features -> ``(n, 50)`` probabilities."""
        pooled = torch.stack([windows.amax(2), windows.mean(2)], 2).flatten(1)
        hidden = F.relu(self.dense(self.pooled(pooled)))
        return torch.sigmoid(self.output(self.hidden(hidden)))


def load(net: Net, tensors: Mapping[str, Tensor], device: str) -> Net:
    """Fill a network with weights stored in half precision and freeze it."""
    net.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return net.eval().requires_grad_(False).to(device)
