"""Skip-gram with negative sampling, and the map from images to words.

The slides of 2015 on words and images: skip-gram with negative sampling over the
words of a corpus (Mikolov et al. 2013, eq. 4), "optimize word space first, then
optimize W", the matrix that maps image features to their words; and "better if we
use a clean dataset first". Here `W` is a ridge regression, whose solution is exact
and needs no tuning.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.settings import SEED

DIM = 100
WINDOW = 8
NEGATIVES = 8
_BATCH = 2_048
_STEPS = 64  # at least, per epoch: a small corpus needs small batches
_RATE = 0.05
_RATE_WARM = 0.01  # learning rate from a given start
_FREQUENT = 2e-3  # more frequent words are subsampled
_MAX_PAIRS = 20_000_000
_ALPHAS = tuple(float(a) for a in np.logspace(-1, 4, 11))


def skip_gram(
    posts: Sequence[np.ndarray],
    size: int,
    *,
    dim: int = DIM,
    start: np.ndarray | None = None,
    pull: float = 0.0,
    epochs: int = 16,
    seed: int = SEED,
) -> np.ndarray:
    """Learn a vector for each word from the words around it.

    Parameters
    ----------
    posts : sequence of numpy.ndarray
        The words of each post as rows of the vocabulary, in order.
    size : int
        Of the vocabulary.
    dim : int
        Of the vectors, without `start`.
    start : numpy.ndarray, optional
        ``(size, d)``: initial vectors of words and contexts.
    pull : float
        How strongly vectors are pulled back to `start`.
    epochs : int
        At most; fewer for a large corpus.
    seed : int

    Returns
    -------
    numpy.ndarray
        ``(size, d)`` float32; deterministic.
    """
    import torch
    from torch.nn.functional import logsigmoid

    rng = np.random.default_rng(seed)
    if start is None:
        # Both random: with zero contexts all words would first move in one direction.
        word_vectors, context_vectors = rng.normal(scale=dim**-0.5, size=(2, size, dim))
    else:
        word_vectors = context_vectors = np.asarray(start)
    words = torch.nn.Embedding.from_pretrained(
        torch.tensor(word_vectors, dtype=torch.float32), freeze=False, sparse=True
    )
    contexts = torch.nn.Embedding.from_pretrained(
        torch.tensor(context_vectors, dtype=torch.float32), freeze=False, sparse=True
    )
    anchor = torch.tensor(word_vectors, dtype=torch.float32)
    rate = _RATE if start is None else _RATE_WARM
    optimiser = torch.optim.SparseAdam([words.weight, contexts.weight], lr=rate)
    counts = np.bincount(np.concatenate([*posts, np.empty(0, dtype=np.int64)]), minlength=size)
    frequency = counts / max(counts.sum(), 1)
    keep_probability = np.minimum(np.sqrt(_FREQUENT / np.maximum(frequency, 1e-12)), 1.0)
    noise = counts**0.75
    noise_cdf = np.cumsum(noise / max(noise.sum(), 1e-9))
    pair_count = WINDOW * sum(len(post) for post in posts)
    epochs = max(2, min(epochs, _MAX_PAIRS // max(pair_count, 1)))
    for epoch in range(epochs):
        left, right = _pairs(posts, keep_probability, rng)
        order = rng.permutation(len(left))
        for group in optimiser.param_groups:
            group["lr"] = rate * (1.0 - epoch / epochs)
        batch = int(np.clip(len(order) // _STEPS, 32, _BATCH))
        for begin in range(0, len(order), batch):
            rows = order[begin : begin + batch]
            negatives = np.searchsorted(
                noise_cdf, rng.random((len(rows), NEGATIVES)) * noise_cdf[-1]
            )
            centre = torch.from_numpy(left[rows])
            vector = words(centre)
            positive = contexts(torch.from_numpy(right[rows]))
            negative = contexts(torch.from_numpy(np.minimum(negatives, size - 1)))
            loss = -logsigmoid((vector * positive).sum(1)).mean()
            loss = loss - logsigmoid(-(negative @ vector[:, :, None]).squeeze(2)).sum(1).mean()
            if pull:
                loss = loss + pull * (vector - anchor[centre]).square().sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return words.weight.detach().numpy().astype(np.float32)


def _pairs(
    posts: Sequence[np.ndarray], keep_probability: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return word and context of every two words of a post within the window."""
    left, right = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    words = np.concatenate([*posts, np.empty(0, dtype=np.int64)])
    post_of_word = np.repeat(np.arange(len(posts)), [len(p) for p in posts])
    keep = rng.random(len(words)) < keep_probability[words]
    words, post_of_word = words[keep], post_of_word[keep]
    for distance in range(1, WINDOW + 1):
        is_pair = (post_of_word[:-distance] == post_of_word[distance:]) & (
            words[:-distance] != words[distance:]
        )
        left += [words[:-distance][is_pair], words[distance:][is_pair]]
        right += [words[distance:][is_pair], words[:-distance][is_pair]]
    return np.concatenate(left), np.concatenate(right)


def warm_start(
    words: Sequence[str], posts: Sequence[np.ndarray], known: dict[str, np.ndarray]
) -> np.ndarray:
    """Return initial vectors: the pretrained one, or the mean of the words around.

    Parameters
    ----------
    words : sequence of str
        The vocabulary.
    posts : sequence of numpy.ndarray
        The words of each post as rows of the vocabulary.
    known : dict of str to numpy.ndarray
        Pretrained vectors.

    Returns
    -------
    numpy.ndarray
        ``(len(words), d)`` float32.
    """
    dim = len(next(iter(known.values())))
    vectors = np.zeros((len(words), dim), dtype=np.float32)
    is_known = np.zeros(len(words), dtype=bool)
    for i, word in enumerate(words):
        if word in known:
            vectors[i], is_known[i] = known[word], True
    total, count = np.zeros_like(vectors), np.zeros(len(words), dtype=np.float32)
    for post in posts:
        known_words = post[is_known[post]]
        if len(known_words):
            unknown = np.unique(post[~is_known[post]])
            total[unknown] += vectors[known_words].mean(axis=0)
            count[unknown] += 1
    unknown = ~is_known & (count > 0)
    vectors[unknown] = total[unknown] / count[unknown, None]
    return vectors


def fit_map(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Fit the matrix `W` from features to words by ridge regression.

    Generalised cross-validation chooses its strength.

    Parameters
    ----------
    features : numpy.ndarray
        ``(n, f)``.
    targets : numpy.ndarray
        ``(n, d)``: the mean vector of the words of each item.

    Returns
    -------
    numpy.ndarray
        ``(f + 1, d)`` float32; the last row is the intercept.
    """
    from sklearn.linear_model import RidgeCV

    fitted = RidgeCV(alphas=_ALPHAS).fit(features, targets)
    return np.vstack([fitted.coef_.T, fitted.intercept_]).astype(np.float32)
