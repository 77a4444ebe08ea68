"""Posts, single modalities, users and words in one vector space.

Sikka, van Bramer and Divakaran, "Deep Unified Multimodal Embeddings For
Understanding Both Content And Users In Social Media Networks", 2019
(arXiv:1905.07075). Its equations are not available to us: the architecture (one
projection for each modality, a vector for each user, unit length) is theirs; the
details are our reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.core.threads import parallel_map
from backend.domain import Modality
from backend.joint_space.numpy_model import FADING, ROUNDING, part_weights

Product = Callable[[Tensor], Tensor]
ApplyProduct = Callable[[Product, Tensor], Tensor]  # a product, of all rows at once or of each

USER = "user"
CHUNK_ROWS = 64  # rows projected at a time, so that shared workers are not blocked for long


@dataclass(frozen=True)
class JointSpaceConfig:
    """Shape of a joint space.

    Attributes
    ----------
    inputs : mapping of str to int
        Length of each modality's raw features.
    member_dim : int
        Length of one member's vectors.
    members : int
        Heads trained from different seeds whose cosines are averaged.
    linear : int
        Length of the canonical-correlation part; 0 for none.
    hidden : int
        Width of a head's hidden layer.
    classes : int
        Classes of the image encoder whose probabilities, times the text
        vectors of their names, extend the image features (ConSE, Norouzi et
        al. 2014, arXiv:1312.5650); 0 for none.
    dropout : float
        Dropout rate of a head's input.
    aligned : mapping of str to int
        Modalities whose encoders share a space already, such as the towers of CLIP, and the
        length of their features: that space is a part of the joint vector.
    """

    inputs: Mapping[str, int]
    member_dim: int = 128
    members: int = 2
    linear: int = 128
    hidden: int = 256
    classes: int = 0
    dropout: float = 0.2
    aligned: Mapping[str, int] = field(default_factory=dict)

    @property
    def aligned_dim(self) -> int:
        """Length of the part that aligned encoders bring; 0 for none."""
        return max(self.aligned.values(), default=0)

    @property
    def dim(self) -> int:
        """Length of a joint vector."""
        slack = len(self.inputs) if self.aligned else 0
        return self.member_dim * self.members + self.linear + self.aligned_dim + slack

    def head_input(self, modality: str) -> int:
        """Return the input length of the head of a modality."""
        if modality == USER:
            return self.member_dim
        conse = self.inputs["text"] if modality == "image" and self.classes else 0
        return self.inputs[modality] + conse


def _together(product: Product, rows: Tensor) -> Tensor:
    return product(rows)


def _one_by_one(product: Product, rows: Tensor) -> Tensor:
    return torch.cat([product(row) for row in rows.split(1)])


class Head(nn.Module):
    """A linear map plus a small correction: ``(n, d) -> (n, member_dim)`` of unit length."""

    def __init__(self, inputs: int, config: JointSpaceConfig) -> None:
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.linear = nn.Linear(inputs, config.member_dim)
        self.hidden = nn.Linear(inputs, config.hidden)
        self.out = nn.Linear(config.hidden, config.member_dim)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, each: ApplyProduct = _together) -> Tensor:
        """Project standardised features."""
        x = self.dropout(x)
        bent = F.gelu(each(self.hidden, x))
        return F.normalize(each(self.linear, x) + each(self.out, bent), dim=-1)


class UserHead(nn.Module):
    """Map the means of users' posts to user vectors, both ``(n, member_dim)`` of unit length.

    Initialised as the identity, so that an untrained head maps users to the centre of
    their posts. Works for users not in the training data.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.change = nn.Linear(dim, dim)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Project mean post vectors."""
        return F.normalize(x + self.change(x), dim=-1)


class JointSpace(nn.Module):
    """Maps raw features of any modality to comparable unit vectors.

    A joint vector is the concatenation of each member's unit vector and the
    linear part's unit vector, each divided by the root of their number, so that
    a dot product of two joint vectors is the mean of the parts' cosines.
    """

    def __init__(self, config: JointSpaceConfig) -> None:
        super().__init__()
        self.config = config
        for modality in config.inputs:
            wide = config.head_input(modality)
            self.register_buffer(f"mean_{modality}", torch.zeros(wide))
            self.register_buffer(f"scale_{modality}", torch.ones(wide))
            if config.linear:
                self.register_buffer(f"canonical_{modality}", torch.zeros(wide, config.linear))
        for modality, size in config.aligned.items():
            self.register_buffer(f"centre_{modality}", torch.zeros(size))
            self.register_buffer(f"reach_{modality}", torch.ones(1))
        if config.classes:
            self.register_buffer(
                "class_weight", torch.zeros(config.classes, config.inputs["image"])
            )
            self.register_buffer("class_bias", torch.zeros(config.classes))
            self.register_buffer("class_text", torch.zeros(config.classes, config.inputs["text"]))
        self.heads = nn.ModuleList(
            nn.ModuleDict(
                {m: Head(config.head_input(m), config) for m in config.inputs}
                | {USER: UserHead(config.member_dim)}
            )
            for _ in range(config.members)
        )

    @property
    def dim(self) -> int:
        """Length of a joint vector."""
        return self.config.dim

    def standardise(self, modality: str, raw: Tensor, each: ApplyProduct = _together) -> Tensor:
        """Raw features ``(n, d)`` -> what the heads read, ``(n, head_input)``."""
        if modality == "image" and self.config.classes:
            weight, text = self.get_buffer("class_weight"), self.get_buffer("class_text")
            logits = each(lambda row: row @ weight.T, raw) + self.get_buffer("class_bias")
            conse = each(lambda row: row @ text, logits.softmax(-1))
            raw = torch.cat([raw, conse], dim=-1)
        return (raw - self.get_buffer(f"mean_{modality}")) * self.get_buffer(f"scale_{modality}")

    def parts(self, modality: str, raw: Tensor, each: ApplyProduct = _together) -> list[Tensor]:
        """Return the unit vectors of each member and of the linear part."""
        x = self.standardise(modality, raw, each)
        parts = [cast(nn.ModuleDict, member)[modality](x, each) for member in self.heads]
        if self.config.linear:
            canonical = self.get_buffer(f"canonical_{modality}")
            parts.append(F.normalize(each(lambda row: row @ canonical, x), dim=-1))
        if modality in self.config.aligned:
            # What was trained is heard as far as an item is like those that it was trained on.
            far = x.square().sum(-1, keepdim=True) / self.get_buffer(f"reach_{modality}")
            parts = [part * (1 - (far - 1) / FADING).clamp(0, 1) for part in parts]
        if size := self.config.aligned_dim:
            if modality in self.config.aligned:
                # Around its mean: between the modalities of such a space lies a gap.
                centred = F.normalize(raw, dim=-1) - self.get_buffer(f"centre_{modality}")
                parts.append(F.normalize(centred, dim=-1))
            else:
                parts.append(raw.new_zeros(len(raw), size))
        return parts

    def join(self, parts: list[Tensor], modality: str) -> Tensor:
        """Concatenate the parts of a modality so that the result has unit length.

        With an aligned space, what is missing to unit length goes to a number of each modality's
        own, so that the aligned cosine always counts the same.
        """
        if not self.config.aligned:
            return join(parts)
        weights = part_weights(len(parts) - 1)
        scaled = [part * weight**0.5 for part, weight in zip(parts, weights, strict=True)]
        joined = torch.cat(scaled, dim=-1)
        slack = joined.new_zeros(len(joined), len(self.config.inputs))
        rest = 1 - joined.square().sum(-1)
        rest = torch.where(rest > ROUNDING, rest, torch.zeros(()))
        slack[:, list(self.config.inputs).index(modality)] = rest.sqrt()
        return torch.cat([joined, slack], dim=-1)

    def forward(self, modality: str, raw: Tensor) -> Tensor:
        """Return joint vectors ``(n, dim)`` of raw features ``(n, d)``."""
        return self.join(self.parts(modality, raw), modality)

    def split(self, joint: Tensor) -> list[Tensor]:
        """Split joint vectors into parts, each normalised again unless it is zero."""
        return [F.normalize(part, dim=-1) for part in self._cut(joint)]

    def _cut(self, joint: Tensor) -> tuple[Tensor, ...]:
        sizes = [self.config.member_dim] * self.config.members
        sizes += [self.config.linear] if self.config.linear else []
        if self.config.aligned:
            sizes += [self.config.aligned_dim, len(self.config.inputs)]
        return joint.split(sizes, dim=-1)

    def forward_users(self, means: Tensor) -> Tensor:
        """Return joint vectors of users from the means of their posts' joint vectors."""
        parts = self.split(means)
        lengths = [part.norm(dim=-1, keepdim=True) for part in self._cut(means)]
        for index, member in enumerate(self.heads):
            parts[index] = cast(nn.ModuleDict, member)[USER](parts[index])
        if self.config.aligned:  # the parts keep the weights that they have in the posts
            parts = [part * length for part, length in zip(parts, lengths, strict=True)]
            return F.normalize(torch.cat(parts, dim=-1), dim=-1)
        return join(parts)

    @torch.inference_mode()
    def project(self, modality: Modality | str, raw: np.ndarray) -> np.ndarray:
        """Project raw features of one modality; the space must be in evaluation mode.

        Parameters
        ----------
        modality : Modality
        raw : numpy.ndarray
            ``(n, d)`` float32.

        Returns
        -------
        numpy.ndarray
            ``(n, dim)`` float32, unit length.
        """
        # A matrix product may round differently with the number of rows, but a post must
        # always have the same vector. So each row has its own product; elementwise steps
        # run on all rows. (Exact for widths that are multiples of four, as by default: else
        # torch vectorises across row ends.)
        rows = torch.from_numpy(np.ascontiguousarray(raw, dtype=np.float32))
        name = Modality(modality).value
        if not len(rows):
            return np.zeros((0, self.dim), dtype=np.float32)

        def project_rows(rows: Tensor) -> np.ndarray:
            with torch.inference_mode():
                return self.join(self.parts(name, rows, _one_by_one), name).numpy()

        if len(rows) > CHUNK_ROWS:
            return np.concatenate([project_rows(chunk) for chunk in rows.split(CHUNK_ROWS)])
        # For networks this small, a second thread costs more than it saves.
        return parallel_map(project_rows, [rows])[0]

    @torch.inference_mode()
    def posts(self, vectors: Mapping[Modality, np.ndarray]) -> np.ndarray:
        """Return joint vectors of posts from those of their modalities.

        Parameters
        ----------
        vectors : mapping of Modality to numpy.ndarray
            ``(n, dim)`` float32 each, for modalities that all `n` posts have.

        Returns
        -------
        numpy.ndarray
            ``(n, dim)`` float32, unit length.
        """
        total = np.sum([vectors[m] for m in Modality if m in vectors], axis=0)
        rows = torch.from_numpy(total.astype(np.float32))
        if self.config.aligned:
            return F.normalize(rows, dim=-1).numpy()
        return join(self.split(rows)).numpy()

    @torch.inference_mode()
    def users(self, means: np.ndarray) -> np.ndarray:
        """Return joint vectors of users from the mean joint vectors of their posts.

        Parameters
        ----------
        means : numpy.ndarray
            ``(n, dim)`` float32.

        Returns
        -------
        numpy.ndarray
            ``(n, dim)`` float32, unit length.
        """
        rows = torch.from_numpy(np.ascontiguousarray(means, dtype=np.float32))
        return self.forward_users(rows).numpy()


def join(parts: list[Tensor]) -> Tensor:
    """Concatenate unit vectors so that the result has unit length."""
    return torch.cat(parts, dim=-1) / len(parts) ** 0.5


def save(space: JointSpace) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the tensors and the configuration to store in a bundle."""
    tensors = {key: value.detach().cpu().numpy() for key, value in space.state_dict().items()}
    config = asdict(space.config)
    config["dim"] = config.pop("member_dim")  # its name in stored bundles
    return tensors, config


def load(tensors: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> JointSpace:
    """Load a joint space from the output of `save`, in evaluation mode.

    Raises
    ------
    RuntimeError
        When the tensors do not match the configuration.
    """
    shape = {"member_dim" if key == "dim" else key: value for key, value in config.items()}
    space = JointSpace(JointSpaceConfig(**shape))
    space.load_state_dict({key: torch.from_numpy(np.array(v)) for key, v in tensors.items()})
    return space.eval().requires_grad_(False)
