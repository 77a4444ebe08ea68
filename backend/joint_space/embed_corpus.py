"""The vectors of a corpus under a bundle: posts, their modalities, users and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from backend.domain import EMOTIONS, Kind, Modality
from backend.joint_space.model import JointSpace

Vectors = Mapping[Kind, tuple[Sequence[str], np.ndarray]]

# A tag that only one post has says little and fills the list.
WORD_POSTS = 2


def vocabulary(tags: Sequence[Sequence[str]]) -> list[str]:
    """The words of a corpus: tags of several posts, and the names of the emotions.

    Parameters
    ----------
    tags : sequence of sequence of str
        Each post's.

    Returns
    -------
    list of str
        Sorted.
    """
    counts = Counter(tag for some in tags for tag in set(some))
    words = {tag for tag, n in counts.items() if n >= WORD_POSTS and not tag.isdigit()}
    return sorted(words | set(EMOTIONS))


def place(
    space: JointSpace,
    ids: Sequence[str],
    features: Mapping[Modality, np.ndarray],
    users: Sequence[str | None],
    words: Sequence[str],
    word_features: np.ndarray,
) -> dict[Kind, tuple[list[str], np.ndarray]]:
    """Place everything that a corpus holds.

    Parameters
    ----------
    space : JointSpace
    ids : sequence of str
        The posts.
    features : mapping of Modality to numpy.ndarray
        ``(n, d)`` raw features, rows of NaN where a post has none.
    users : sequence of str or None
        Each post's author.
    words : sequence of str
    word_features : numpy.ndarray
        ``(words, d)`` raw text features.

    Returns
    -------
    dict of Kind to (ids, vectors)
        Unit length, float32.
    """
    found: dict[Kind, tuple[list[str], np.ndarray]] = {}
    total = np.zeros((len(ids), space.dim), dtype=np.float32)
    some = np.zeros(len(ids), dtype=bool)
    for modality, raw in features.items():
        have = ~np.isnan(raw[:, 0])
        if not have.any():
            continue
        vectors = space.project(modality, raw[have])
        found[Kind(modality.value)] = ([ids[int(i)] for i in np.flatnonzero(have)], vectors)
        total[have] += vectors
        some |= have
    posts = np.zeros_like(total)
    posts[some] = space.posts({Modality.TEXT: total[some]})
    found[Kind.POST] = ([ids[int(i)] for i in np.flatnonzero(some)], posts[some])
    authors = sorted({u for u, there in zip(users, some, strict=True) if u and there})
    row = {name: i for i, name in enumerate(authors)}
    means = np.zeros((len(authors), space.dim), dtype=np.float32)
    for i, user in enumerate(users):
        if user and some[i]:
            means[row[user]] += posts[i]
    if authors:
        found[Kind.USER] = (authors, space.users(means))
    usable = ~np.isnan(word_features[:, 0])
    found[Kind.WORD] = (
        [words[int(i)] for i in np.flatnonzero(usable)],
        space.project(Modality.TEXT, word_features[usable]),
    )
    return found
