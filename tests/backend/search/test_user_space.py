"""A space that tells users apart by what is constant in their posts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from backend.core.vectors import normalize
from backend.search.user_space import (
    LEAST,
    REACTED,
    TEMPERATURE,
    UserSpace,
    _belonging,
    _gradient,
    contrasted,
    user_vectors,
)

USERS, POSTS = 20, 30


def made(seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Users differ in a few weak directions; topics, in strong ones, vary within each user."""
    rng = np.random.default_rng(seed)
    owners = np.repeat(np.arange(USERS), POSTS)
    style = np.random.default_rng(9).normal(size=(USERS, 6))[owners]
    topic = 4 * rng.normal(size=(len(owners), 24))
    text = np.concatenate([topic, style + 0.4 * rng.normal(size=style.shape)], axis=1)
    image = np.concatenate([topic, style + 0.4 * rng.normal(size=style.shape)], axis=1)
    image[::3] = np.nan
    return {"text": text.astype(np.float32), "image": image.astype(np.float32)}, owners


def found(space: UserSpace, users: np.ndarray, parts: dict[str, np.ndarray]) -> np.ndarray:
    return (normalize(space.posts(parts)) @ users.T).argmax(axis=1)


def test_authors_of_posts_that_were_not_fitted_are_found_better_than_by_means() -> None:
    parts, owners = made()
    space = UserSpace.fit(parts, owners)
    assert space is not None and space.dim == USERS - 1
    users = user_vectors(space.posts(parts), owners, USERS)
    assert np.linalg.norm(users, axis=1) == pytest.approx(np.ones(USERS), abs=1e-5)
    new, truth = made(seed=1)
    placed = (found(space, users, new) == truth).mean()
    raw = np.nan_to_num(np.concatenate(list(parts.values()), axis=1))
    means = user_vectors(raw.astype(np.float32), owners, USERS)
    seen = np.nan_to_num(np.concatenate(list(new.values()), axis=1))
    plain = ((normalize(seen) @ means.T).argmax(axis=1) == truth).mean()
    assert placed > 0.8 > plain + 0.2
    alone = (found(space, users, {"text": new["text"]}) == truth).mean()
    assert 0.6 < alone < placed  # any subset will do


def test_what_is_missing_adds_nothing_and_what_is_shorter_is_not_read() -> None:
    parts, owners = made()
    space = UserSpace.fit(parts, owners)
    assert space is not None
    hidden = {**parts, "image": np.full_like(parts["image"], np.nan)}
    assert np.array_equal(space.posts(hidden), space.posts({"text": parts["text"]}))
    assert space.reads({"image": parts["image"][0]})
    assert not space.reads({"image": parts["image"][0][:5]})
    assert not space.reads({"sound": parts["image"][0]})


def test_the_same_posts_give_the_same_space_whatever_the_users_are_called() -> None:
    parts, owners = made()
    one, again = (UserSpace.fit(parts, codes) for codes in (owners, 3 * owners + 7))
    assert one is not None and again is not None
    assert np.array_equal(one.posts(parts), again.posts(parts))
    assert one.spread == again.spread > 0


def test_few_users_have_no_space_of_their_own() -> None:
    parts, owners = made()
    few = owners < LEAST - 1
    assert UserSpace.fit({k: rows[few] for k, rows in parts.items()}, owners[few]) is None
    once = np.arange(len(owners))  # everybody posted once
    assert UserSpace.fit(parts, once) is None


def cross_entropy(users: np.ndarray, posts: np.ndarray, wanted: np.ndarray) -> float:
    """Of the softmax of cosines over the temperature, in plain NumPy."""
    scores = normalize(posts) @ normalize(users).T / TEMPERATURE
    log = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return float(-(log * wanted).sum(axis=1).mean())


def test_the_gradient_is_that_of_the_cross_entropy_with_whom_a_post_belongs_to() -> None:
    rng = np.random.default_rng(3)
    users, posts = rng.normal(size=(5, 4)), normalize(rng.normal(size=(6, 4)))
    owners, reacted = np.array([0, 1, 2, 0, 4, 3]), np.zeros((6, 5))
    reacted[0, [1, 2]], reacted[3, [0, 4]], reacted[5, 3] = (0.5, 1.0), (1.0, 0.5), 1.0
    wanted = _belonging(owners, reacted, 5)
    thirds = np.array([1 - REACTED, REACTED / 3, REACTED * 2 / 3, 0, 0])
    np.testing.assert_allclose(wanted[0], thirds, atol=1e-6)
    # Nobody reacts to an own post.
    np.testing.assert_allclose(wanted[3], [1 - REACTED, 0, 0, 0, REACTED], atol=1e-6)
    np.testing.assert_array_equal(wanted[[1, 2, 4, 5]], np.eye(5)[[1, 2, 4, 3]])
    np.testing.assert_array_equal(_belonging(owners, None, 5), np.eye(5)[owners])
    got, step = _gradient(users, posts, wanted), 1e-5
    for place in np.ndindex(users.shape):
        moved = [users.copy(), users.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        up, down = (cross_entropy(one, posts, wanted) for one in moved)
        assert got[place] == pytest.approx((up - down) / (2 * step), abs=1e-5)


def test_readers_come_nearer_to_what_they_read_and_others_stay() -> None:
    parts, owners = made()
    space = UserSpace.fit(parts, owners)
    assert space is not None
    posts = space.posts(parts)
    means = user_vectors(posts, owners, USERS)
    plain = contrasted(posts, owners, means)
    nothing = sparse.csr_matrix((len(owners), USERS), dtype=np.float32)
    assert np.array_equal(contrasted(posts, owners, means, nothing), plain)
    reacted = np.zeros((len(owners), USERS), dtype=np.float32)
    reacted[owners == 3, 7] = 1.0
    read = contrasted(posts, owners, means, sparse.csr_matrix(reacted))
    gain = (read @ read.T - plain @ plain.T)[7]
    assert gain[3] == max(gain) > 0.05
