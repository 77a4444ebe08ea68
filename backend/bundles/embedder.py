"""Encode posts with the encoders of a bundle, then map them into its joint space."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from backend.bundles.bundle import Bundle
from backend.core.lru import LRU
from backend.core.progress import Progress
from backend.core.scheduler import ENCODER_SCHEDULER
from backend.core.shared_property import shared_property
from backend.domain import Content, Kind, Modality
from backend.encoders.cost import post_seconds, turns
from backend.joint_space.numpy_model import NumpyJointSpace
from backend.settings import settings
from backend.text.reading import Reading, part_of_words

if TYPE_CHECKING:
    from backend.encoders import Encoder
    from backend.recognition import Recognizer

EncodedModalities = dict[Modality, tuple[np.ndarray | None, str]]  # vector, or reason for None
# Weight of an image that is all text, and of a sound of nothing but a voice, next to their words.
LEFT = {Modality.IMAGE: 0.5, Modality.AUDIO: 0.1}
# Larger batches encode one modality after another, which is faster.
MAX_CONCURRENT_POSTS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Encoder features of one post.

    Attributes
    ----------
    vectors : mapping of Modality to numpy.ndarray
        ``(dim,)`` float32, as returned by the encoder.
    reasons : mapping of Modality to str
        Why a present modality has no vector.
    readings : mapping of Modality to Reading
        What is written in the image and said in the sound, where they were read.
    words : mapping of Modality to numpy.ndarray
        Vector of the text encoder for each reading that has text.
    """

    vectors: Mapping[Modality, np.ndarray]
    reasons: Mapping[Modality, str] = field(default_factory=dict)
    readings: Mapping[Modality, Reading] = field(default_factory=dict)
    words: Mapping[Modality, np.ndarray] = field(default_factory=dict)


class Embedder:
    """A bundle's encoders and joint space, loaded when first needed.

    Parameters
    ----------
    bundle : Bundle
    device : str
        As in the settings; ``auto`` uses a GPU if there is one.
    """

    def __init__(self, bundle: Bundle, device: str = "auto") -> None:
        self.bundle = bundle
        self.device = device
        self._encoders: LRU[Modality, Encoder] = LRU()

    def encoder(self, modality: Modality) -> Encoder:
        """Return the encoder of one modality."""
        from backend import encoders

        name = self.bundle.encoders[modality]
        return self._encoders.get_or_make(
            modality, lambda: encoders.get(name, modality=modality, device=self.device)
        )

    @shared_property
    def space(self) -> NumpyJointSpace:
        """The bundle's joint space."""
        return NumpyJointSpace(
            self.bundle.tensors("joint_space"), self.bundle.config["joint_space"]
        )

    @shared_property
    def recognizer(self) -> Recognizer:
        """Reads pictures and sounds; its networks are loaded when first needed."""
        from backend.recognition import Recognizer

        return Recognizer(self.device)

    def features(
        self,
        contents: Sequence[Content],
        *,
        read: Collection[Modality] = (),
        readings: Sequence[Mapping[Modality, Reading]] | None = None,
        progress: Progress | None = None,
    ) -> list[Features]:
        """Encode every modality of every post; for few posts, the modalities concurrently.

        Parameters
        ----------
        contents : sequence of Content
        read : collection of Modality
            Of image and audio: the modalities whose words are read, and encoded, too.
        readings : sequence of mapping, optional
            What was read before; nothing is read again.
        progress : callable, optional
            Called with items done and total items.

        Returns
        -------
        list of Features
            In the order of `contents`.
        """
        if readings is None and read:
            readings = self.recognizer.read(contents, read)
        encoded: list[EncodedModalities] = [{} for _ in contents]
        modalities = [m for m in Modality if any(m in content.modalities for content in contents)]
        total = sum(len(content.modalities) for content in contents)
        done = 0
        if (
            len(modalities) > 1
            and len(contents) <= MAX_CONCURRENT_POSTS
            and self._can_run_concurrently()
        ):
            for turn in turns(range(len(contents)), lambda i: post_seconds(contents[i]), total):
                posts = [contents[i] for i in turn]
                self._encode_concurrently(modalities, posts, [encoded[i] for i in turn])
                done += sum(len(content.modalities) for content in posts)
                if progress is not None:
                    progress(done, total)
        else:
            for modality in modalities:

                def report(n: int, _all: int, before: int = done) -> None:
                    if progress is not None:
                        progress(before + n, total)

                done += self._encode(modality, contents, encoded, report)
        read_before = readings or [{} for _ in contents]
        return [
            Features(
                {m: v for m in Modality if (v := each.get(m, (None, ""))[0]) is not None},
                {m: reason for m, (vector, reason) in each.items() if vector is None},
                found,
                words,
            )
            for each, found, words in zip(
                encoded, read_before, self._words(read_before), strict=True
            )
        ]

    def _words(
        self, readings: Sequence[Mapping[Modality, Reading]]
    ) -> list[dict[Modality, np.ndarray]]:
        """Encode the texts that were read."""
        places = [(i, m) for i, found in enumerate(readings) for m in found if found[m].text]
        words: list[dict[Modality, np.ndarray]] = [{} for _ in readings]
        if places:
            batch = self.encoder(Modality.TEXT).encode([readings[i][m].as_typed for i, m in places])
            for (i, modality), vector in zip(places, batch.vectors, strict=True):
                if vector is not None:
                    words[i][modality] = vector
        return words

    def _encode(
        self,
        modality: Modality,
        contents: Sequence[Content],
        encoded: Sequence[EncodedModalities],
        progress: Progress | None = None,
    ) -> int:
        """Encode one modality of the posts that have it; return their number."""
        rows = [i for i, content in enumerate(contents) if modality in content.modalities]
        items = [getattr(contents[i], modality.value) for i in rows]
        batch = self.encoder(modality).encode(items, progress=progress)
        for i, vector, reason in zip(rows, batch.vectors, batch.reasons, strict=True):
            encoded[i][modality] = vector, reason or f"The {modality} could not be encoded."
        return len(rows)

    def _can_run_concurrently(self) -> bool:
        """Whether encoders may run concurrently: on a GPU it is no faster."""
        from backend.core.device import resolve

        return not settings().encoder_server and resolve(self.device).name == "cpu"

    def _encode_concurrently(
        self,
        modalities: Sequence[Modality],
        contents: Sequence[Content],
        encoded: Sequence[EncodedModalities],
    ) -> None:
        """Encode modalities concurrently: when one ends, the others use its core."""
        modalities = [m for m in modalities if any(m in content.modalities for content in contents)]
        for modality in modalities:
            self.encoder(modality)  # load weights before taking a turn
        for _ in modalities[1:]:
            ENCODER_SCHEDULER.count()  # one turn, but counted once for each modality
        with (
            ENCODER_SCHEDULER.turn(sum(map(post_seconds, contents))),
            ThreadPoolExecutor(len(modalities), thread_name_prefix="modality") as pool,
        ):
            futures = [
                pool.submit(copy_context().run, self._encode, modality, contents, encoded)
                for modality in modalities
            ]
            for future in futures:
                future.result()

    def joint(self, features: Sequence[Features]) -> list[dict[Kind, np.ndarray]]:
        """Map posts and each of their modalities into the joint space.

        Returns
        -------
        list of dict of Kind to numpy.ndarray
            ``(dim,)`` float32 of unit length for each modality with a vector,
            and one for the post if there is any.
        """
        joint_vectors: list[dict[Kind, np.ndarray]] = [{} for _ in features]
        for modality in Modality:
            rows = [i for i, feature in enumerate(features) if modality in feature.vectors]
            if rows:
                raw = np.stack([features[i].vectors[modality] for i in rows])
                for i, vector in zip(rows, self.space.project(modality, raw), strict=True):
                    joint_vectors[i][Kind(modality.value)] = vector
            self._add_words(modality, features, joint_vectors)
        by_kinds: dict[tuple[Kind, ...], list[dict[Kind, np.ndarray]]] = {}
        for vectors in joint_vectors:
            if vectors:
                by_kinds.setdefault(tuple(vectors), []).append(vectors)
        for kinds, posts in by_kinds.items():
            parts = {
                Modality(kind.value): np.stack([post_vectors[kind] for post_vectors in posts])
                for kind in kinds
            }
            for post_vectors, vector in zip(posts, self.space.posts(parts), strict=True):
                post_vectors[Kind.POST] = vector
        return joint_vectors

    def _add_words(
        self,
        modality: Modality,
        features: Sequence[Features],
        joint_vectors: Sequence[dict[Kind, np.ndarray]],
    ) -> None:
        """Move images towards what is written in them, and sounds towards what is said.

        Such an image has the vector of a post of this image and this text. The confidence of
        the reading weighs the text; the more of the image is text, the less the rest weighs.
        """
        kind = Kind(modality.value)
        rows = [i for i, f in enumerate(features) if modality in f.words and modality in f.vectors]
        if not rows:
            return
        raw = np.stack([features[i].words[modality] for i in rows])
        readings = [features[i].readings[modality] for i in rows]
        trust = np.array([[reading.confidence] for reading in readings])
        words = np.array([[part_of_words(reading, modality)] for reading in readings])
        rest = 1.0 - (1.0 - LEFT[modality]) * words
        parts = {
            modality: (np.stack([joint_vectors[i][kind] for i in rows]) * rest).astype(np.float32),
            Modality.TEXT: (self.space.project(Modality.TEXT, raw) * trust).astype(np.float32),
        }
        for i, vector in zip(rows, self.space.posts(parts), strict=True):
            joint_vectors[i][kind] = vector

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return joint vectors of plain texts or words.

        Returns
        -------
        numpy.ndarray
            ``(n, dim)`` float32, unit length; zeros for a text without content.
        """
        joint_vectors = self.joint(self.features([Content(text=text) for text in texts]))
        matrix = np.zeros((len(texts), self.space.dim), dtype=np.float32)
        for row, vectors in zip(matrix, joint_vectors, strict=True):
            row[:] = vectors.get(Kind.TEXT, 0.0)
        return matrix
