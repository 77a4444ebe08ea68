"""Words by the company they keep, and images among them.

The slides of 2015 on words and images: skip-gram with negative sampling over the
words of a corpus (Mikolov et al. 2013, eq. 4), "optimize word space first, then
optimize W", the matrix that maps image features to where their words are; and
"better if we use a clean dataset first". Here `W` is a ridge regression, whose
solution is exact and needs no tuning.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.settings import SEED

DIM = 100
WINDOW = 8
NEGATIVES = 8
_BATCH = 2_048
_STEPS = 64  # in an epoch at least: a small corpus is learnt in small steps
_RATE = 0.05
_GENTLE = 0.01  # when there is something to go on from
_FREQUENT = 2e-3  # words more frequent than this are seen less often
_MOST_PAIRS = 20_000_000
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
        Each post's words as places in the vocabulary, in their order.
    size : int
        Of the vocabulary.
    dim : int
        Of the vectors, when there is no `start`.
    start : numpy.ndarray, optional
        ``(size, d)`` to go on from; the context vectors start there too.
    pull : float
        How strongly vectors are held where they started.
    epochs : int
        At most; fewer when there is much to learn from.
    seed : int

    Returns
    -------
    numpy.ndarray
        ``(size, d)`` float32; the same each time.
    """
    import torch
    from torch.nn.functional import logsigmoid

    rng = np.random.default_rng(seed)
    if start is None:
        # Both at random: from zero contexts all words first run off in one direction.
        first, second = rng.normal(scale=dim**-0.5, size=(2, size, dim))
    else:
        first = second = np.asarray(start)
    words = torch.nn.Embedding.from_pretrained(
        torch.tensor(first, dtype=torch.float32), freeze=False, sparse=True
    )
    contexts = torch.nn.Embedding.from_pretrained(
        torch.tensor(second, dtype=torch.float32), freeze=False, sparse=True
    )
    anchor = torch.tensor(first, dtype=torch.float32)
    rate = _RATE if start is None else _GENTLE
    optimiser = torch.optim.SparseAdam([words.weight, contexts.weight], lr=rate)
    counts = np.bincount(np.concatenate([*posts, np.empty(0, dtype=np.int64)]), minlength=size)
    share = counts / max(counts.sum(), 1)
    kept = np.minimum(np.sqrt(_FREQUENT / np.maximum(share, 1e-12)), 1.0)
    noise = counts**0.75
    steps = np.cumsum(noise / max(noise.sum(), 1e-9))
    seen = WINDOW * sum(len(post) for post in posts)
    epochs = max(2, min(epochs, _MOST_PAIRS // max(seen, 1)))
    for epoch in range(epochs):
        left, right = _pairs(posts, kept, rng)
        order = rng.permutation(len(left))
        for group in optimiser.param_groups:
            group["lr"] = rate * (1.0 - epoch / epochs)
        batch = int(np.clip(len(order) // _STEPS, 32, _BATCH))
        for at in range(0, len(order), batch):
            rows = order[at : at + batch]
            drawn = np.searchsorted(steps, rng.random((len(rows), NEGATIVES)) * steps[-1])
            here = torch.from_numpy(left[rows])
            vector = words(here)
            near = contexts(torch.from_numpy(right[rows]))
            far = contexts(torch.from_numpy(np.minimum(drawn, size - 1)))
            loss = -logsigmoid((vector * near).sum(1)).mean()
            loss = loss - logsigmoid(-(far @ vector[:, :, None]).squeeze(2)).sum(1).mean()
            if pull:
                loss = loss + pull * (vector - anchor[here]).square().sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return words.weight.detach().numpy().astype(np.float32)


def _pairs(
    posts: Sequence[np.ndarray], kept: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Word and context for every two words of a post that are within the window."""
    left, right = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    flat = np.concatenate([*posts, np.empty(0, dtype=np.int64)])
    post = np.repeat(np.arange(len(posts)), [len(p) for p in posts])
    some = rng.random(len(flat)) < kept[flat]
    flat, post = flat[some], post[some]
    for apart in range(1, WINDOW + 1):
        same = (post[:-apart] == post[apart:]) & (flat[:-apart] != flat[apart:])
        left += [flat[:-apart][same], flat[apart:][same]]
        right += [flat[apart:][same], flat[:-apart][same]]
    return np.concatenate(left), np.concatenate(right)


def warm_start(
    words: Sequence[str], posts: Sequence[np.ndarray], known: dict[str, np.ndarray]
) -> np.ndarray:
    """Vectors to go on from: the clean ones, or the mean of the words around.

    Parameters
    ----------
    words : sequence of str
        The vocabulary.
    posts : sequence of numpy.ndarray
        Each post's words as places in it.
    known : dict of str to numpy.ndarray
        Pretrained vectors.

    Returns
    -------
    numpy.ndarray
        ``(len(words), d)`` float32.
    """
    dim = len(next(iter(known.values())))
    made = np.zeros((len(words), dim), dtype=np.float32)
    there = np.zeros(len(words), dtype=bool)
    for i, word in enumerate(words):
        if word in known:
            made[i], there[i] = known[word], True
    total, count = np.zeros_like(made), np.zeros(len(words), dtype=np.float32)
    for post in posts:
        clean = post[there[post]]
        if len(clean):
            new = np.unique(post[~there[post]])
            total[new] += made[clean].mean(axis=0)
            count[new] += 1
    new = ~there & (count > 0)
    made[new] = total[new] / count[new, None]
    return made


def fit_map(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The matrix `W` from features to where their words are: ridge, its strength by
    generalised cross-validation.

    Parameters
    ----------
    features : numpy.ndarray
        ``(n, f)``.
    targets : numpy.ndarray
        ``(n, d)``: the mean vector of each item's words.

    Returns
    -------
    numpy.ndarray
        ``(f + 1, d)`` float32; the last row is what is added.
    """
    from sklearn.linear_model import RidgeCV

    fitted = RidgeCV(alphas=_ALPHAS).fit(features, targets)
    return np.vstack([fitted.coef_.T, fitted.intercept_]).astype(np.float32)
