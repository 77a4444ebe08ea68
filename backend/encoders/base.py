"""What an encoder is: one modality in, raw features out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from backend.core.device import parallel_map
from backend.core.scheduler import TURNS
from backend.domain import Modality, Picture, Sound

Progress = Callable[[int, int], None]

# Below -80 dB a sound is the noise of its own recording.
SILENT = 1e-4

_TYPES: dict[Modality, type] = {
    Modality.TEXT: str,
    Modality.IMAGE: Picture,
    Modality.AUDIO: Sound,
}


class Unusable(Exception):
    """An item cannot be encoded; the message says why, to the person who posted it."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A batch of features, in the order of its items.

    Attributes
    ----------
    vectors : list of numpy.ndarray or None
        ``(dim,)`` float32 each; None where the item could not be encoded.
    reasons : list of str or None
        Why a vector is None; None where there is one.
    """

    vectors: list[np.ndarray | None]
    reasons: list[str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The pieces of one item whose mean is the item's vector.

    Attributes
    ----------
    where : list of tuple of float
        Image: left, top, right, bottom as shares of the width and height.
        Audio: first and last second of the excerpt.
    vectors : numpy.ndarray
        ``(parts, dim)`` float32.
    """

    where: list[tuple[float, ...]]
    vectors: np.ndarray


@runtime_checkable
class Classifier(Protocol):
    """An encoder whose vectors also say which of some named classes an item shows."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of `logits`."""

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors ``(n, dim)`` -> scores ``(n, classes)`` before the softmax."""


@runtime_checkable
class Tagger(Protocol):
    """An encoder whose last numbers are probabilities of named tags."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the last ``len(tags)`` numbers of a vector."""


class Encoder(ABC):
    """A frozen pretrained network that turns one modality into vectors.

    The same item gives the same vector whatever the batch it comes in.

    Attributes
    ----------
    name : str
        The registry name, as a bundle writes it down.
    modality : Modality
    dim : int
        Length of a vector.
    licence : str
        Of the weights.
    """

    name: str
    modality: Modality
    dim: int
    licence: str
    batch: ClassVar[int] = 16

    def encode(self, items: Sequence[Any], *, progress: Progress | None = None) -> Encoded:
        """Encode items.

        Parameters
        ----------
        items : sequence of str, Picture or Sound
            As the modality asks.
        progress : callable, optional
            Called with items done and items in all after each batch.

        Returns
        -------
        Encoded
            Raw features, not of unit length unless the network makes them so.
        """
        vectors: list[np.ndarray | None] = []
        reasons: list[str | None] = []
        for start in range(0, len(items), self.batch):
            some = items[start : start + self.batch]
            for vector, reason in TURNS.batched(self, some, self._encoded, self.batch):
                vectors.append(vector)
                reasons.append(reason)
            if progress is not None:
                progress(len(vectors), len(items))
        return Encoded(vectors, reasons)

    def _encoded(self, items: list[Any]) -> list[tuple[np.ndarray | None, str | None]]:
        """A vector, or the reason why there is none, of each item of a batch."""
        ready = parallel_map(self._prepared, items)
        usable = [item for item in ready if not isinstance(item, Unusable)]
        rows = iter(self._forward(usable)) if usable else iter(())
        found: list[tuple[np.ndarray | None, str | None]] = []
        for item in ready:
            if isinstance(item, Unusable):
                found.append((None, str(item)))
                continue
            vector = np.ascontiguousarray(next(rows), dtype=np.float32)
            finite = bool(np.isfinite(vector).all())
            said = None if finite else f"{self.name} gives no finite numbers for it."
            found.append((vector if finite else None, said))
        return found

    def parts(self, item: Any) -> Pieces | None:
        """The pieces of one item and their features.

        Parameters
        ----------
        item : str, Picture or Sound

        Returns
        -------
        Parts or None
            None when the encoder has no such thing or the item no vector.
        """
        return None

    @abstractmethod
    def _prepare(self, item: Any) -> Any:
        """One checked item -> what `_forward` takes; raises Unusable. Runs on any thread."""

    @abstractmethod
    def _forward(self, prepared: list[Any]) -> Sequence[np.ndarray]:
        """Vectors ``(dim,)`` of a non-empty batch."""

    def _prepared(self, item: Any) -> Any:
        try:
            return self._prepare(self._checked(item))
        except Unusable as error:
            return error

    def _checked(self, item: Any) -> Any:
        wanted = _TYPES[self.modality]
        if not isinstance(item, wanted):
            raise Unusable(f"No {self.modality}: {type(item).__name__}, not {wanted.__name__}.")
        if isinstance(item, Picture):
            if not item.frames or any(f.ndim != 3 or 0 in f.shape for f in item.frames):
                raise Unusable("The image has no pixels.")
        elif isinstance(item, Sound):
            if len(item.samples) == 0 or item.rate <= 0:
                raise Unusable("The sound is empty.")
            peak = float(np.abs(item.samples).max())
            if not np.isfinite(peak):
                raise Unusable("The sound holds values that are no numbers.")
            if peak < SILENT:
                raise Unusable("The sound is silent.")
        elif isinstance(item, str) and not item.strip():
            raise Unusable("The text is empty.")
        return item
