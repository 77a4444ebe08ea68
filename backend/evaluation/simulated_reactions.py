"""A generator of posts and reactions, to see when reactions can tell more than posts do.

Every user writes about some of `TOPICS` and reads about some, in shares drawn from a Dirichlet
distribution; `agreement` is how far readers like what they write. A post has one topic of its
author and a text vector around that of the topic. Its readers are drawn by how much they like
the topic, `FAVOURED` times as often where the author is one of a reader's `FAVOURITES`. Kinds of
reactions are drawn by `KIND_SHARES`. Nothing of it is of people.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from backend.corpus.reactions import WEIGHTS
from backend.joint_space.authored_posts import AuthoredPosts
from backend.settings import SEED

USERS, POSTS, TOPICS = 120, 2_400, 16
DIM, NOISE = 48, 0.8  # of text vectors; noise beside topics of length one
WRITTEN, FAVOURITES, FAVOURED = 0.15, 5, 4.0
READERS = 5.0  # of a post, on average
KIND_SHARES = {"like": 0.7, "share": 0.2, "reply": 0.1}


def made(agreement: float, seed: int = SEED) -> tuple[AuthoredPosts, np.ndarray]:
    """Make posts with reactions, in the order of time.

    Parameters
    ----------
    agreement : float
        1: readers like what they write about; 0: topics drawn apart from those.
    seed : int

    Returns
    -------
    authored : AuthoredPosts
        With ``text`` alone; other modalities are missing.
    rates : numpy.ndarray
        ``(posts, users)``: how often each user reads each post, which no model sees.
    """
    rng = np.random.default_rng(seed)
    writes, other = rng.dirichlet(np.full(TOPICS, WRITTEN), (2, USERS))
    likes = agreement * writes + (1 - agreement) * other
    authors = rng.integers(USERS, size=POSTS)
    topics = np.array([rng.choice(TOPICS, p=writes[author]) for author in authors])
    centres = rng.normal(size=(TOPICS, DIM)) / DIM**0.5
    text = centres[topics] + NOISE * rng.normal(size=(POSTS, DIM)) / DIM**0.5
    favoured = np.ones((USERS, USERS))  # of an author by a reader
    for reader in range(USERS):
        favoured[rng.permutation(USERS)[:FAVOURITES], reader] = FAVOURED
    rates = likes[:, topics].T * favoured[authors]
    rates[np.arange(POSTS), authors] = 0.0
    rates *= READERS / rates.sum(axis=1, keepdims=True)
    missing = np.full((POSTS, 2), np.nan, dtype=np.float32)
    return (
        AuthoredPosts(
            names=tuple(f"reader {number:03}" for number in range(USERS)),
            users=authors,
            groups=np.arange(POSTS),
            sources=np.full(POSTS, "simulated", dtype=object),
            features={"text": text.astype(np.float32), "image": missing, "audio": missing},
            tags=(frozenset[str](),) * POSTS,
            reactions=_reactions(rng, rates),
            times=np.datetime64("2026-01-01", "us") + np.arange(POSTS) * np.timedelta64(1, "h"),
        ),
        rates,
    )


def _reactions(rng: np.random.Generator, rates: np.ndarray) -> sparse.csr_matrix:
    """Draw who reacts to what, and how."""
    reacted = rng.random(rates.shape) < 1 - np.exp(-rates)
    kinds = rng.choice(list(KIND_SHARES), reacted.sum(), p=list(KIND_SHARES.values()))
    weight = np.zeros(rates.shape, dtype=np.float32)
    weight[reacted] = [WEIGHTS[kind] for kind in kinds]
    return sparse.csr_matrix(weight)
