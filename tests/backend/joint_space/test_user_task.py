"""A step of training users with their posts, in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

from backend.joint_space import fit_users
from backend.joint_space.authored_posts import AuthoredPosts
from backend.joint_space.fit_users import UserTask
from backend.joint_space.losses import hardest_triplet
from backend.joint_space.model import JointSpace, JointSpaceConfig
from tests.backend.joint_space.reference import contrast, unit

SIZES = {"text": 5, "image": 6, "audio": 4}
ROWS = np.array([3, 0, 1, 7, 8, 5, 2])


def reacted() -> sparse.csr_matrix:
    """Some of the four users to some of the nine posts, one to an own post."""
    weight = np.zeros((9, 4), dtype=np.float32)
    weight[0, [1, 2]], weight[3, 0], weight[7, [0, 3]], weight[8, 1] = (0.5, 1.0), 0.5, 1.0, 0.5
    return sparse.csr_matrix(weight)


def task(loss: str = "contrast", reactions: sparse.csr_matrix | None = None) -> UserTask:
    """Nine posts of four users, some without an image or a sound; weights that matter."""
    noise = np.random.default_rng(0)
    features = {m: noise.normal(size=(9, d)).astype(np.float32) for m, d in SIZES.items()}
    features["image"][[1, 4]], features["audio"][[0, 3, 5]] = np.nan, np.nan
    authored = AuthoredPosts(
        names=("a", "b", "c", "d"),
        users=np.array([0, 0, 0, 1, 1, 2, 2, 3, 3]),
        groups=np.array([0, 0, 1, 2, 3, 4, 5, 6, 6]),
        sources=np.full(9, "made"),
        features=features,
        tags=(frozenset(),) * 9,
        reactions=reactions,
    )
    torch.manual_seed(0)
    space = JointSpace(JointSpaceConfig(SIZES, member_dim=8, members=1, linear=0))
    made = UserTask(space.eval(), authored, loss)
    with torch.no_grad():
        for weight in (*made.heads.parameters(), *made.users.parameters()):
            weight.normal_(std=0.5)
        for place, (_, weight) in enumerate(sorted(made.contrast.log_temperature.items())):
            weight.fill_(float(np.log(0.1 + 0.04 * place)))
    return made


def vectors(made: UserTask) -> dict[str, np.ndarray]:
    """Unit vectors of the batch's posts; NaN where a modality is missing."""
    found = {}
    for name, x in made.x.items():
        rows = made.heads[name](x[torch.from_numpy(ROWS)]).detach().numpy()
        found[name] = np.where(made.present[name].numpy()[ROWS, None], rows, np.nan)
    return found


def terms(made: UserTask, seed: int) -> dict[str, float]:
    """The contrast of every pair of kinds, weighted."""
    each, users = vectors(made), made.users().detach().numpy()
    owner, group = made.owner.numpy()[ROWS], made.group.numpy()[ROWS]
    found = {}

    def add(pair: str, a: np.ndarray, b: np.ndarray, same: np.ndarray, weight: float) -> None:
        temperature = float(made.contrast.temperature(pair).detach())
        found[pair] = weight * contrast(a, b, same, temperature)

    for pair in ("image-text", "audio-text", "audio-image"):
        left, right = (each[name] for name in pair.split("-"))
        both = ~np.isnan(left[:, 0]) & ~np.isnan(right[:, 0])
        same = group[both][:, None] == group[both]
        add(pair, left[both], right[both], same, 1.0)
    for name, rows in each.items():
        there = ~np.isnan(rows[:, 0])
        add(f"user-{name}", rows[there], users, owner[there][:, None] == np.arange(4), 0.3)
    mask = np.stack([~np.isnan(rows[:, 0]) for rows in each.values()])
    kept = mask & (np.random.default_rng(seed).random(mask.shape) > fit_users.HIDDEN_MODALITIES)
    assert (kept != mask).any()
    kept = np.where(kept.any(0), kept, mask)
    total = (np.nan_to_num(np.stack(list(each.values()))) * kept[:, :, None]).sum(0)
    add("user-post", unit(total), users, owner[:, None] == np.arange(4), 1.0)
    if made.reactions is not None:
        own = owner[:, None] == np.arange(4)
        weight = made.reactions[ROWS].toarray() * ~own
        for pair, left in (("reactor-post", unit(total)), ("reactor-author", users[owner])):
            temperature = float(made.contrast.temperature(pair).detach())
            found[pair] = contrast(left, users, weight, temperature, ignored=own)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_posts_attract_their_authors_and_the_modalities_of_a_post_each_other(seed: int) -> None:
    made = task()
    parts = terms(made, seed)
    assert len(parts) == 7 and min(parts.values()) > 0.05  # each would be missed
    got = float(made.loss(ROWS, np.random.default_rng(seed)).detach())
    assert got == pytest.approx(sum(parts.values()), abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_posts_and_their_authors_attract_those_who_react(seed: int) -> None:
    made = task(reactions=reacted())
    parts = terms(made, seed)
    assert len(parts) == 9 and min(parts.values()) > 0.05
    got = float(made.loss(ROWS, np.random.default_rng(seed)).detach())
    assert got == pytest.approx(sum(parts.values()), abs=1e-4)


def test_without_users_there_are_no_reactions() -> None:
    rng = np.random.default_rng
    made = task("content", reacted())
    assert made.reactions is None and len(made.contrast.log_temperature) == 7
    plain = float(task("content").loss(ROWS, rng(0)).detach())
    assert float(made.loss(ROWS, rng(0)).detach()) == plain


def test_every_pair_of_kinds_has_a_temperature_and_every_user_a_vector_that_learn() -> None:
    made = task()
    made.loss(ROWS, np.random.default_rng(0)).backward()
    assert len(made.contrast.log_temperature) == 7
    for pair, weight in made.contrast.log_temperature.items():
        assert weight.grad is not None and float(weight.grad) != 0.0, pair
    assert made.users.table.grad is not None
    assert bool((made.users.table.grad.abs().sum(1) > 0).all())
    learnt = {id(p) for group in made.groups(1.0) for p in group["params"]}
    assert learnt == {id(p) for p in made.module.parameters()}


def test_the_triplet_compares_authors_with_other_authors() -> None:
    made = task("triplet")
    each, users = vectors(made), made.users()
    owner = made.owner[torch.from_numpy(ROWS)]
    posts = torch.from_numpy(each["text"])  # every post has a text
    same = owner[:, None] == owner[None]
    wanted = hardest_triplet(posts, users[owner], same)
    assert float(made._author("user-text", posts, owner).detach()) == pytest.approx(
        float(wanted.detach())
    )
    assert float(made.loss(ROWS, np.random.default_rng(0)).detach()) > float(wanted.detach())
