"""Words as numbers: splitting, vocabulary and pretrained word vectors.

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
    """Words with the rows of an embedding matrix; row 0 pads, row 1 is any other word."""

    places: dict[str, int]

    @classmethod
    def of(cls, texts: Iterable[str], *, least: int = 1) -> Vocabulary:
        """The words of some texts that occur at least so often, in a fixed order."""
        counts = Counter(word for text in texts for word in tokens(text))
        kept = sorted(word for word, n in counts.items() if n >= least)
        return cls({word: place for place, word in enumerate(kept, start=2)})

    def __len__(self) -> int:
        return len(self.places) + 2

    def encode(self, texts: Sequence[str], longest: int = LONGEST) -> np.ndarray:
        """Places of each text's first words.

        Parameters
        ----------
        texts : sequence of str
        longest : int

        Returns
        -------
        numpy.ndarray
            ``(n, l)`` int64, `l` at most `longest` and at least 1, padded at the end.
        """
        rows = [[self.places.get(w, UNKNOWN) for w in tokens(t)[:longest]] for t in texts]
        return _padded(rows, max([1, *map(len, rows)]))

    def encode_lines(self, texts: Sequence[str], lines: int = 12, longest: int = 24) -> np.ndarray:
        """Places of each text's words by sentence.

        Returns
        -------
        numpy.ndarray
            ``(n, lines, longest)`` int64.
        """
        found = np.full((len(texts), lines, longest), PADDING, dtype=np.int64)
        for place, text in enumerate(texts):
            some = [
                [self.places.get(w, UNKNOWN) for w in tokens(s)[:longest]] for s in sentences(text)
            ]
            some = [row for row in some if row][:lines]
            found[place, : len(some)] = _padded(some, longest)
        return found

    def matrix(self, pretrained: WordVectors) -> np.ndarray:
        """The embedding matrix `W_e`.

        Parameters
        ----------
        pretrained : WordVectors

        Returns
        -------
        numpy.ndarray
            ``(len(self), d)`` float32; zeros for padding, the mean of all for
            words that have no vector of their own.
        """
        rows = {word: place for place, word in enumerate(pretrained.words)}
        found = np.tile(pretrained.vectors.mean(0), (len(self), 1)).astype(np.float32)
        found[PADDING] = 0.0
        for word, place in self.places.items():
            if word in rows:
                found[place] = pretrained.vectors[rows[word]]
        return found


def _padded(rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    found = np.full((len(rows), width), PADDING, dtype=np.int64)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row[:width]
    return found


def parts(texts: Sequence[str]) -> tuple[str, str]:
    """The protagonist and the supporting text (JTAV sec. 3.1.1).

    The part with the most words is the protagonist, the others support it.

    Examples
    --------
    >>> parts(["a caption", "a much longer text"])
    ('a much longer text', 'a caption')
    """
    there = [text for text in texts if text and text.strip()]
    if not there:
        return "", ""
    longest = max(range(len(there)), key=lambda i: len(tokens(there[i])))
    return there[longest], " ".join(there[:longest] + there[longest + 1 :])


def read_vectors(path: Path | None = None, words: Iterable[str] | None = None) -> WordVectors:
    """Read pretrained word vectors.

    Parameters
    ----------
    path : pathlib.Path, optional
        ``.vec`` or ``.txt`` (a word and its numbers a line), ``.bin`` (fastText),
        ``.npy`` with the words in a ``.txt`` beside it, one a line, or
        ``.parquet`` (word, vector); the shipped GloVe when not given.
    words : iterable of str, optional
        Only these are read; ``.bin`` makes a vector for each of them.

    Returns
    -------
    WordVectors

    Raises
    ------
    KindredError
        ``no_file``, ``bad_vectors``.
    """
    path = path or SHIPPED
    if not path.is_file():
        raise KindredError("no_file", f"There is no file of word vectors {path}.")
    wanted = None if words is None else dict.fromkeys(words)
    try:
        found = _READERS[path.suffix](path, wanted)
    except KeyError:
        known = ", ".join(_READERS)
        raise KindredError("bad_vectors", f"{path} is none of {known}.") from None
    except (ValueError, OSError) as error:
        raise KindredError("bad_vectors", f"{path} cannot be read: {error}.") from error
    if not found.words or found.vectors.ndim != 2 or len(found.vectors) != len(found.words):
        raise KindredError("bad_vectors", f"{path} holds no vector of the words that are asked.")
    return found


def _read_parquet(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["word", "vector"])
    words = table["word"].to_pylist()
    flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return _some(words, flat.reshape(len(words), -1).astype(np.float32), wanted)


def _read_text(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    words: list[str] = []
    rows: list[np.ndarray] = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            word, _, numbers = line.rstrip().partition(" ")
            if number == 0 and numbers.count(" ") == 0:
                continue  # "how many, how long", as word2vec writes it
            if wanted is None or word in wanted:
                words.append(word)
                rows.append(np.array(numbers.split(" "), dtype=np.float32))
    return WordVectors(tuple(words), np.stack(rows) if rows else np.zeros((0, 0), np.float32))


def _read_numpy(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    words = path.with_suffix(".txt").read_text(encoding="utf-8").split("\n")
    vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    return _some(words[: len(vectors)], vectors, wanted)


def _read_fasttext(path: Path, wanted: dict[str, None] | None) -> WordVectors:
    import fasttext

    model = fasttext.load_model(str(path))
    words = list(wanted) if wanted is not None else model.get_words()
    vectors = np.stack([model.get_word_vector(word) for word in words])
    return WordVectors(tuple(words), vectors.astype(np.float32))


def _some(words: list[str], vectors: np.ndarray, wanted: dict[str, None] | None) -> WordVectors:
    kept = [i for i, word in enumerate(words) if wanted is None or word in wanted]
    return WordVectors(
        tuple(words[i] for i in kept), np.ascontiguousarray(vectors[kept], dtype=np.float32)
    )


_READERS = {
    ".parquet": _read_parquet,
    ".vec": _read_text,
    ".txt": _read_text,
    ".npy": _read_numpy,
    ".bin": _read_fasttext,
}
