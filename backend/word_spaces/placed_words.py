"""A trained space of words and images for queries; needs only numpy.

Words and images in one space (slides, 2015): neighbours of a word, and arithmetic over words and
images. How the space is learnt: `backend.word_spaces.word_image_model` and
`backend.word_spaces.fit_word_image`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from backend.core.vectors import normalize
from backend.domain import KindredError
from backend.text.tokens import clean_words

PRUNED = 0.15  # "the vocabulary is roughly 15% larger than necessary"
FORMAT = "kindred-word-image-1"


def vocabulary(
    documents: Iterable[Sequence[str]], *, known: Iterable[str] = (), pruned: float = PRUNED
) -> list[str]:
    """Choose the words of documents, most frequent first, without the rarest.

    Parameters
    ----------
    documents : iterable of sequence of str
    known : iterable of str
        Words with pretrained vectors; preferred among equally rare words.
    pruned : float
        Share of the words to drop.
    """
    counts = Counter(word for document in documents for word in set(document))
    clean = set(known)
    order = sorted(counts, key=lambda w: (-counts[w], w not in clean, w))
    return order[: max(1, round(len(order) * (1 - pruned)))]


class PlacedWords:
    """Vectors of words, and the matrix that maps images to them.

    Parameters
    ----------
    words : sequence of str
    vectors : numpy.ndarray
        ``(words, dim)``: v_w.
    matrix : numpy.ndarray
        ``(features + 1, dim)``: W for raw features of images; the last row is the intercept.

    Attributes
    ----------
    words : list of str
    place : dict of str to int
        The row of each word.
    vectors : numpy.ndarray
        ``(words, dim)`` float32, unit length.
    """

    def __init__(self, words: Sequence[str], vectors: np.ndarray, matrix: np.ndarray) -> None:
        self.words = list(words)
        self.place = {word: i for i, word in enumerate(self.words)}
        self.vectors = normalize(vectors).astype(np.float32, copy=False)
        self.matrix = matrix

    def images(self, raw: np.ndarray) -> np.ndarray:
        """Map raw features of images ``(n, features)`` to ``(n, dim)`` float32, unit length."""
        placed = normalize(raw @ self.matrix[:-1] + self.matrix[-1])
        return placed.astype(np.float32, copy=False)

    def query(self, terms: Sequence[tuple[str | np.ndarray, float]]) -> np.ndarray:
        """Add weighted words and images.

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
                total += weight * normalize(self.vectors[rows].mean(axis=0))
            else:
                total += weight * normalize(term)
        return normalize(total)

    def neighbours(
        self,
        terms: Sequence[tuple[str | np.ndarray, float]],
        k: int = 10,
        *,
        among: Mapping[str, np.ndarray] | None = None,
    ) -> list[tuple[str, float]]:
        """Find the nearest words, or the nearest of other vectors.

        Parameters
        ----------
        terms : sequence of (str or numpy.ndarray, float)
            As for `query`.
        k : int
        among : mapping of str to numpy.ndarray, optional
            Ids and vectors ``(dim,)``, of images for instance; by default the words.

        Returns
        -------
        list of (str, float)
            Words or ids with their cosine, best first, without the words of the query.
        """
        query_words = {w for term, _ in terms if isinstance(term, str) for w in clean_words(term)}
        if among is None:
            names, vectors = self.words, self.vectors
        else:
            names, vectors = list(among), np.stack(list(among.values()))
        scores = vectors @ self.query(terms)
        order = np.argsort(-scores, kind="stable")[: k + len(query_words)]
        return [(names[i], float(scores[i])) for i in order if names[i] not in query_words][:k]

    def save(self, path: Path) -> None:
        """Write one safetensors file in half precision, with the words in its header."""
        from safetensors.numpy import save_file

        tensors = {"vectors": self.vectors, "matrix": self.matrix}
        metadata = {"format": FORMAT, "words": json.dumps(self.words, ensure_ascii=False)}
        half = {key: np.ascontiguousarray(x, dtype=np.float16) for key, x in tensors.items()}
        save_file(half, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> PlacedWords:
        """Read what `save` wrote.

        Raises
        ------
        KindredError
            ``damaged``.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                if metadata.get("format") != FORMAT:
                    raise KindredError("damaged", f"{path} is not a space of words and images.")
                names = ("vectors", "matrix")
                arrays = {name: file.get_tensor(name).astype(np.float32) for name in names}
                words = json.loads(metadata["words"])
        except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
            raise KindredError("damaged", f"{path} cannot be read: {error}.") from error
        if len(words) != len(arrays["vectors"]):
            raise KindredError("damaged", f"{path} has {len(words)} words for its vectors.")
        return cls(words, **arrays)
