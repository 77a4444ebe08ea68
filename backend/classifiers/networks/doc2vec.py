"""doc2vec (Le and Mikolov 2014), a baseline of JTAV's Table 1, by gensim."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.settings import SEED
from backend.text.tokens import tokens


@dataclass(frozen=True, slots=True)
class Doc2VecConfig:
    """Settings of gensim's model.

    Attributes
    ----------
    size : int
    epochs : int
    window : int
    least : int
        Fewest occurrences of a word.
    seed : int
    """

    size: int = 100
    epochs: int = 30
    window: int = 5
    least: int = 2
    seed: int = SEED


class Doc2Vec:
    """Vectors of texts, learnt without labels: PV-DBOW (Le and Mikolov 2014, sec. 2.3).

    Not a `torch.nn.Module`: gensim trains it, on one thread.
    """

    def __init__(self, config: Doc2VecConfig = Doc2VecConfig()) -> None:
        self.config = config
        self._model: Any = None

    def fit(self, texts: Sequence[str]) -> Doc2Vec:
        """Train on texts."""
        from gensim.models.doc2vec import Doc2Vec as Gensim
        from gensim.models.doc2vec import TaggedDocument

        c = self.config
        documents = [TaggedDocument(tokens(text), [i]) for i, text in enumerate(texts)]
        self._model = Gensim(
            documents,
            dm=0,
            vector_size=c.size,
            epochs=c.epochs,
            window=c.window,
            min_count=c.least,
            seed=c.seed,
            workers=1,
            hashfxn=_stable,
        )
        return self

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """Infer vectors ``(n, size)`` float32; equal texts get equal vectors."""
        vectors = np.zeros((len(texts), self.config.size), dtype=np.float32)
        for i, text in enumerate(texts):
            self._model.random.seed(self.config.seed)
            vectors[i] = self._model.infer_vector(tokens(text))
        return vectors


def _stable(text: str) -> int:
    """Return a hash that is the same in every process, which Python's is not."""
    return zlib.crc32(text.encode())
