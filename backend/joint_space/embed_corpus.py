"""Compute the joint vectors of a corpus: posts, their modalities, users and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from backend.domain import EMOTIONS, Kind, Modality
from backend.joint_space.model import JointSpace

Vectors = Mapping[Kind, tuple[Sequence[str], np.ndarray]]

# Posts that a tag needs to become a word.
WORD_POSTS = 2


def vocabulary(tags: Sequence[Sequence[str]]) -> list[str]:
    """Return the words of a corpus: tags of several posts, and the names of the emotions.

    Parameters
    ----------
    tags : sequence of sequence of str
        Tags of each post.

    Returns
    -------
    list of str
        Sorted.
    """
    counts = Counter(tag for some in tags for tag in set(some))
    words = {tag for tag, n in counts.items() if n >= WORD_POSTS and not tag.isdigit()}
    return sorted(words | set(EMOTIONS))


def embed_corpus(
    space: JointSpace,
    ids: Sequence[str],
    features: Mapping[Modality, np.ndarray],
    users: Sequence[str | None],
    words: Sequence[str],
    word_features: np.ndarray,
) -> dict[Kind, tuple[list[str], np.ndarray]]:
    """Map all items of a corpus into the joint space.

    Parameters
    ----------
    space : JointSpace
    ids : sequence of str
        Ids of the posts.
    features : mapping of Modality to numpy.ndarray
        ``(n, d)`` raw features, rows of NaN where a post has none.
    users : sequence of str or None
        Author of each post.
    words : sequence of str
    word_features : numpy.ndarray
        ``(words, d)`` raw text features.

    Returns
    -------
    dict of Kind to (ids, vectors)
        Unit length, float32.
    """
    result: dict[Kind, tuple[list[str], np.ndarray]] = {}
    total = np.zeros((len(ids), space.dim), dtype=np.float32)
    usable_posts = np.zeros(len(ids), dtype=bool)
    for modality, raw in features.items():
        present = ~np.isnan(raw[:, 0])
        if not present.any():
            continue
        vectors = space.project(modality, raw[present])
        result[Kind(modality.value)] = ([ids[int(i)] for i in np.flatnonzero(present)], vectors)
        total[present] += vectors
        usable_posts |= present
    posts = np.zeros_like(total)
    posts[usable_posts] = space.posts({Modality.TEXT: total[usable_posts]})
    result[Kind.POST] = ([ids[int(i)] for i in np.flatnonzero(usable_posts)], posts[usable_posts])
    authors = sorted(
        {u for u, is_usable in zip(users, usable_posts, strict=True) if u and is_usable}
    )
    row = {name: i for i, name in enumerate(authors)}
    means = np.zeros((len(authors), space.dim), dtype=np.float32)
    for i, user in enumerate(users):
        if user and usable_posts[i]:
            means[row[user]] += posts[i]
    if authors:
        result[Kind.USER] = (authors, space.users(means))
    usable = ~np.isnan(word_features[:, 0])
    result[Kind.WORD] = (
        [words[int(i)] for i in np.flatnonzero(usable)],
        space.project(Modality.TEXT, word_features[usable]),
    )
    return result
