"""Words and images in one space (words-images-space slides, 2015).

Every word has an input vector v_w and an output vector v_o of 200 numbers (skip-gram with
negative sampling, Mikolov et al. 2013, eq. 4). An image's features v_f are mapped in by a matrix
W that is learnt with the same objective: W v_f stands where v_w stands, and predicts the words
beside the image. So words and images can be compared, and added and subtracted.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backend.posts import KindredError

PRUNED = 0.15  # "the vocabulary is roughly 15% larger than necessary"
FORMAT = "kindred-word-image-1"


@dataclass(frozen=True)
class WordImageConfig:
    """Shape of a space of words and images.

    Attributes
    ----------
    words : int
    features : int
        Length of an image's raw features.
    dim : int
    """

    words: int
    features: int
    dim: int = 200


class WordImageSpace(nn.Module):
    """v_w and v_o ``(words, dim)`` and W ``(dim, features)``."""

    def __init__(self, config: WordImageConfig) -> None:
        super().__init__()
        self.config = config
        self.inputs = nn.Embedding(config.words, config.dim)
        self.outputs = nn.Embedding(config.words, config.dim)
        self.map = nn.Linear(config.features, config.dim, bias=False)
        # As word2vec starts: inputs small, outputs zero.
        nn.init.uniform_(self.inputs.weight, -0.5 / config.dim**0.5, 0.5 / config.dim**0.5)
        nn.init.zeros_(self.outputs.weight)
        self.register_buffer("mean", torch.zeros(config.features))
        self.register_buffer("scale", torch.ones(config.features))

    def images(self, raw: Tensor) -> Tensor:
        """Raw features ``(n, features)`` -> W v_f, ``(n, dim)``, not of unit length."""
        x = (raw - self.get_buffer("mean")) * self.get_buffer("scale")
        return self.map(F.normalize(x, dim=-1))

    def forward(self, centres: Tensor, words: Tensor) -> Tensor:
        """How well words stand beside centres.

        Parameters
        ----------
        centres : Tensor
            ``(n, dim)``: v_w of words or W v_f of images.
        words : Tensor
            ``(n, k)`` int64.

        Returns
        -------
        Tensor
            ``(n, k)``: v_o · centre, the argument of the sigmoid.
        """
        return torch.einsum("nd,nkd->nk", centres, self.outputs(words))


def clean_words(text: str) -> list[str]:
    """Words of messy text in any script; no signs, emoticons, numbers or single letters.

    Examples
    --------
    >>> clean_words("Ｄ-Day :) Café 2014 पुरुष 男人 x")
    ['day', 'café', 'पुरुष', '男人']
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    # Letters, marks (half of Hindi's vowels are) and digits; all else parts words.
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain)
    return [word for word in kept.split() if _is_word(word)]


def _is_word(word: str) -> bool:
    if word.isnumeric() or len(word) > 40:
        return False
    # One ideograph is a word, one letter of an alphabet is none.
    return len(word) > 1 or unicodedata.name(word, "").startswith(("CJK", "HANGUL"))


def vocabulary(
    documents: Iterable[Sequence[str]], *, known: Iterable[str] = (), pruned: float = PRUNED
) -> list[str]:
    """The words of documents, most frequent first, without the rarest.

    Parameters
    ----------
    documents : iterable of sequence of str
    known : iterable of str
        Words that clean text has: among the equally rare they are kept first.
    pruned : float
        Share of the words that is dropped.
    """
    counts = Counter(word for document in documents for word in set(document))
    clean = set(known)
    order = sorted(counts, key=lambda w: (-counts[w], w not in clean, w))
    return order[: max(1, round(len(order) * (1 - pruned)))]


class Words:
    """A trained space, ready to be asked.

    Parameters
    ----------
    words : sequence of str
    space : WordImageSpace

    Attributes
    ----------
    vectors : numpy.ndarray
        ``(words, dim)`` float32, unit length: where the words are.
    """

    def __init__(self, words: Sequence[str], space: WordImageSpace) -> None:
        self.words = list(words)
        self.space = space.eval().requires_grad_(False)
        self.place = {word: i for i, word in enumerate(self.words)}
        self.vectors = _unit(space.inputs.weight.detach().cpu().numpy())

    def images(self, raw: np.ndarray) -> np.ndarray:
        """Place images: raw features ``(n, features)`` -> ``(n, dim)`` float32, unit length."""
        with torch.inference_mode():
            rows = torch.from_numpy(np.ascontiguousarray(raw, dtype=np.float32))
            return _unit(self.space.images(rows).numpy())

    def query(self, terms: Sequence[tuple[str | np.ndarray, float]]) -> np.ndarray:
        """Add up signed, weighted words and images.

        Parameters
        ----------
        terms : sequence of (str or numpy.ndarray, float)
            A text, whose words are averaged, or a placed image ``(dim,)``; and its weight.

        Returns
        -------
        numpy.ndarray
            ``(dim,)`` float32, unit length.

        Raises
        ------
        KindredError
            ``unknown_word`` when no word of a term is known.
        """
        total = np.zeros(self.vectors.shape[1], dtype=np.float32)
        for term, weight in terms:
            if isinstance(term, str):
                rows = [self.place[w] for w in clean_words(term) if w in self.place]
                if not rows:
                    raise KindredError("unknown_word", f"No post has the word {term!r}.")
                total += weight * _unit(self.vectors[rows].mean(axis=0))
            else:
                total += weight * _unit(term)
        return _unit(total)

    def neighbours(
        self,
        terms: Sequence[tuple[str | np.ndarray, float]],
        k: int = 10,
        *,
        among: Mapping[str, np.ndarray] | None = None,
    ) -> list[tuple[str, float]]:
        """The nearest words, or the nearest of other things.

        Parameters
        ----------
        terms : sequence of (str or numpy.ndarray, float)
            As for `query`.
        k : int
        among : mapping of str to numpy.ndarray, optional
            Ids with placed vectors ``(dim,)``, of images for instance; the words when not given.

        Returns
        -------
        list of (str, float)
            Words or ids with their cosine, best first, without the words that were asked.
        """
        asked = {w for term, _ in terms if isinstance(term, str) for w in clean_words(term)}
        if among is None:
            names, vectors = self.words, self.vectors
        else:
            names, vectors = list(among), np.stack(list(among.values()))
        scores = vectors @ self.query(terms)
        order = np.argsort(-scores, kind="stable")[: k + len(asked)]
        return [(names[i], float(scores[i])) for i in order if names[i] not in asked][:k]

    def save(self, path: Path) -> None:
        """Write everything as one safetensors file; the words stand in its header."""
        from safetensors.torch import save_file

        told = {
            "format": FORMAT,
            "config": json.dumps(asdict(self.space.config)),
            "words": json.dumps(self.words, ensure_ascii=False),
        }
        tensors = {key: value.contiguous() for key, value in self.space.state_dict().items()}
        save_file(tensors, path, metadata=told)

    @classmethod
    def load(cls, path: Path) -> Words:
        """Read what `save` wrote.

        Raises
        ------
        KindredError
            ``damaged``.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt") as file:
                told = file.metadata() or {}
                if told.get("format") != FORMAT:
                    raise KindredError("damaged", f"{path} is no space of words and images.")
                space = WordImageSpace(WordImageConfig(**json.loads(told["config"])))
                space.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
                return cls(json.loads(told["words"]), space)
        except (OSError, SafetensorError, RuntimeError, ValueError, TypeError, KeyError) as error:
            raise KindredError("damaged", f"{path} cannot be read: {error}.") from error


def _unit(x: np.ndarray) -> np.ndarray:
    return (x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)).astype(np.float32)
