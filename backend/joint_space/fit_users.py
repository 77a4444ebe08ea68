"""Train users, texts, images and sounds in one space (Sikka et al. 2019).

The loss `contrast` is our reading of the paper, whose equations are not available to us:
a symmetric contrastive term with many positives and its own temperature for each pair of
kinds (see `PairwiseContrast`). `triplet` is the max-margin loss against the hardest
negative, for comparison; `content` is `contrast` without users. Posts with known reactions
also attract those who reacted, and so do their authors, by the weight of the reaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.core.vectors import normalize
from backend.joint_space.authored_posts import AuthoredPosts
from backend.joint_space.fit import Classes, fit_standardisation, set_classes
from backend.joint_space.losses import PairwiseContrast, hardest_triplet
from backend.joint_space.model import JointSpace, JointSpaceConfig
from backend.joint_space.users import UserVectors
from backend.settings import SEED
from backend.training.loop import LoopConfig, StepCallback, Task, fit

# Unshared directions of each modality next to the learned ones, and how far they are
# whitened: chosen on validation rows of the training posts.
OWN_DIRECTIONS = {"text": 200, "image": 256, "audio": 64}
WHITEN = 0.3
HIDDEN_MODALITIES = 0.3  # fraction of modalities hidden in a training step

CONTENT = ("image-text", "audio-text", "audio-image")
USERS = ("user-text", "user-image", "user-audio", "user-post")
REACTIONS = ("reactor-post", "reactor-author")
SCHEDULE = LoopConfig(
    epochs=20, batch=512, rate=3e-3, decay=0.05, schedule="cosine", patience=0, seed=SEED
)


@dataclass(frozen=True, slots=True, eq=False)
class UserSpace:
    """A trained joint space with its user vectors.

    Attributes
    ----------
    space : JointSpace
        Its linear part has the unshared directions of each modality.
    users : UserVectors
    temperature : float
        Between users and whole posts.
    """

    space: JointSpace
    users: UserVectors
    temperature: float

    def modality(self, name: str, raw: np.ndarray) -> np.ndarray:
        """Return joint vectors ``(n, dim)`` of one modality; zeros where a row is NaN."""
        vectors = np.zeros((len(raw), self.space.dim), dtype=np.float32)
        present = ~np.isnan(raw[:, 0])
        with torch.inference_mode():
            if present.any():
                vectors[present] = self.space(name, torch.from_numpy(raw[present])).numpy()
        return vectors

    def posts(self, features: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return joint vectors ``(n, dim)`` of posts from their present modalities."""
        total = np.sum([self.modality(m, raw) for m, raw in features.items()], axis=0)
        with torch.inference_mode():
            parts = self.space.split(torch.from_numpy(total))
        return (torch.cat(parts, dim=-1) / len(parts) ** 0.5).numpy()

    def learned(self, vectors: np.ndarray) -> np.ndarray:
        """Return the learned part ``(n, dim)`` of joint vectors, of unit length."""
        return normalize(vectors[:, : self.space.config.member_dim])

    def score_users(self, posts: np.ndarray) -> np.ndarray:
        """Return log probabilities ``(n, users)`` of each known user for posts."""
        with torch.inference_mode():
            scores = torch.from_numpy(self.learned(posts)) @ self.users().T / self.temperature
            return scores.log_softmax(dim=1).numpy()


def train(
    authored: AuthoredPosts,
    classes: Classes | None,
    *,
    loss: str = "contrast",
    config: LoopConfig = SCHEDULE,
    on_progress: StepCallback | None = None,
) -> UserSpace:
    """Fit a joint space of users and the modalities of their posts.

    Parameters
    ----------
    authored : AuthoredPosts
    classes : Classes, optional
        Class names of the image encoder (ConSE).
    loss : str
        ``contrast``, ``triplet`` or ``content``.
    config : LoopConfig
    on_progress : callable, optional
    """
    torch.manual_seed(config.seed)
    shape = JointSpaceConfig(
        inputs={m: x.shape[1] for m, x in authored.features.items()},
        members=1,
        linear=sum(OWN_DIRECTIONS.values()),
        classes=0 if classes is None else len(classes.bias),
    )
    space = JointSpace(shape)
    set_classes(space, classes)
    _fill_buffers(space, authored)
    task = UserTask(space, authored, loss)
    fit(task, config, device="cpu", on_progress=on_progress)
    return UserSpace(
        space.eval(), task.users, float(task.contrast.temperature("user-post").detach())
    )


def _fill_buffers(space: JointSpace, authored: AuthoredPosts) -> None:
    """Set mean, scale and unshared directions (partly whitened PCA) of each modality."""
    start = 0
    for modality, size in OWN_DIRECTIONS.items():
        raw = torch.from_numpy(authored.features[modality][authored.has(modality)])
        if len(raw) > 1:
            fit_standardisation(space, modality, raw)
            x = F.normalize(space.standardise(modality, raw), dim=-1)
            x = x - x.mean(0)
            values, basis = torch.linalg.eigh(x.T @ x / len(x))
            kept = min(size, int((values > 1e-7).sum()))
            values, basis = values.flip(0)[:kept], basis.flip(1)[:, :kept]
            directions = basis * values.clamp_min(1e-6) ** (-WHITEN / 2)
            space.get_buffer(f"canonical_{modality}")[:, start : start + kept] = directions
        start += size


class UserTask(Task):
    """Contrasts posts with their authors, and the modalities of a post with each other."""

    def __init__(self, space: JointSpace, authored: AuthoredPosts, loss: str = "contrast") -> None:
        self.heads = cast(nn.ModuleDict, space.heads[0])
        self.users = UserVectors(len(authored.names), space.config.member_dim)
        self.reactions = None if loss == "content" else authored.reactions
        pairs = (*CONTENT, *USERS, *(() if self.reactions is None else REACTIONS))
        self.contrast = PairwiseContrast([*pairs], start=0.1)
        self.module = nn.ModuleDict(
            {"heads": self.heads, "users": self.users, "contrast": self.contrast}
        )
        self.size = len(authored)
        self.kind = loss
        self.present = {m: torch.from_numpy(authored.has(m)) for m in authored.features}
        with torch.inference_mode():
            self.x = {
                m: space.standardise(m, torch.from_numpy(np.nan_to_num(raw))).clone()
                for m, raw in authored.features.items()
                if self.present[m].any()
            }
        self.owner = torch.from_numpy(authored.users)
        self.group = torch.from_numpy(authored.groups)

    def groups(self, rate: float) -> list[dict]:
        """Return parameter groups; no weight decay for users and temperatures."""
        return [
            {"params": list(self.heads.parameters()), "lr": rate},
            {"params": list(self.users.parameters()), "lr": 3 * rate, "weight_decay": 0.0},
            {"params": list(self.contrast.parameters()), "lr": rate, "weight_decay": 0.0},
        ]

    def fingerprint(self) -> str:
        """Return the name of the loss."""
        return self.kind

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the loss of a batch of posts."""
        batch_rows = torch.from_numpy(rows)
        vectors = {m: self.heads[m](x[batch_rows]) for m, x in self.x.items()}
        present = {m: self.present[m][batch_rows] for m in vectors}
        group, owner = self.group[batch_rows], self.owner[batch_rows]
        total = torch.zeros(())
        for pair in CONTENT:
            left, right = pair.split("-")
            if left in vectors and right in vectors:
                both = present[left] & present[right]
                same = group[both][:, None] == group[both][None, :]
                total = total + self._pair(pair, vectors[left][both], vectors[right][both], same)
        for pair in USERS if self.kind != "content" else ():
            kind = pair.removeprefix("user-")
            if kind == "post":
                posts = self._posts(vectors, present, rng)
                total = total + self._author(pair, posts, owner)
                total = total + self._reactors(posts, owner, rows)
            elif kind in vectors and bool(present[kind].any()):
                has_kind = present[kind]
                total = total + 0.3 * self._author(pair, vectors[kind][has_kind], owner[has_kind])
        return total

    def _posts(
        self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor], rng: np.random.Generator
    ) -> Tensor:
        """Return post vectors from a random, non-empty subset of their modalities."""
        names = list(vectors)
        mask = torch.stack([present[m] for m in names])
        visible = mask & torch.from_numpy(rng.random(mask.shape) > HIDDEN_MODALITIES)
        visible = torch.where(visible.any(0), visible, mask).float()
        total = torch.stack([vectors[m] for m in names]) * visible[:, :, None]
        return F.normalize(total.sum(0), dim=-1)

    def _author(self, pair: str, posts: Tensor, owner: Tensor) -> Tensor:
        users = self.users()
        if self.kind == "triplet":
            same = owner[:, None] == owner[None, :]
            return hardest_triplet(posts, users[owner], same)
        return self.contrast(pair, posts, users, owner[:, None] == torch.arange(len(users)))

    def _reactors(self, posts: Tensor, owner: Tensor, rows: np.ndarray) -> Tensor:
        """Contrast posts, and their authors, with those who reacted to them.

        An author is no stranger to an own post: neither a positive nor a negative.
        """
        if self.reactions is None:
            return torch.zeros(())
        users = self.users()
        weight = torch.from_numpy(self.reactions[rows].toarray())
        own = owner[:, None] == torch.arange(len(users))
        weight = weight.masked_fill(own, 0.0)
        of_post, of_author = REACTIONS
        return self.contrast(of_post, posts, users, weight, own) + self.contrast(
            of_author, users[owner], users, weight, own
        )

    def _pair(self, pair: str, left: Tensor, right: Tensor, same: Tensor) -> Tensor:
        if len(left) < 2:
            return torch.zeros(())
        if self.kind == "triplet":
            return hardest_triplet(left, right, same)
        return self.contrast(pair, left, right, same)
