"""What a step of training the joint space adds up, in NumPy."""

from __future__ import annotations

from itertools import product
from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from backend.joint_space import fit
from backend.joint_space.losses import PairwiseContrast
from backend.joint_space.model import JointSpace, JointSpaceConfig
from backend.joint_space.pairs import Pairs
from tests.backend.joint_space.reference import contrast, unit

CONFIG = JointSpaceConfig({"text": 5, "image": 6, "audio": 4}, member_dim=8, members=1, linear=0)
PAIRS = ("image-text", "audio-text", "audio-image")


def made(users: list[int]) -> Pairs:
    """Eight posts, some without an image or a sound, one without text; two are near-duplicates."""
    noise = np.random.default_rng(0)
    image, audio = noise.normal(size=(8, 6)), noise.normal(size=(8, 4))
    image[6], audio[[1, 3]] = np.nan, np.nan
    with_text = np.array([0, 1, 2, 3, 4, 5, 6])
    return Pairs(
        ids=np.arange(8).astype(str),
        users=np.array(users),
        groups=np.array([0, 1, 1, 3, 4, 5, 6, 7]),
        sources=np.full(8, "made"),
        image=image.astype(np.float32),
        audio=audio.astype(np.float32),
        texts=noise.normal(size=(7, 5)).astype(np.float32),
        text_post=with_text,
        text_whole=np.array([*with_text, -1]),
    )


def prepared(users: list[int]) -> tuple[nn.ModuleDict, PairwiseContrast, fit._Standardised]:
    torch.manual_seed(0)
    space = JointSpace(CONFIG).eval()
    pairs = made(users)
    fit._fill_buffers(space, pairs, None)
    loss = PairwiseContrast(list(fit.PAIR_WEIGHTS))
    with torch.no_grad():
        for weight in space.heads.parameters():
            weight.normal_(std=0.5)
        for place, pair in enumerate(fit.PAIR_WEIGHTS):
            loss.log_temperature[pair].fill_(float(np.log(0.1 + 0.05 * place)))
    return cast(nn.ModuleDict, space.heads[0]), loss, fit._Standardised(space, pairs)


def vectors(heads: nn.ModuleDict, data: fit._Standardised) -> dict[str, np.ndarray]:
    """Unit vectors of every post by modality; NaN where it has none."""
    found = {}
    for name, present in (
        ("text", data.pairs.has_text),
        ("image", data.pairs.has_image),
        ("audio", data.pairs.has_audio),
    ):
        found[name] = np.full((8, 8), np.nan)
        rows = np.arange(7) if name == "text" else np.flatnonzero(present)
        some = heads[name](getattr(data, name)[torch.from_numpy(rows)])
        found[name][np.flatnonzero(present)] = some.detach().numpy()
    return found


def temperature(loss: PairwiseContrast, pair: str) -> float:
    return float(loss.temperature(pair).detach())


def test_the_modalities_of_a_post_attract_each_other_pair_by_pair() -> None:
    heads, loss, data = prepared([-1] * 8)
    rows = np.array([5, 0, 1, 2, 3, 4, 6, 7, 0])
    each, groups = vectors(heads, data), data.pairs.groups[rows]
    wanted = 0.0
    for pair in PAIRS:
        left, right = (each[name][rows] for name in pair.split("-"))
        a, b = ~np.isnan(left[:, 0]), ~np.isnan(right[:, 0])
        same = groups[a][:, None] == groups[b]
        wanted += fit.PAIR_WEIGHTS[pair] * contrast(
            left[a], right[b], same, temperature(loss, pair)
        )
    got = fit._content_loss(heads, loss, data, rows, np.random.default_rng(0))
    assert float(got.detach()) == pytest.approx(wanted, abs=1e-4)
    assert set(fit.PAIR_WEIGHTS) == {*PAIRS, "user-image", "user-text", "user-audio"}


def user_terms(
    heads: nn.ModuleDict,
    loss: PairwiseContrast,
    each: dict[str, np.ndarray],
    support: tuple[int, ...],
    target: tuple[int, ...],
) -> float:
    """The user terms of one choice of a support and a target post for each user."""
    total = np.nan_to_num(np.stack([each[m] for m in ("text", "image", "audio")])).sum(0)
    means = unit(unit(total)[list(support)])
    change = cast(nn.Linear, heads["user"].change)
    weight, bias = change.weight.detach().numpy(), change.bias.detach().numpy()
    users = unit(means + means @ weight.T + bias)
    value = 0.0
    for modality in ("image", "text", "audio"):
        there = ~np.isnan(each[modality][list(target), 0])
        if there.sum() < 2:
            continue
        posts, pair = each[modality][np.array(target)[there]], f"user-{modality}"
        positive = np.eye(len(users), dtype=bool)[:, there]
        value += fit.PAIR_WEIGHTS[pair] * contrast(users, posts, positive, temperature(loss, pair))
    return value


def test_users_attract_another_of_their_posts_than_they_are_represented_by() -> None:
    heads, loss, data = prepared([0, 0, 1, 1, 2, 2, -1, -1])
    each = vectors(heads, data)
    owned = [(0, 1), (2, 3), (4, 5)]
    possible = [
        user_terms(
            heads,
            loss,
            each,
            tuple(posts[i] for posts, i in zip(owned, picks, strict=True)),
            tuple(posts[1 - i] for posts, i in zip(owned, picks, strict=True)),
        )
        for picks in product((0, 1), repeat=3)
    ]
    assert np.ptp(possible) > 0.01
    schedule, seen = fit.Schedule(users=3, support=1), set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        got = float(fit._user_loss(heads, loss, data, schedule, rng).detach())
        gaps = np.abs(np.array(possible) - got)
        assert gaps.min() < 1e-4
        seen.add(int(gaps.argmin()))
    assert len(seen) > 3


def test_a_post_is_the_sum_of_its_modalities() -> None:
    heads, _, data = prepared([0, 0, 0, 1, 1, 1, -1, -1])
    each = vectors(heads, data)
    total = unit(np.nan_to_num(np.stack(list(each.values()))).sum(0))
    rows = torch.from_numpy(np.arange(6))
    made_ = fit._post_vectors(heads, data, rows.numpy(), np.random.default_rng(0))
    np.testing.assert_allclose(made_.detach().numpy(), total[:6], atol=1e-5)


def test_a_step_of_training_adds_the_user_terms() -> None:
    """Training with users and without them ends elsewhere, by the user head above all."""
    known, unknown = made([0, 0, 1, 1, 2, 2, 3, 3]), made([-1] * 8)
    schedule = fit.Schedule(steps=3, batch=16)
    spaces = [fit.train(p, config=CONFIG, schedule=schedule, seed=1) for p in (known, unknown)]
    moved = [cast(nn.ModuleDict, s.heads[0])["user"].change.weight.abs().max() for s in spaces]
    assert float(moved[0]) > 1e-4
    assert float(moved[1]) == 0.0


def test_canonical_directions_share_what_both_sides_share() -> None:
    """Hotelling 1936: with a small ridge, the first direction finds the common factor."""
    noise = np.random.default_rng(0)
    shared = noise.normal(size=(400, 1))
    image = np.hstack([shared + 0.2 * noise.normal(size=(400, 1)), noise.normal(size=(400, 5))])
    text = np.hstack([noise.normal(size=(400, 4)), shared + 0.2 * noise.normal(size=(400, 1))])
    every = np.arange(400)
    pairs = Pairs(
        ids=every.astype(str),
        users=np.full(400, -1),
        groups=every,
        sources=np.full(400, "made"),
        image=image.astype(np.float32),
        audio=np.full((400, 4), np.nan, np.float32),
        texts=text.astype(np.float32),
        text_post=every,
        text_whole=every,
    )
    space = JointSpace(JointSpaceConfig(CONFIG.inputs, member_dim=8, members=1, linear=3))
    fit._fill_buffers(space, pairs, None)
    fit._fit_canonical(space, pairs, 0.01)
    a, b = (space.get_buffer(f"canonical_{m}").numpy() for m in ("image", "text"))
    lengths = np.linalg.norm(a, axis=0)
    assert abs(a[0, 0]) > 0.95 * lengths[0] and abs(b[4, 0]) > 0.95 * np.linalg.norm(b[:, 0])
    assert lengths[0] > 3 * lengths[1]  # scaled by the correlation
    assert a[0, 0] * b[4, 0] > 0  # both sides look the same way


def test_narrow_texts_beside_wide_images_have_fewer_directions() -> None:
    """Encoders may be of any width: what the narrower one lacks stays zero."""
    config = JointSpaceConfig({"text": 5, "image": 6, "audio": 4}, member_dim=8, linear=8)
    space, pairs = JointSpace(config).eval(), made([0, 0, 1, 1, 2, 2, 3, 3])
    fit._fill_buffers(space, pairs, None)
    fit._fit_canonical(space, pairs, 0.3)
    for modality, wide in (("image", 6), ("text", 5)):
        directions = space.get_buffer(f"canonical_{modality}").numpy()
        assert directions.shape == (wide, 8)
        assert np.isfinite(directions).all() and directions[:, :5].any(axis=0).all()
        assert not directions[:, 5:].any()
