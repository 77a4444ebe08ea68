"""The interface of encoders: items of one modality to raw features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from backend.core.progress import Progress
from backend.core.scheduler import ENCODER_SCHEDULER
from backend.core.threads import parallel_map, threads
from backend.domain import Modality, Picture, Sound
from backend.encoders import cost
from backend.text.normalise import normalise

# Below -80 dB a sound is only recording noise.
SILENT = 1e-4

_TYPES: dict[Modality, type] = {Modality.TEXT: str, Modality.IMAGE: Picture, Modality.AUDIO: Sound}


class Unusable(Exception):
    """An item cannot be encoded; the message tells the user why."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A batch of features, in the order of its items.

    Attributes
    ----------
    vectors : list of numpy.ndarray or None
        ``(dim,)`` float32 each; None where the item could not be encoded.
    reasons : list of str or None
        Why a vector is None; None otherwise.
    """

    vectors: list[np.ndarray | None]
    reasons: list[str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The pieces of one item whose mean is the item's vector.

    Attributes
    ----------
    where : list of tuple of float
        Image: left, top, right, bottom as fractions of width and height.
        Audio: first and last second of the excerpt.
    vectors : numpy.ndarray
        ``(parts, dim)`` float32.
    """

    where: list[tuple[float, ...]]
    vectors: np.ndarray


@runtime_checkable
class Classifier(Protocol):
    """An encoder whose vectors also classify items."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of `logits`."""

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Return logits ``(n, classes)`` of vectors ``(n, dim)``."""


@runtime_checkable
class Tagger(Protocol):
    """An encoder whose vectors end with the probabilities of named tags."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags, in the order of their probabilities."""


class Encoder(ABC):
    """A frozen pretrained network that turns one modality into vectors.

    An item gives the same vector in every batch. Texts are read as
    `backend.text.normalise.normalise` returns them.

    Attributes
    ----------
    name : str
        Registry name, as in bundles.
    modality : Modality
    dim : int
        Length of a vector.
    licence : str
        Of the weights.
    cores : int
        That one item uses on a CPU.
    """

    name: str
    modality: Modality
    dim: int
    licence: str
    batch: ClassVar[int] = 16
    cores: ClassVar[int] = 1

    def encode(self, items: Sequence[Any], *, progress: Progress | None = None) -> Encoded:
        """Encode items.

        Parameters
        ----------
        items : sequence of str, Picture or Sound
            Of the type of the modality.
        progress : callable, optional
            Called with items done and total items after each batch.

        Returns
        -------
        Encoded
            Raw features, of unit length only if the network normalises them.
        """
        vectors: list[np.ndarray | None] = []
        reasons: list[str | None] = []
        for batch in self._batches(items):
            for vector, reason in self._encode_batch(batch):
                vectors.append(vector)
                reasons.append(reason)
            if progress is not None:
                progress(len(vectors), len(items))
        return Encoded(vectors, reasons)

    def _batches(self, items: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Cut items into batches, each of which takes about as long as the others."""
        return cost.turns(items, self._seconds, self.batch)

    def _seconds(self, item: Any) -> float:
        """Return the estimated cost of an item on the CPU; on a GPU only the number counts."""
        return cost.seconds(item) if getattr(self, "_device", "cpu") == "cpu" else 0.0

    def _encode_batch(self, items: Sequence[Any]) -> Sequence[tuple[np.ndarray | None, str | None]]:
        seconds = sum(map(self._seconds, items))
        cores = self.cores if getattr(self, "_device", "cpu") == "cpu" else threads()
        return ENCODER_SCHEDULER.batched(self, items, self._encoded, self.batch, seconds, cores)

    def _encoded(self, items: list[Any]) -> list[tuple[np.ndarray | None, str | None]]:
        """Return a vector, or the reason why there is none, for each item of a batch."""
        prepared = parallel_map(self._prepared, items)
        usable = [item for item in prepared if not isinstance(item, Unusable)]
        rows = iter(self._forward(usable)) if usable else iter(())
        results: list[tuple[np.ndarray | None, str | None]] = []
        for item in prepared:
            if isinstance(item, Unusable):
                results.append((None, str(item)))
                continue
            vector = np.ascontiguousarray(next(rows), dtype=np.float32)
            finite = bool(np.isfinite(vector).all())
            reason = None if finite else f"{self.name} returned numbers that are not finite."
            results.append((vector if finite else None, reason))
        return results

    def parts(self, item: Any) -> Pieces | None:
        """Return the pieces of one item and their features.

        Parameters
        ----------
        item : str, Picture or Sound

        Returns
        -------
        Pieces or None
            None if the encoder has no pieces or the item no vector.
        """
        return None

    @abstractmethod
    def _prepare(self, item: Any) -> Any:
        """Prepare a checked item for `_forward`; raises Unusable. Runs on any thread."""

    @abstractmethod
    def _forward(self, prepared: list[Any]) -> Sequence[np.ndarray]:
        """Return vectors ``(dim,)`` of a non-empty batch."""

    def _prepared(self, item: Any) -> Any:
        try:
            return self._prepare(self._checked(item))
        except Unusable as error:
            return error

    def _checked(self, item: Any) -> Any:
        expected = _TYPES[self.modality]
        if not isinstance(item, expected):
            raise Unusable(
                f"Expected {expected.__name__} for {self.modality}, got {type(item).__name__}."
            )
        if isinstance(item, Picture):
            if not item.frames or any(f.ndim != 3 or 0 in f.shape for f in item.frames):
                raise Unusable("The image has no pixels.")
        elif isinstance(item, Sound):
            if len(item.samples) == 0 or item.rate <= 0:
                raise Unusable("The sound is empty.")
            peak = float(np.abs(item.samples).max())
            if not np.isfinite(peak):
                raise Unusable("The sound has values that are not numbers.")
            if peak < SILENT:
                raise Unusable("The sound is silent.")
        elif isinstance(item, str):
            text = normalise(item)
            if not text:
                raise Unusable("The text is empty.")
            return text
        return item
