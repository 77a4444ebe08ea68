"""Train the space of words and images: first the words, then W, then both.

The order and the objective are the slides' ("optimize word space first, then optimize W matrix";
"substitute v_p with v_o for joint training"). The loss for related images is our own: images of
one thing attract each other, against all others of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.settings import SEED
from backend.training.loop import LoopConfig, StepCallback, Task, fit
from backend.word_spaces.placed_words import PlacedWords
from backend.word_spaces.vocabulary import WordVectors
from backend.word_spaces.word_image_data import WordImages
from backend.word_spaces.word_image_model import WordImageConfig, WordImageSpace

NEGATIVES = 5
DRAWS = 4  # words sampled for a document or an image in each step
RELATED = 0.5  # weight of the loss for related images
SHARPNESS = 0.1  # its temperature
CLEAN_LENGTH = 2.0  # initial length of a pretrained word vector

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
    on_progress: StepCallback | None = None,
) -> WordImageSpace:
    """Stage 1: skip-gram with negative sampling over the documents.

    Parameters
    ----------
    data : WordImages
    keep : numpy.ndarray
        ``(groups,)`` bool: the groups to train on.
    clean : WordVectors, optional
        Initial vectors from clean text: "clean text + metadata"; without: "metadata only".
    config : LoopConfig
    folder : pathlib.Path, optional
        Of the checkpoints.
    on_progress : callable, optional

    Returns
    -------
    WordImageSpace
        W is still random.
    """
    torch.manual_seed(config.seed)
    space = WordImageSpace(WordImageConfig(len(data.words), data.features.shape[1]))
    images = torch.from_numpy(data.features[keep[data.image_group]])
    if len(images) > 1:
        space.get_buffer("mean").copy_(images.mean(0))
        space.get_buffer("scale").copy_(1.0 / images.std(0).clamp_min(1e-3))
    if clean is not None:
        _warm(space, data.words, clean)
    fit(WordTask(space, data, keep), config, folder=folder, device="cpu", on_progress=on_progress)
    return space


def train_images(
    space: WordImageSpace,
    data: WordImages,
    keep: np.ndarray,
    *,
    map_config: LoopConfig | None = MAP,
    joint_config: LoopConfig | None = BOTH,
    folder: Path | None = None,
    on_progress: StepCallback | None = None,
) -> PlacedWords:
    """Stages 2 and 3: W alone, then v_w, v_o and W together.

    Parameters
    ----------
    space : WordImageSpace
        The result of `train_words`; trained in place.
    data : WordImages
    keep : numpy.ndarray
        ``(groups,)`` bool.
    map_config, joint_config : LoopConfig, optional
        Of stages 2 and 3; None skips the stage.
    folder : pathlib.Path, optional
    on_progress : callable, optional
    """
    for words, config, name in ((False, map_config, "map"), (True, joint_config, "both")):
        if config is not None:
            task = ImageTask(space, data, keep, words=words)
            stage = folder and folder / name
            fit(task, config, folder=stage, device="cpu", on_progress=on_progress)
    return placed(data.words, space)


def train(
    data: WordImages,
    *,
    clean: WordVectors | None = None,
    folder: Path | None = None,
    on_progress: StepCallback | None = None,
) -> PlacedWords:
    """Run all three stages on all data; parameters as for `train_words`."""
    keep = np.ones(len(data.group_all), dtype=bool)
    stage = folder / "words" if folder else None
    space = train_words(data, keep, clean=clean, folder=stage, on_progress=on_progress)
    return train_images(space, data, keep, folder=folder, on_progress=on_progress)


def placed(words: Sequence[str], space: WordImageSpace) -> PlacedWords:
    """Convert a trained network to arrays.

    W reads standardised features of unit length, and its results are scaled to unit length too, so
    that only mean and scale need to be folded into W.
    """
    buffers = (space.get_buffer("mean"), space.get_buffer("scale"))
    parts = (space.inputs.weight, space.map.weight, *buffers)
    vectors, weight, mean, scale = (part.detach().cpu().numpy() for part in parts)
    matrix = scale[:, None] * weight.T
    return PlacedWords(words, vectors.copy(), np.vstack([matrix, -mean @ matrix]))


def _warm(space: WordImageSpace, words: Sequence[str], clean: WordVectors) -> None:
    """Start from pretrained vectors, in the first of the 200 dimensions."""
    clean_rows = {word: row for row, word in enumerate(clean.words)}
    known = [i for i, word in enumerate(words) if word in clean_rows]
    vectors = clean.vectors[[clean_rows[words[i]] for i in known]]
    vectors = vectors - vectors.mean(axis=0)
    start = F.normalize(torch.from_numpy(vectors.astype(np.float32)), dim=-1)
    size = min(clean.dim, space.config.dim)
    with torch.no_grad():
        for table in (space.inputs.weight, space.outputs.weight):
            table[known, :size] = CLEAN_LENGTH * start[:, :size]


class _Sampler:
    """Samples words from ragged lists, and negatives by their count to the power of 3/4."""

    def __init__(self, lists: Sequence[np.ndarray], counts: np.ndarray) -> None:
        self.length = np.array([len(some) for some in lists], dtype=np.int64)
        self.start = np.cumsum(self.length) - self.length
        self.flat = np.concatenate([*lists, np.zeros(1, dtype=np.int64)])
        self.edges = np.cumsum(counts**0.75)

    def draw(self, rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Sample ``(n, count)`` words of each list; a list must not be empty."""
        pick = (rng.random((len(rows), count)) * self.length[rows][:, None]).astype(np.int64)
        return self.flat[self.start[rows][:, None] + pick]

    def negatives(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Sample words by frequency."""
        return np.searchsorted(self.edges, rng.random(shape) * self.edges[-1]).astype(np.int64)


def noise_contrast(
    space: WordImageSpace, centres: Tensor, positives: np.ndarray, negatives: np.ndarray
) -> Tensor:
    """Loss of Mikolov et al. 2013, eq. 4, for centres that are words or images.

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
    """Skip-gram over documents; a list of tags has no order, so its window is the whole list."""

    def __init__(self, space: WordImageSpace, data: WordImages, keep: np.ndarray) -> None:
        self.space = space
        self.module = nn.ModuleDict({"inputs": space.inputs, "outputs": space.outputs})
        self.module.requires_grad_(True)
        rows = np.flatnonzero(keep[data.document_group])
        self.sampler = _Sampler([data.documents[i] for i in rows], _counts(data))
        self.size = len(rows)

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the loss of a few pairs of words of each document."""
        # A word may be its own context: an image has its words as contexts, and only a word that
        # does too is mapped to the same place.
        drawn = self.sampler.draw(rows, 2 * DRAWS, rng).reshape(-1, 2)
        negatives = self.sampler.negatives((len(drawn), NEGATIVES), rng)
        centres = self.space.inputs(torch.from_numpy(drawn[:, 0]))
        return noise_contrast(self.space, centres, drawn[:, 1:], negatives)


class ImageTask(Task):
    """Images predict their words; with `words`, documents are learnt too."""

    def __init__(
        self, space: WordImageSpace, data: WordImages, keep: np.ndarray, *, words: bool
    ) -> None:
        self.space = space
        self.words = WordTask(space, data, keep) if words else None
        parts: dict[str, nn.Module] = {"map": space.map}
        # When W is trained alone, the gradients of the words are not needed, and expensive.
        space.inputs.requires_grad_(words)
        space.outputs.requires_grad_(words)
        if words:
            parts |= {"inputs": space.inputs, "outputs": space.outputs}
        self.module = nn.ModuleDict(parts)
        has_words = np.array([len(some) > 0 for some in data.group_all])
        rows = np.flatnonzero((keep & has_words)[data.image_group])
        self.size = len(rows)
        self.features = torch.from_numpy(data.features[rows])
        self.group = data.image_group[rows]
        counts = _counts(data)
        words_of_group = [
            e if len(e) else a for e, a in zip(data.group_words, data.group_all, strict=True)
        ]
        self.english = _Sampler(words_of_group, counts)
        self.all = _Sampler(data.group_all, counts)
        order = np.argsort(self.group, kind="stable")
        _, starts = np.unique(self.group[order], return_index=True)
        self.alike: dict[int, np.ndarray] = {
            int(self.group[some[0]]): some for some in np.split(order, starts[1:])
        }

    def loss(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return the loss of images with a few of their words and with related images."""
        group = self.group[rows]
        centres = self.space.images(self.features[torch.from_numpy(rows)])
        half = DRAWS // 2
        positives = np.hstack(
            [self.english.draw(group, DRAWS - half, rng), self.all.draw(group, half, rng)]
        )
        negatives = self.all.negatives((len(rows), DRAWS * NEGATIVES), rng)
        loss = noise_contrast(self.space, centres, positives, negatives)
        partners = np.array([rng.choice(self.alike[int(g)]) for g in group])
        is_other = partners != rows
        if is_other.sum() > 1:
            partner_vectors = self.space.images(self.features[torch.from_numpy(partners[is_other])])
            anchors = centres[torch.from_numpy(is_other)]
            scores = (
                F.normalize(anchors, dim=-1) @ F.normalize(partner_vectors, dim=-1).T / SHARPNESS
            )
            same = torch.from_numpy(group[is_other][:, None] == group[is_other][None, :])
            log_probability = (scores.log_softmax(1).masked_fill(~same, -1e9)).logsumexp(1)
            loss = loss - RELATED * log_probability.mean()
        if self.words is not None:
            documents = rng.integers(self.words.size, size=len(rows))
            loss = loss + self.words.loss(documents, rng)
        return loss
