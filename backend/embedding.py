"""From content to vectors: encoders first, then the joint space.

The only place where a bundle's encoders and its joint space meet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from backend.bundle import Bundle
from backend.models.light_space import LightSpace
from backend.posts import Content, Kind, Modality
from backend.settings import settings
from backend.turns import TURNS

if TYPE_CHECKING:
    from backend.encoders import Encoder
    from backend.models.joint_space import JointSpace

Progress = Callable[[int, int], None]
FEW = 64  # posts that one turn at the encoders may take


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What the encoders made of one post.

    Attributes
    ----------
    vectors : mapping of Modality to numpy.ndarray
        ``(dim,)`` float32, as the encoder gives it.
    reasons : mapping of Modality to str
        Why a modality that is there has no vector.
    """

    vectors: Mapping[Modality, np.ndarray]
    reasons: Mapping[Modality, str] = field(default_factory=dict)


class Embedder:
    """A bundle's encoders and joint space, loaded when first needed.

    Parameters
    ----------
    bundle : Bundle
    device : str
        As in the settings; ``auto`` takes a GPU when there is one.
    """

    def __init__(self, bundle: Bundle, device: str = "auto") -> None:
        self.bundle = bundle
        self.device = device
        self._lock = threading.Lock()
        self._encoders: dict[Modality, Encoder] = {}

    def encoder(self, modality: Modality) -> Encoder:
        """The encoder of one modality."""
        from backend import encoders

        with self._lock:
            if modality not in self._encoders:
                self._encoders[modality] = encoders.get(
                    self.bundle.encoders[modality], modality=modality, device=self.device
                )
            return self._encoders[modality]

    @cached_property
    def space(self) -> JointSpace | LightSpace:
        """The bundle's joint space; without torch where the encoders run elsewhere."""
        tensors, config = self.bundle.tensors("joint_space"), self.bundle.config["joint_space"]
        if settings().backend:
            return LightSpace(tensors, config)
        from backend.models import joint_space

        return joint_space.load(tensors, config)

    def features(
        self, contents: Sequence[Content], *, progress: Progress | None = None
    ) -> list[Features]:
        """Encode every modality of every post; of few posts, the modalities side by side.

        Parameters
        ----------
        contents : sequence of Content
        progress : callable, optional
            Called with items done and items in all.

        Returns
        -------
        list of Features
            In the order of `contents`.
        """
        vectors: list[dict[Modality, np.ndarray]] = [{} for _ in contents]
        reasons: list[dict[Modality, str]] = [{} for _ in contents]
        rows = {m: [i for i, c in enumerate(contents) if m in c.modalities] for m in Modality}
        rows = {modality: some for modality, some in rows.items() if some}
        total = sum(map(len, rows.values()))
        done: dict[Modality, int] = {}

        def encode(modality: Modality) -> None:
            def report(n: int, _all: int) -> None:
                done[modality] = n
                if progress is not None:
                    progress(sum(done.values()), total)

            items = [getattr(contents[i], modality.value) for i in rows[modality]]
            encoded = self.encoder(modality).encode(items, progress=report)
            for i, vector, reason in zip(
                rows[modality], encoded.vectors, encoded.reasons, strict=True
            ):
                if vector is None:
                    reasons[i][modality] = reason or f"The {modality} could not be encoded."
                else:
                    vectors[i][modality] = vector

        if len(rows) > 1 and len(contents) <= FEW and not settings().backend:
            self._side_by_side(encode, list(rows))
        else:
            for modality in rows:
                encode(modality)
        return [
            Features({m: v[m] for m in Modality if m in v}, r)
            for v, r in zip(vectors, reasons, strict=True)
        ]

    def _side_by_side(self, encode: Callable[[Modality], None], kinds: list[Modality]) -> None:
        """Encode modalities at the same time: while one ends, the others have its core."""
        for modality in kinds:
            self.encoder(modality)  # nobody waits for a turn that only loads weights
        with TURNS.turn(), ThreadPoolExecutor(len(kinds), thread_name_prefix="modality") as pool:
            begun = [pool.submit(copy_context().run, encode, modality) for modality in kinds]
            for one in begun:
                one.result()

    def joint(self, features: Sequence[Features]) -> list[dict[Kind, np.ndarray]]:
        """Place posts and each of their modalities in the joint space.

        Parameters
        ----------
        features : sequence of Features

        Returns
        -------
        list of dict of Kind to numpy.ndarray
            ``(dim,)`` float32 of unit length for each modality with a vector,
            and one for the post when there is any.
        """
        placed: list[dict[Kind, np.ndarray]] = [{} for _ in features]
        for modality in Modality:
            rows = [i for i, feature in enumerate(features) if modality in feature.vectors]
            if rows:
                raw = np.stack([features[i].vectors[modality] for i in rows])
                for i, vector in zip(rows, self.space.project(modality, raw), strict=True):
                    placed[i][Kind(modality.value)] = vector
        for vectors in placed:
            if vectors:
                parts = {Modality(kind.value): vector[None] for kind, vector in vectors.items()}
                vectors[Kind.POST] = self.space.posts(parts)[0]
        return placed

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Joint vectors of plain texts or words.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        numpy.ndarray
            ``(n, dim)`` float32, unit length; zeros for a text without content.
        """
        placed = self.joint(self.features([Content(text=text) for text in texts]))
        empty = np.zeros(self.space.dim, dtype=np.float32)
        return np.stack([vectors.get(Kind.TEXT, empty) for vectors in placed])
