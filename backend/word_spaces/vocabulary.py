"""Vocabularies and pretrained word vectors.

JTAV (Liang et al. 2018), sec. 4.1: a pretrained matrix `W_e`, the protagonist cut
at 100 words, supporting text at five.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.domain import KindredError
from backend.settings import ASSETS
from backend.text.tokens import sentences, tokens

PADDING, UNKNOWN = 0, 1
LONGEST, SUPPORT = 100, 5
SHIPPED = ASSETS / "training" / "words" / "glove-50d.parquet"


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """Pretrained vectors of words.

    Attributes
    ----------
    words : tuple of str
    vectors : numpy.ndarray
        ``(words, d)`` float32.
    """

    words: tuple[str, ...]
    vectors: np.ndarray

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Words and their rows in an embedding matrix; row 0 is padding, row 1 any other word."""

    rows: dict[str, int]

    @classmethod
    def of(cls, texts: Iterable[str], *, least: int = 1) -> Vocabulary:
        """Collect the words that occur at least `least` times in some texts, sorted."""
        counts = Counter(word for text in texts for word in tokens(text))
        chosen = sorted(word for word, n in counts.items() if n >= least)
        return cls({word: row for row, word in enumerate(chosen, start=2)})

    def __len__(self) -> int:
        return len(self.rows) + 2

    def encode(self, texts: Sequence[str], longest: int = LONGEST) -> np.ndarray:
        """Encode the first words of each text as rows, ``(n, l)`` int64, padded at the end.

        The length `l` is at most `longest` and at least 1.
        """
        rows = [[self.rows.get(w, UNKNOWN) for w in tokens(t)[:longest]] for t in texts]
        return _padded(rows, max([1, *map(len, rows)]))

    def encode_lines(self, texts: Sequence[str], lines: int = 12, longest: int = 24) -> np.ndarray:
        """Encode the words of each sentence of each text, ``(n, lines, longest)`` int64."""
        rows = np.full((len(texts), lines, longest), PADDING, dtype=np.int64)
        for i, text in enumerate(texts):
            words = (tokens(sentence)[:longest] for sentence in sentences(text))
            encoded = [[self.rows.get(w, UNKNOWN) for w in line] for line in words if line][:lines]
            rows[i, : len(encoded)] = _padded(encoded, longest)
        return rows

    def matrix(self, pretrained: WordVectors) -> np.ndarray:
        """Build the embedding matrix `W_e`, ``(len(self), d)`` float32.

        Padding is zero, a word without a vector the mean of all vectors.
        """
        pretrained_rows = {word: row for row, word in enumerate(pretrained.words)}
        matrix = np.tile(pretrained.vectors.mean(0), (len(self), 1)).astype(np.float32)
        matrix[PADDING] = 0.0
        for word, row in self.rows.items():
            if word in pretrained_rows:
                matrix[row] = pretrained.vectors[pretrained_rows[word]]
        return matrix


def _padded(rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    padded = np.full((len(rows), width), PADDING, dtype=np.int64)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row[:width]
    return padded


def parts(texts: Sequence[str]) -> tuple[str, str]:
    """Split texts into the protagonist and the supporting text (JTAV sec. 3.1.1).

    The text with the most words is the protagonist.

    Examples
    --------
    >>> parts(["a caption", "a much longer text"])
    ('a much longer text', 'a caption')
    """
    present = [text for text in texts if text and text.strip()]
    if not present:
        return "", ""
    longest = max(range(len(present)), key=lambda i: len(tokens(present[i])))
    return present[longest], " ".join(present[:longest] + present[longest + 1 :])


def read_vectors(path: Path | None = None, words: Iterable[str] | None = None) -> WordVectors:
    """Read pretrained word vectors.

    Parameters
    ----------
    path : pathlib.Path, optional
        ``.vec`` or ``.txt`` (each line a word and its numbers), ``.bin`` (fastText),
        ``.npy`` with the words in a ``.txt`` next to it, one per line, or
        ``.parquet`` (word, vector); by default the shipped GloVe.
    words : iterable of str, optional
        Read only these; ``.bin`` computes a vector for each of them.

    Raises
    ------
    KindredError
        ``no_file``, ``bad_vectors``.
    """
    path = path or SHIPPED
    if not path.is_file():
        raise KindredError("no_file", f"The file of word vectors {path} does not exist.")
    wanted = None if words is None else dict.fromkeys(words)
    try:
        vectors = _READERS[path.suffix](path, wanted)
    except KeyError:
        known = ", ".join(_READERS)
        raise KindredError(
            "bad_vectors", f"{path} has an unknown format; use one of {known}."
        ) from None
    except (ValueError, OSError) as error:
        raise KindredError("bad_vectors", f"{path} cannot be read: {error}.") from error
    if not vectors.words or vectors.vectors.ndim != 2 or len(vectors.vectors) != len(vectors.words):
        raise KindredError("bad_vectors", f"{path} has no vector for any of the requested words.")
    return vectors


def _read_parquet(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["word", "vector"])
    words = table["word"].to_pylist()
    flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return _select(words, flat.reshape(len(words), -1).astype(np.float32), wanted)


def _read_text(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    words: list[str] = []
    rows: list[np.ndarray] = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            word, _, numbers = line.rstrip().partition(" ")
            if number == 0 and numbers.count(" ") == 0:
                continue  # the header of word2vec: number of words and dimension
            if wanted is None or word in wanted:
                words.append(word)
                rows.append(np.array(numbers.split(" "), dtype=np.float32))
    return WordVectors(tuple(words), np.stack(rows) if rows else np.zeros((0, 0), np.float32))


def _read_numpy(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    words = path.with_suffix(".txt").read_text(encoding="utf-8").split("\n")
    vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    return _select(words[: len(vectors)], vectors, wanted)


def _read_fasttext(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    import fasttext

    model = fasttext.load_model(str(path))
    words = list(wanted) if wanted is not None else model.get_words()
    vectors = np.stack([model.get_word_vector(word) for word in words])
    return WordVectors(tuple(words), vectors.astype(np.float32))


def _select(words: list[str], vectors: np.ndarray, wanted: dict[str, None] | None) -> WordVectors:
    rows = [i for i, word in enumerate(words) if wanted is None or word in wanted]
    return WordVectors(
        tuple(words[i] for i in rows), np.ascontiguousarray(vectors[rows], dtype=np.float32)
    )


_READERS = {
    ".parquet": _read_parquet,
    ".vec": _read_text,
    ".txt": _read_text,
    ".npy": _read_numpy,
    ".bin": _read_fasttext,
}
