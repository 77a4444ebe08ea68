"""Train the joint space: canonical correlations, then the heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from backend.core.progress import Progress, Tally
from backend.core.vectors import normalize
from backend.joint_space.losses import PairwiseContrast
from backend.joint_space.model import USER, Head, JointSpace, JointSpaceConfig, UserHead
from backend.joint_space.pairs import NONE, Pairs
from backend.settings import SEED

_REPORTED = 10  # steps between two reports
REACH = 0.5  # share of the training data that trained parts are fully heard on

# Weight of each pair of kinds in the loss.
PAIR_WEIGHTS = {
    "image-text": 1.0,
    "audio-text": 0.5,
    "audio-image": 0.5,
    "user-image": 0.2,
    "user-text": 0.2,
    "user-audio": 0.1,
}


@dataclass(frozen=True)
class Schedule:
    """Hyperparameters of training.

    Attributes
    ----------
    steps : int
        Batches per member.
    batch : int
        Posts in a batch.
    users : int
        Users in a batch.
    support : int
        Posts that represent a user in a batch.
    rate, decay : float
        Learning rate (falls to zero along a cosine) and weight decay of AdamW.
    ridge : float
        Regularisation of the canonical correlations, as a fraction of the mean variance.
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
        Required when ``config.classes`` is not 0.
    schedule : Schedule, optional
    seed : int
    progress : callable, optional
        Called with steps done and total steps.

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
    trained = Tally(schedule.steps * config.members, progress)
    for index in range(config.members):
        _train_member(space, index, data, schedule, seed=seed + index, trained=trained)
    return space.eval().requires_grad_(False)


def set_classes(space: JointSpace, classes: Classes | None) -> None:
    """Store the image encoder's classifier in a space."""
    if classes is not None:
        for name in ("weight", "bias", "text"):
            _set_buffer(space, f"class_{name}", getattr(classes, name))


def fit_standardisation(space: JointSpace, modality: str, raw: Tensor) -> None:
    """Set mean and scale of a modality, so that rows of every modality have norm about 1."""
    wide = space.standardise(modality, raw)
    space.get_buffer(f"mean_{modality}").copy_(wide.mean(0))
    deviation = wide.std(0).clamp_min(1e-6) * wide.shape[1] ** 0.5
    space.get_buffer(f"scale_{modality}").copy_(1.0 / deviation)


def _fill_buffers(space: JointSpace, pairs: Pairs, classes: Classes | None) -> None:
    set_classes(space, classes)
    raw = {
        "text": pairs.texts,
        "image": pairs.image[pairs.has_image],
        "audio": pairs.audio[pairs.has_audio],
    }
    for modality in space.config.inputs:
        if len(raw[modality]) > 1:
            fit_standardisation(space, modality, torch.from_numpy(raw[modality]))
        if modality in space.config.aligned and len(raw[modality]):
            _set_buffer(space, f"centre_{modality}", normalize(raw[modality]).mean(axis=0))
            x = space.standardise(modality, torch.from_numpy(raw[modality]))
            reach = x.square().sum(-1).quantile(REACH)
            space.get_buffer(f"reach_{modality}").copy_(reach[None])


class _Standardised:
    """The pairs as standardised tensors."""

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
        posts = np.split(order, starts)[1:]
        self.posts_of = {int(u): p for u, p in zip(users, posts, strict=True) if len(p) >= 2}

    def sample_text(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the row of a random text variant of each post; row 0 for a post without text."""
        span = self.last[rows] - self.first[rows]
        pick = self.first[rows] + (rng.random(len(rows)) * np.maximum(span, 1)).astype(np.int64)
        return np.where(span > 0, pick, 0)


def _train_member(
    space: JointSpace,
    index: int,
    data: _Standardised,
    schedule: Schedule,
    *,
    seed: int,
    trained: Tally,
) -> None:
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    heads = cast(nn.ModuleDict, space.heads[index]).train()
    contrast = PairwiseContrast(list(PAIR_WEIGHTS))
    optimiser = torch.optim.AdamW(
        [
            {"params": heads.parameters(), "weight_decay": schedule.decay},
            {"params": contrast.parameters(), "weight_decay": 0.0},
        ],
        lr=schedule.rate,
    )
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, schedule.steps)
    probabilities = _sampling_probabilities(data.pairs)
    for step in range(schedule.steps):
        rows = rng.choice(len(data.pairs), size=schedule.batch, p=probabilities)
        loss = _content_loss(heads, contrast, data, rows, rng)
        loss = loss + _user_loss(heads, contrast, data, schedule, rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cosine.step()
        if (step + 1) % _REPORTED == 0:
            trained(_REPORTED)
    trained(schedule.steps % _REPORTED)
    heads.eval()


def _sampling_probabilities(pairs: Pairs) -> np.ndarray:
    """Return the sampling probability of each post: 0 for one modality, higher with audio.

    Weights are divided by the root of the group size: an emoji occurs in up to six
    drawing styles, and emoji must not crowd out other drawings.
    """
    multimodal = pairs.has_text.astype(int) + pairs.has_image + pairs.has_audio >= 2
    _, group, group_size = np.unique(pairs.groups, return_inverse=True, return_counts=True)
    weight = multimodal * (1.0 + 2.0 * pairs.has_audio) / group_size[group] ** 0.5
    return weight / weight.sum()


def _content_loss(
    heads: nn.ModuleDict,
    contrast: PairwiseContrast,
    data: _Standardised,
    rows: np.ndarray,
    rng: np.random.Generator,
) -> Tensor:
    pairs = data.pairs
    present = {
        "text": torch.from_numpy(pairs.has_text[rows]),
        "image": torch.from_numpy(pairs.has_image[rows]),
        "audio": torch.from_numpy(pairs.has_audio[rows]),
    }
    raw = {
        "text": data.text[data.sample_text(rows, rng)],
        "image": data.image[rows],
        "audio": data.audio[rows],
    }
    vectors = {m: heads[m](x) for m, x in raw.items() if bool(present[m].any())}
    group = data.group[rows]
    loss = torch.zeros(())
    for pair in ("image-text", "audio-text", "audio-image"):
        left, right = pair.split("-")
        if left not in vectors or right not in vectors:
            continue
        a, b = present[left], present[right]
        positive = group[a][:, None] == group[b][None, :]
        loss = loss + PAIR_WEIGHTS[pair] * contrast(
            pair, vectors[left][a], vectors[right][b], positive
        )
    return loss


def _user_loss(
    heads: nn.ModuleDict,
    contrast: PairwiseContrast,
    data: _Standardised,
    schedule: Schedule,
    rng: np.random.Generator,
) -> Tensor:
    """Contrast users, represented by some of their posts, with another of their posts."""
    known = list(data.posts_of)
    if len(known) < 2:
        return torch.zeros(())
    batch_users = rng.permutation(known)[: schedule.users]
    support, owner, target = [], [], []
    for place, user in enumerate(batch_users):
        posts = rng.permutation(data.posts_of[int(user)])
        take = min(schedule.support, len(posts) - 1)
        support.append(posts[:take])
        owner += [place] * take
        target.append(posts[take])
    flat = np.concatenate(support)
    means = torch.zeros(len(batch_users), cast(UserHead, heads[USER]).change.in_features)
    means = means.index_add(0, torch.tensor(owner), _post_vectors(heads, data, flat, rng))
    users = heads[USER](nn.functional.normalize(means, dim=-1))
    rows = np.array(target)
    positive = torch.eye(len(batch_users), dtype=torch.bool)
    loss = torch.zeros(())
    for modality, present in (
        ("image", data.pairs.has_image),
        ("text", data.pairs.has_text),
        ("audio", data.pairs.has_audio),
    ):
        has_target = present[rows]
        if has_target.sum() < 2:
            continue
        x = getattr(data, modality)
        index = data.sample_text(rows[has_target], rng) if modality == "text" else rows[has_target]
        pair = f"user-{modality}"
        loss = loss + PAIR_WEIGHTS[pair] * contrast(
            pair, users, heads[modality](x[index]), positive[:, torch.from_numpy(has_target)]
        )
    return loss


def _post_vectors(
    heads: nn.ModuleDict, data: _Standardised, rows: np.ndarray, rng: np.random.Generator
) -> Tensor:
    """Return the vectors of posts from all their modalities."""
    total = torch.zeros(())
    for modality, present in (
        ("text", data.pairs.has_text),
        ("image", data.pairs.has_image),
        ("audio", data.pairs.has_audio),
    ):
        if not present[rows].any():
            continue
        x = getattr(data, modality)
        index = data.sample_text(rows, rng) if modality == "text" else rows
        mask = torch.from_numpy(present[rows].astype(np.float32))[:, None]
        total = total + heads[modality](x[index]) * mask
    return nn.functional.normalize(total, dim=-1)


def _fit_canonical(space: JointSpace, pairs: Pairs, ridge: float) -> None:
    """Regularised canonical correlations of image and text; audio by regression on them.

    Hotelling 1936; directions scaled by their correlation (Gong et al. 2014,
    "A multi-view embedding space", sec. 3.3), which weights directions by what both sides share.
    """
    size = space.config.linear
    both = pairs.has_image & pairs.has_text
    with torch.inference_mode():
        image = space.standardise("image", torch.from_numpy(pairs.image[both])).numpy()
        all_text = space.standardise("text", torch.from_numpy(pairs.texts)).numpy()
        sound = space.standardise("audio", torch.from_numpy(np.nan_to_num(pairs.audio))).numpy()
    # Average of the post as written and the mean over its text variants: the former alone
    # is noisy, the latter alone loses how posts are written.
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
    kept = min(size, len(s))
    to_image = white_image @ u[:, :kept] * s[:kept]
    to_text = white_text @ v[:kept].T * s[:kept]
    # Short features have fewer directions than `size`: the rest stays zero.
    padding = ((0, 0), (0, size - kept))
    to_image, to_text = np.pad(to_image, padding), np.pad(to_text, padding)
    _set_buffer(space, "canonical_image", to_image)
    _set_buffer(space, "canonical_text", to_text)
    with_audio = pairs.has_audio & pairs.has_text
    if with_audio.sum() > 1:
        target = all_text[pairs.text_whole[with_audio]] @ to_text
        x = sound[with_audio]
        gram = x.T @ x
        gram += 3.0 * ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
        _set_buffer(space, "canonical_audio", np.linalg.solve(gram, x.T @ target))


def _start_from_canonical(space: JointSpace) -> None:
    """Initialise every head with the canonical directions.

    With random initialisation there are too few pairs to reach them by gradient steps
    (recall at 1 of .13 against .17 among a hundred held-out drawings).
    """
    for member in space.heads:
        for modality in space.config.inputs:
            linear = cast(Head, cast(nn.ModuleDict, member)[modality]).linear
            directions = space.get_buffer(f"canonical_{modality}").T[: len(linear.weight)]
            length = directions.norm()
            if length == 0:
                continue  # no pairs of this modality
            with torch.no_grad():
                linear.weight[: len(directions)] = directions * (
                    linear.weight[: len(directions)].norm() / length
                )
                linear.bias.zero_()


def _set_buffer(space: JointSpace, name: str, value: np.ndarray) -> None:
    space.get_buffer(name).copy_(torch.from_numpy(value.astype(np.float32)))
