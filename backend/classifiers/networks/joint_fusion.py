"""JointFusion and CommonSpaceFusion: emotion-fusion article (2017), Figs. c and d."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.classifiers.networks.fusion import Fusion, FusionConfig, pooled


class JointFusion(Fusion):
    """Vectors mapped to one size and pooled (Fig. c, "joint fusion").

    "An extra linear layer is added to map the original image vector to a vector of
    the same dimension as the text vector", then a pooling operation, then the
    classifier. Here every modality has such a layer, the text too: three of them
    have no natural common size. Pooling is over what is there.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        self.maps = nn.ModuleList(nn.Linear(size, config.size) for size in config.widths.values())
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.size, config.classes)

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """The pooled vector ``(n, size)``."""
        some = self.inputs(vectors, present)
        rows = [layer(self.dropout(x)) for layer, x in zip(self.maps, some, strict=True)]
        trusted = torch.stack(rows, dim=1) * self.get_buffer("trust")[:, None]
        return pooled(trusted, present, self.config.pooling)

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.represent(vectors, present))


class CommonSpaceFusion(Fusion):
    """A common space in which every modality of a post says the same (Fig. d).

    Each modality is mapped into the space; an auxiliary task (`common_space_loss`)
    pulls the modalities of one post together and away from posts of other classes.
    The classifier stands on the space itself, so that any subset works: the
    evidence of the modalities that are there is added up, each with the length
    that its vector has there, as independent witnesses should be.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        self.maps = nn.ModuleList(
            nn.Sequential(nn.Dropout(config.dropout), nn.Linear(size, config.size), nn.Tanh())
            for size in config.widths.values()
        )
        self.classifier = nn.Linear(config.size, config.classes)

    def common(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Each modality in the common space, ``(n, modalities, size)``."""
        some = self.inputs(vectors, present)
        return torch.stack([layer(x) for layer, x in zip(self.maps, some, strict=True)], dim=1)

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """The sum of the vectors that are there, ``(n, size)``."""
        relied = present * self.get_buffer("trust")
        return (self.common(vectors, present) * relied[..., None]).sum(1)

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.represent(vectors, present))


def common_space_loss(
    common: Tensor, present: Tensor, classes: Tensor, margin: float = 0.5
) -> Tensor:
    """The auxiliary task of `CommonSpaceFusion`, over every pair of modalities.

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
        ``(n,)`` int64: posts of the same class are no negatives.
    margin : float

    Returns
    -------
    Tensor
        Scalar; zero where no two modalities meet.
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
