"""Training of the joint space: canonical correlations, then the heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from backend.joint_space.losses import PairwiseContrast
from backend.joint_space.model import USER, Head, JointSpace, JointSpaceConfig, UserHead
from backend.joint_space.pairs import NONE, Pairs
from backend.settings import SEED

Progress = Callable[[int, int], None]

# Pairs of kinds with their weight in the loss.
PAIRS = {
    "image-text": 1.0,
    "audio-text": 0.5,
    "audio-image": 0.5,
    "user-image": 0.2,
    "user-text": 0.2,
    "user-audio": 0.1,
}


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train.

    Attributes
    ----------
    steps : int
        Batches for each member.
    batch : int
        Posts in a batch.
    users : int
        Users in a batch.
    support : int
        Posts that stand for a user in a batch.
    rate, decay : float
        Learning rate (falls to zero along a cosine) and weight decay of AdamW.
    ridge : float
        Regularisation of the canonical correlations, as a share of the mean variance.
    """

    steps: int = 150
    batch: int = 448
    users: int = 48
    support: int = 6
    rate: float = 1e-3
    decay: float = 0.05
    ridge: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The image encoder's classifier and the text vectors of its class names (ConSE)."""

    weight: np.ndarray
    bias: np.ndarray
    text: np.ndarray


def train(
    pairs: Pairs,
    *,
    config: JointSpaceConfig,
    classes: Classes | None = None,
    schedule: Schedule | None = None,
    seed: int = SEED,
    progress: Progress | None = None,
) -> JointSpace:
    """Fit a joint space.

    Parameters
    ----------
    pairs : Pairs
    config : JointSpaceConfig
    classes : Classes, optional
        Needed when ``config.classes`` is not 0.
    schedule : Schedule, optional
    seed : int
    progress : callable, optional
        Called with steps done and steps in all.

    Returns
    -------
    JointSpace
        In evaluation mode.
    """
    schedule = schedule or Schedule()
    torch.manual_seed(seed)
    space = JointSpace(config)
    _fill_buffers(space, pairs, classes)
    if config.linear:
        _fit_canonical(space, pairs, schedule.ridge)
        _start_from_canonical(space)
    data = _Standardised(space, pairs)
    total = schedule.steps * config.members
    for index in range(config.members):
        _train_member(space, index, data, schedule, seed + index, progress, total)
    return space.eval().requires_grad_(False)


def _fill_buffers(space: JointSpace, pairs: Pairs, classes: Classes | None) -> None:
    if classes is not None:
        _set(space, "class_weight", classes.weight)
        _set(space, "class_bias", classes.bias)
        _set(space, "class_text", classes.text)
    raw = {
        "text": pairs.texts,
        "image": pairs.image[pairs.has_image],
        "audio": pairs.audio[pairs.has_audio],
    }
    for modality in space.config.inputs:
        if len(raw[modality]) < 2:
            continue
        wide = space.standardise(modality, torch.from_numpy(raw[modality]))
        getattr(space, f"mean_{modality}").copy_(wide.mean(0))
        # Divided by the root of the length, so that every modality's rows are about one long.
        deviation = wide.std(0).clamp_min(1e-6) * wide.shape[1] ** 0.5
        getattr(space, f"scale_{modality}").copy_(1.0 / deviation)


class _Standardised:
    """The pairs as tensors, standardised once."""

    def __init__(self, space: JointSpace, pairs: Pairs) -> None:
        with torch.inference_mode():
            self.text = space.standardise("text", torch.from_numpy(pairs.texts))
            self.image = space.standardise("image", torch.from_numpy(np.nan_to_num(pairs.image)))
            self.audio = space.standardise("audio", torch.from_numpy(np.nan_to_num(pairs.audio)))
        self.text, self.image, self.audio = (t.clone() for t in (self.text, self.image, self.audio))
        self.pairs = pairs
        self.first = np.searchsorted(pairs.text_post, np.arange(len(pairs)), side="left")
        self.last = np.searchsorted(pairs.text_post, np.arange(len(pairs)), side="right")
        self.group = torch.from_numpy(pairs.groups)
        self.user = torch.from_numpy(pairs.users)
        order = np.argsort(pairs.users, kind="stable")
        order = order[pairs.users[order] != NONE]
        users, starts = np.unique(pairs.users[order], return_index=True)
        posts = np.split(order, starts[1:])
        self.posts_of = {int(u): p for u, p in zip(users, posts, strict=True) if len(p) >= 2}

    def some_text(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A random variant of each post's text; a post without any gives row 0."""
        span = self.last[rows] - self.first[rows]
        pick = self.first[rows] + (rng.random(len(rows)) * np.maximum(span, 1)).astype(np.int64)
        return np.where(span > 0, pick, 0)


def _train_member(
    space: JointSpace,
    index: int,
    data: _Standardised,
    schedule: Schedule,
    seed: int,
    progress: Progress | None,
    total: int,
) -> None:
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    heads = cast(nn.ModuleDict, space.heads[index]).train()
    contrast = PairwiseContrast(list(PAIRS))
    optimiser = torch.optim.AdamW(
        [
            {"params": heads.parameters(), "weight_decay": schedule.decay},
            {"params": contrast.parameters(), "weight_decay": 0.0},
        ],
        lr=schedule.rate,
    )
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, schedule.steps)
    chances = _chances(data.pairs)
    for step in range(schedule.steps):
        rows = rng.choice(len(data.pairs), size=schedule.batch, p=chances)
        loss = _content_loss(heads, contrast, data, rows, rng)
        loss = loss + _user_loss(heads, contrast, data, schedule, rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cosine.step()
        if progress is not None and (step + 1) % 50 == 0:
            progress(index * schedule.steps + step + 1, total)
    heads.eval()


def _chances(pairs: Pairs) -> np.ndarray:
    """Posts with at least two modalities; the rare sounds more often, one thing many times less.

    An emoji comes in up to six drawing styles: weighed by the root of how often
    a group is there, so that emoji do not crowd out what people drew themselves.
    """
    several = pairs.has_text.astype(int) + pairs.has_image + pairs.has_audio >= 2
    _, group, often = np.unique(pairs.groups, return_inverse=True, return_counts=True)
    weight = several * (1.0 + 2.0 * pairs.has_audio) / often[group] ** 0.5
    return weight / weight.sum()


def _content_loss(
    heads: nn.ModuleDict,
    contrast: PairwiseContrast,
    data: _Standardised,
    rows: np.ndarray,
    rng: np.random.Generator,
) -> Tensor:
    pairs = data.pairs
    there = {
        "text": torch.from_numpy(pairs.has_text[rows]),
        "image": torch.from_numpy(pairs.has_image[rows]),
        "audio": torch.from_numpy(pairs.has_audio[rows]),
    }
    raw = {
        "text": data.text[data.some_text(rows, rng)],
        "image": data.image[rows],
        "audio": data.audio[rows],
    }
    vectors = {m: heads[m](x) for m, x in raw.items() if bool(there[m].any())}
    group = data.group[rows]
    loss = torch.zeros(())
    for pair in ("image-text", "audio-text", "audio-image"):
        left, right = pair.split("-")
        if left not in vectors or right not in vectors:
            continue
        a, b = there[left], there[right]
        positive = group[a][:, None] == group[b][None, :]
        loss = loss + PAIRS[pair] * contrast(pair, vectors[left][a], vectors[right][b], positive)
    return loss


def _user_loss(
    heads: nn.ModuleDict,
    contrast: PairwiseContrast,
    data: _Standardised,
    schedule: Schedule,
    rng: np.random.Generator,
) -> Tensor:
    """Users, each from some of their posts, against others of their posts."""
    known = list(data.posts_of)
    if len(known) < 2:
        return torch.zeros(())
    chosen = rng.permutation(known)[: schedule.users]
    support, owner, target = [], [], []
    for place, user in enumerate(chosen):
        posts = rng.permutation(data.posts_of[int(user)])
        take = min(schedule.support, len(posts) - 1)
        support.append(posts[:take])
        owner += [place] * take
        target.append(posts[take])
    flat = np.concatenate(support)
    means = torch.zeros(len(chosen), cast(UserHead, heads[USER]).change.in_features)
    means = means.index_add(0, torch.tensor(owner), _post_vectors(heads, data, flat, rng))
    users = heads[USER](nn.functional.normalize(means, dim=-1))
    rows = np.array(target)
    positive = torch.eye(len(chosen), dtype=torch.bool)
    loss = torch.zeros(())
    for modality, there in (
        ("image", data.pairs.has_image),
        ("text", data.pairs.has_text),
        ("audio", data.pairs.has_audio),
    ):
        have = there[rows]
        if have.sum() < 2:
            continue
        x = getattr(data, modality)
        index = data.some_text(rows[have], rng) if modality == "text" else rows[have]
        pair = f"user-{modality}"
        loss = loss + PAIRS[pair] * contrast(
            pair, users, heads[modality](x[index]), positive[:, torch.from_numpy(have)]
        )
    return loss


def _post_vectors(
    heads: nn.ModuleDict, data: _Standardised, rows: np.ndarray, rng: np.random.Generator
) -> Tensor:
    """Posts from all their modalities."""
    total = torch.zeros(())
    for modality, there in (
        ("text", data.pairs.has_text),
        ("image", data.pairs.has_image),
        ("audio", data.pairs.has_audio),
    ):
        if not there[rows].any():
            continue
        x = getattr(data, modality)
        index = data.some_text(rows, rng) if modality == "text" else rows
        mask = torch.from_numpy(there[rows].astype(np.float32))[:, None]
        total = total + heads[modality](x[index]) * mask
    return nn.functional.normalize(total, dim=-1)


def _fit_canonical(space: JointSpace, pairs: Pairs, ridge: float) -> None:
    """Regularised canonical correlations of image and text; audio by regression on them.

    Hotelling 1936; directions scaled by their correlation (Gong et al. 2014,
    "A multi-view embedding space", sec. 3.3), which weighs what both sides share.
    """
    size = space.config.linear
    both = pairs.has_image & pairs.has_text
    with torch.inference_mode():
        image = space.standardise("image", torch.from_numpy(pairs.image[both])).numpy()
        all_text = space.standardise("text", torch.from_numpy(pairs.texts)).numpy()
        sound = space.standardise("audio", torch.from_numpy(np.nan_to_num(pairs.audio))).numpy()
    # Half the post as it was written, half the mean of the ways to put it: the first
    # alone is noisy, the second alone forgets how posts are written.
    mean_text = np.zeros((len(pairs), all_text.shape[1]), dtype=np.float32)
    np.add.at(mean_text, pairs.text_post, all_text)
    mean_text /= np.maximum(np.bincount(pairs.text_post, minlength=len(pairs)), 1)[:, None]
    text = (all_text[pairs.text_whole[both]] + mean_text[both]) / 2

    def whiten(x: np.ndarray) -> np.ndarray:
        covariance = x.T @ x / len(x)
        covariance += ridge * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        values, basis = np.linalg.eigh(covariance.astype(np.float64))
        return (basis / np.sqrt(values)) @ basis.T

    white_image, white_text = whiten(image), whiten(text)
    u, s, v = np.linalg.svd(white_image @ (image.T @ text / len(text)) @ white_text)
    to_image = white_image @ u[:, :size] * s[:size]
    to_text = white_text @ v[:size].T * s[:size]
    # Short features have fewer directions than there is room for: the rest stays zero.
    short = ((0, 0), (0, size - to_text.shape[1]))
    to_image, to_text = np.pad(to_image, short), np.pad(to_text, short)
    _set(space, "canonical_image", to_image)
    _set(space, "canonical_text", to_text)
    heard = pairs.has_audio & pairs.has_text
    if heard.sum() > 1:
        goal = all_text[pairs.text_whole[heard]] @ to_text
        x = sound[heard]
        gram = x.T @ x
        gram += 3.0 * ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
        _set(space, "canonical_audio", np.linalg.solve(gram, x.T @ goal))


def _start_from_canonical(space: JointSpace) -> None:
    """Let every head begin at the canonical directions.

    From a random start the heads end well below them (recall at 1 of .13 against .17 among a
    hundred held-out drawings): too few pairs to find the directions by gradient steps.
    """
    for member in space.heads:
        for modality in space.config.inputs:
            linear = cast(Head, cast(nn.ModuleDict, member)[modality]).linear
            start = space.get_buffer(f"canonical_{modality}").T[: len(linear.weight)]
            length = start.norm()
            if length == 0:
                continue  # no pairs of this modality
            with torch.no_grad():
                linear.weight[: len(start)] = start * (linear.weight[: len(start)].norm() / length)
                linear.bias.zero_()


def _set(space: JointSpace, name: str, value: np.ndarray) -> None:
    space.get_buffer(name).copy_(torch.from_numpy(value.astype(np.float32)))
