"""JointFusion and CommonSpaceFusion: emotion-fusion article (2017), Figs. c and d."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.classifiers.networks.fusion import Fusion, FusionConfig, pooled


class JointFusion(Fusion):
    """Vectors mapped to one size and pooled (emotion-fusion article 2017, Fig. c).

    "An extra linear layer is added to map the original image vector to a vector of
    the same dimension as the text vector", then a pooling operation, then the
    classifier. Here every modality has such a layer, the text too: three modalities
    have no natural common size. The modalities that are present are pooled.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        self.maps = nn.ModuleList(nn.Linear(size, config.size) for size in config.widths.values())
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.size, config.classes)

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return the pooled vectors ``(n, size)``."""
        inputs = self.inputs(vectors, present)
        rows = [layer(self.dropout(x)) for layer, x in zip(self.maps, inputs, strict=True)]
        weighted = torch.stack(rows, dim=1) * self.get_buffer("modality_weights")[:, None]
        return pooled(weighted, present, self.config.pooling)

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.represent(vectors, present))


class CommonSpaceFusion(Fusion):
    """A common space for all modalities (emotion-fusion article 2017, Fig. d).

    Each modality is mapped into the space; an auxiliary task (`common_space_loss`)
    pulls the modalities of one post together and away from posts of other classes.
    The classifier reads the sum of the present modalities' vectors, so any subset works,
    and evidence adds up as from independent sources.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        self.maps = nn.ModuleList(
            nn.Sequential(nn.Dropout(config.dropout), nn.Linear(size, config.size), nn.Tanh())
            for size in config.widths.values()
        )
        self.classifier = nn.Linear(config.size, config.classes)

    def common(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return each modality in the common space, ``(n, modalities, size)``."""
        inputs = self.inputs(vectors, present)
        return torch.stack([layer(x) for layer, x in zip(self.maps, inputs, strict=True)], dim=1)

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return the weighted sum of the present modalities, ``(n, size)``."""
        weights = present * self.get_buffer("modality_weights")
        return (self.common(vectors, present) * weights[..., None]).sum(1)

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.represent(vectors, present))


def common_space_loss(
    common: Tensor, present: Tensor, classes: Tensor, margin: float = 0.5
) -> Tensor:
    """Return the auxiliary loss of `CommonSpaceFusion` over every pair of modalities.

    "Enforces similarity between both a text and image vector belonging to a post,
    ensuring that the rest of text vectors from different classes are different from
    the image vector": margin ranking of cosines, both ways.

    Parameters
    ----------
    common : Tensor
        ``(n, modalities, size)``.
    present : Tensor
        ``(n, modalities)`` bool.
    classes : Tensor
        ``(n,)`` int64: posts of the same class are not negatives.
    margin : float

    Returns
    -------
    Tensor
        Scalar; zero where no post has two modalities.
    """
    unit = F.normalize(common, dim=-1)
    other = classes[:, None] != classes[None]
    total, count = common.sum() * 0.0, 0
    for a in range(common.shape[1]):
        for b in range(a + 1, common.shape[1]):
            scores = unit[:, a] @ unit[:, b].T
            true = scores.diagonal()
            both = present[:, a] & present[:, b]
            for some, mine, theirs in (
                (scores, both, present[:, b]),
                (scores.T, both, present[:, a]),
            ):
                valid = other & mine[:, None] & theirs[None]
                if bool(valid.any()):
                    total = total + F.relu(margin - true[:, None] + some)[valid].mean()
                    count += 1
    return total / max(count, 1)
