"""Training of the space of words and images: the words first, then W, then both.

The order and the objective are the slides' ("optimize word space first, then optimize W matrix";
"substitute v_p with v_o for joint training"). The term for related images is ours in its form:
pictures of one thing draw together, against all others of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.settings import SEED
from backend.training.loop import LoopConfig, Task, Tell, fit
from backend.word_spaces.placed_words import PlacedWords
from backend.word_spaces.vocabulary import WordVectors
from backend.word_spaces.word_image_data import WordImages
from backend.word_spaces.word_image_model import WordImageConfig, WordImageSpace

NEGATIVES = 5
DRAWS = 4  # words drawn for a document or an image in a step
RELATED = 0.5  # weight of the term for related images
SHARPNESS = 0.1  # its temperature
CLEAN_LENGTH = 2.0  # of a word's vector that comes from clean text

WORDS = LoopConfig(
    epochs=10, batch=4096, rate=2e-2, decay=0.0, schedule="cosine", patience=0, seed=SEED
)
MAP = LoopConfig(
    epochs=10, batch=512, rate=3e-3, decay=0.01, schedule="cosine", patience=0, seed=SEED
)
BOTH = LoopConfig(
    epochs=4, batch=2048, rate=3e-3, decay=0.0, schedule="cosine", patience=0, seed=SEED
)


def train_words(
    data: WordImages,
    keep: np.ndarray,
    *,
    clean: WordVectors | None = None,
    config: LoopConfig = WORDS,
    folder: Path | None = None,
    tell: Tell | None = None,
) -> WordImageSpace:
    """Stage 1: skip-gram with negative sampling over the documents.

    Parameters
    ----------
    data : WordImages
    keep : numpy.ndarray
        ``(groups,)`` bool: what may be learnt from.
    clean : WordVectors, optional
        Vectors from clean text to begin at: "clean text + metadata"; "metadata only" without.
    config : LoopConfig
    folder : pathlib.Path, optional
        Of the checkpoints.
    tell : callable, optional

    Returns
    -------
    WordImageSpace
        With W still at random.
    """
    torch.manual_seed(config.seed)
    space = WordImageSpace(WordImageConfig(len(data.words), data.features.shape[1]))
    images = torch.from_numpy(data.features[keep[data.image_group]])
    if len(images) > 1:
        space.get_buffer("mean").copy_(images.mean(0))
        space.get_buffer("scale").copy_(1.0 / images.std(0).clamp_min(1e-3))
    if clean is not None:
        _warm(space, data.words, clean)
    fit(WordTask(space, data, keep), config, folder=folder, device="cpu", tell=tell)
    return space


def train_images(
    space: WordImageSpace,
    data: WordImages,
    keep: np.ndarray,
    *,
    first: LoopConfig | None = MAP,
    then: LoopConfig | None = BOTH,
    folder: Path | None = None,
    tell: Tell | None = None,
) -> PlacedWords:
    """Stages 2 and 3: W alone, then v_w, v_o and W together.

    Parameters
    ----------
    space : WordImageSpace
        As `train_words` left it; trained in place.
    data : WordImages
    keep : numpy.ndarray
        ``(groups,)`` bool.
    first, then : LoopConfig
        No stage 3 when `then` is None.
    folder : pathlib.Path, optional
    tell : callable, optional

    Returns
    -------
    PlacedWords
    """
    for words, config, name in ((False, first, "map"), (True, then, "both")):
        if config is not None:
            task = ImageTask(space, data, keep, words=words)
            fit(task, config, folder=folder and folder / name, device="cpu", tell=tell)
    return placed(data.words, space)


def train(
    data: WordImages,
    *,
    clean: WordVectors | None = None,
    folder: Path | None = None,
    tell: Tell | None = None,
) -> PlacedWords:
    """All three stages on everything; parameters as for `train_words`."""
    keep = np.ones(len(data.group_all), dtype=bool)
    stage = folder / "words" if folder else None
    space = train_words(data, keep, clean=clean, folder=stage, tell=tell)
    return train_images(space, data, keep, folder=folder, tell=tell)


def placed(words: Sequence[str], space: WordImageSpace) -> PlacedWords:
    """A trained network as arrays.

    W reads standardised features of unit length; what comes out is brought to unit length too, so
    that only mean and scale need to be folded into it.
    """
    buffers = (space.get_buffer("mean"), space.get_buffer("scale"))
    parts = (space.inputs.weight, space.map.weight, *buffers)
    vectors, weight, mean, scale = (part.detach().cpu().numpy() for part in parts)
    matrix = scale[:, None] * weight.T
    return PlacedWords(words, vectors.copy(), np.vstack([matrix, -mean @ matrix]))


def _warm(space: WordImageSpace, words: Sequence[str], clean: WordVectors) -> None:
    """Begin at clean text's vectors, in the first of the 200 directions."""
    rows = {word: place for place, word in enumerate(clean.words)}
    have = [i for i, word in enumerate(words) if word in rows]
    vectors = clean.vectors[[rows[words[i]] for i in have]]
    vectors = vectors - vectors.mean(axis=0)
    start = F.normalize(torch.from_numpy(vectors.astype(np.float32)), dim=-1)
    size = min(clean.dim, space.config.dim)
    with torch.no_grad():
        for table in (space.inputs.weight, space.outputs.weight):
            table[have, :size] = CLEAN_LENGTH * start[:, :size]


class _Sampler:
    """Draws of words from ragged lists, and of negatives by count to the power of 3/4."""

    def __init__(self, lists: Sequence[np.ndarray], counts: np.ndarray) -> None:
        self.length = np.array([len(some) for some in lists], dtype=np.int64)
        self.start = np.cumsum(self.length) - self.length
        self.flat = np.concatenate([*lists, np.zeros(1, dtype=np.int64)])
        self.edges = np.cumsum(counts**0.75)

    def draw(self, rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """``(n, count)`` words of each list; a list must not be empty."""
        pick = (rng.random((len(rows), count)) * self.length[rows][:, None]).astype(np.int64)
        return self.flat[self.start[rows][:, None] + pick]

    def negatives(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Words at random."""
        return np.searchsorted(self.edges, rng.random(shape) * self.edges[-1]).astype(np.int64)


def noise_contrast(
    space: WordImageSpace, centres: Tensor, positives: np.ndarray, negatives: np.ndarray
) -> Tensor:
    """Mikolov et al. 2013, eq. 4, for centres that are words or images.

    Parameters
    ----------
    space : WordImageSpace
    centres : Tensor
        ``(n, dim)``.
    positives, negatives : numpy.ndarray
        ``(n, p)`` and ``(n, q)`` int64.
    """
    near = F.logsigmoid(space(centres, torch.from_numpy(positives))).mean(1)
    # A negative that is a positive too would cancel it.
    far = F.logsigmoid(-space(centres, torch.from_numpy(negatives)))
    clash = (negatives[:, :, None] == positives[:, None, :]).any(2)
    far = (far * torch.from_numpy(~clash)).sum(1)
    return -(near + far / positives.shape[1]).mean()


def _counts(data: WordImages) -> np.ndarray:
    return np.bincount(np.concatenate(data.documents), minlength=len(data.words)).astype(float)


class WordTask(Task):
    """Skip-gram over documents; a tag list has no order, so its window is all of it."""

    def __init__(self, space: WordImageSpace, data: WordImages, keep: np.ndarray) -> None:
        self.space = space
        self.module = nn.ModuleDict({"inputs": space.inputs, "outputs": space.outputs})
        self.module.requires_grad_(True)
        kept = np.flatnonzero(keep[data.document_group])
        self.sampler = _Sampler([data.documents[i] for i in kept], _counts(data))
        self.size = len(kept)

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """A few pairs of words of each document."""
        # A word may be drawn beside itself: an image stands beside its words, and only a word
        # that does so too comes to the same place.
        drawn = self.sampler.draw(rows, 2 * DRAWS, rng).reshape(-1, 2)
        negatives = self.sampler.negatives((len(drawn), NEGATIVES), rng)
        centres = self.space.inputs(torch.from_numpy(drawn[:, 0]))
        return noise_contrast(self.space, centres, drawn[:, 1:], negatives)


class ImageTask(Task):
    """Images predict the words beside them; with `words`, documents go on being learnt."""

    def __init__(
        self, space: WordImageSpace, data: WordImages, keep: np.ndarray, *, words: bool
    ) -> None:
        self.space = space
        self.words = WordTask(space, data, keep) if words else None
        parts: dict[str, nn.Module] = {"map": space.map}
        # W alone: nobody reads the words' gradients, and they are what costs.
        space.inputs.requires_grad_(words)
        space.outputs.requires_grad_(words)
        if words:
            parts |= {"inputs": space.inputs, "outputs": space.outputs}
        self.module = nn.ModuleDict(parts)
        rich = np.array([len(some) > 0 for some in data.group_all])
        mine = np.flatnonzero((keep & rich)[data.image_group])
        self.size = len(mine)
        self.features = torch.from_numpy(data.features[mine])
        self.group = data.image_group[mine]
        counts = _counts(data)
        plain = [e if len(e) else a for e, a in zip(data.group_words, data.group_all, strict=True)]
        self.english = _Sampler(plain, counts)
        self.all = _Sampler(data.group_all, counts)
        order = np.argsort(self.group, kind="stable")
        _, starts = np.unique(self.group[order], return_index=True)
        self.alike: dict[int, np.ndarray] = {
            int(self.group[some[0]]): some for some in np.split(order, starts[1:])
        }

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Images with a few of their words, and with another picture of the same thing."""
        group = self.group[rows]
        centres = self.space.images(self.features[torch.from_numpy(rows)])
        half = DRAWS // 2
        positives = np.hstack(
            [self.english.draw(group, DRAWS - half, rng), self.all.draw(group, half, rng)]
        )
        negatives = self.all.negatives((len(rows), DRAWS * NEGATIVES), rng)
        loss = noise_contrast(self.space, centres, positives, negatives)
        other = np.array([rng.choice(self.alike[int(g)]) for g in group])
        differs = other != rows
        if differs.sum() > 1:
            again = self.space.images(self.features[torch.from_numpy(other[differs])])
            seen = centres[torch.from_numpy(differs)]
            scores = F.normalize(seen, dim=-1) @ F.normalize(again, dim=-1).T / SHARPNESS
            same = torch.from_numpy(group[differs][:, None] == group[differs][None, :])
            share = (scores.log_softmax(1).masked_fill(~same, -1e9)).logsumexp(1)
            loss = loss - RELATED * share.mean()
        if self.words is not None:
            documents = rng.integers(self.words.size, size=len(rows))
            loss = loss + self.words.loss(documents, rng)
        return loss
