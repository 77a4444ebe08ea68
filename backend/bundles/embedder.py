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

from backend.bundles.bundle import Bundle
from backend.core.scheduler import TURNS
from backend.domain import Content, Kind, Modality
from backend.joint_space.numpy_model import NumpyJointSpace
from backend.settings import settings

if TYPE_CHECKING:
    from backend.encoders import Encoder
    from backend.joint_space.model import JointSpace

Progress = Callable[[int, int], None]
Found = dict[Modality, tuple[np.ndarray | None, str]]  # a vector, or why there is none
FEW = 8  # posts; more are sooner done a modality at a time, and nobody waits for all of them


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
    def space(self) -> JointSpace | NumpyJointSpace:
        """The bundle's joint space; without torch where the encoders run elsewhere."""
        tensors, config = self.bundle.tensors("joint_space"), self.bundle.config["joint_space"]
        if settings().backend:
            return NumpyJointSpace(tensors, config)
        from backend.joint_space import model

        return model.load(tensors, config)

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
        found: list[Found] = [{} for _ in contents]
        kinds = [m for m in Modality if any(m in content.modalities for content in contents)]
        total = sum(len(content.modalities) for content in contents)
        done = 0
        if len(kinds) > 1 and len(contents) <= FEW and self._may_share():
            self._side_by_side(kinds, contents, found)
            if progress is not None:
                progress(total, total)
        else:
            for modality in kinds:

                def report(n: int, _all: int, before: int = done) -> None:
                    if progress is not None:
                        progress(before + n, total)

                done += self._encode(modality, contents, found, report)
        return [
            Features(
                {m: v for m in Modality if (v := each.get(m, (None, ""))[0]) is not None},
                {m: reason for m, (vector, reason) in each.items() if vector is None},
            )
            for each in found
        ]

    def _encode(
        self,
        modality: Modality,
        contents: Sequence[Content],
        found: Sequence[Found],
        progress: Progress | None = None,
    ) -> int:
        """Encode one modality of the posts that have it; how many they are."""
        rows = [i for i, content in enumerate(contents) if modality in content.modalities]
        items = [getattr(contents[i], modality.value) for i in rows]
        encoded = self.encoder(modality).encode(items, progress=progress)
        for i, vector, reason in zip(rows, encoded.vectors, encoded.reasons, strict=True):
            found[i][modality] = vector, reason or f"The {modality} could not be encoded."
        return len(rows)

    def _may_share(self) -> bool:
        """Whether encoders may run at the same time: a GPU is no faster for it."""
        from backend.core.device import resolve

        return not settings().backend and resolve(self.device).name == "cpu"

    def _side_by_side(
        self, kinds: Sequence[Modality], contents: Sequence[Content], found: Sequence[Found]
    ) -> None:
        """Encode modalities at the same time: while one ends, the others have its core."""
        for modality in kinds:
            self.encoder(modality)  # nobody waits for a turn that only loads weights
        for _ in kinds[1:]:
            TURNS.count()  # it is one turn, and counts as what it stands for
        with TURNS.turn(), ThreadPoolExecutor(len(kinds), thread_name_prefix="modality") as pool:
            begun = [
                pool.submit(copy_context().run, self._encode, modality, contents, found)
                for modality in kinds
            ]
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
        alike: dict[tuple[Kind, ...], list[dict[Kind, np.ndarray]]] = {}
        for vectors in placed:
            if vectors:
                alike.setdefault(tuple(vectors), []).append(vectors)
        for kinds, some in alike.items():
            parts = {Modality(kind.value): np.stack([one[kind] for one in some]) for kind in kinds}
            for one, vector in zip(some, self.space.posts(parts), strict=True):
                one[Kind.POST] = vector
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
