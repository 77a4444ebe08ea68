"""Windows of a sound: how much a prediction falls without each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from backend.affect.explain_image import leave_one_out
from backend.domain import Modality, Sound, Span

if TYPE_CHECKING:
    from backend.affect.audio import AudioHead
    from backend.encoders import Encoder

Drops = Callable[[Modality, np.ndarray], np.ndarray]

SEGMENTS = 8  # silenced one at a time when the encoder has no windows


def spans(sound: Sound, encoder: Encoder, head: AudioHead, drops: Drops) -> tuple[Span, ...]:
    """Weigh the windows of a sound.

    Parameters
    ----------
    sound : Sound
    encoder : Encoder
    head : AudioHead
        Names the windows.
    drops : callable
        Return how much the probability falls for vectors without a part.

    Returns
    -------
    tuple of Span
        In temporal order; windows may overlap.
    """
    parts = encoder.parts(sound)
    if parts is not None and len(parts.vectors) > 1:
        weights = drops(Modality.AUDIO, leave_one_out(parts.vectors))
        return tuple(
            Span(tuple(float(x) for x in where), float(weight), _name(head, vector))
            for where, weight, vector in zip(parts.where, weights, parts.vectors, strict=True)
        )
    if parts is not None:
        where = tuple(float(x) for x in parts.where[0])
        return (Span(where, 0.0, _name(head, parts.vectors[0])),)
    return _silenced(sound, encoder, drops)


def _silenced(sound: Sound, encoder: Encoder, drops: Drops) -> tuple[Span, ...]:
    edges = np.linspace(0, len(sound.samples), SEGMENTS + 1).astype(int)
    changed = []
    for start, end in pairwise(edges):
        samples = sound.samples.copy()
        samples[start:end] = 0.0
        changed.append(Sound(samples, sound.rate, sound.start, sound.duration))
    encoded = encoder.encode(changed)
    usable = [i for i, vector in enumerate(encoded.vectors) if vector is not None]
    if not usable:
        return ()
    weights = drops(Modality.AUDIO, np.stack([v for v in encoded.vectors if v is not None]))
    return tuple(
        Span((edges[i] / sound.rate, edges[i + 1] / sound.rate), float(w))
        for i, w in zip(usable, weights, strict=True)
    )


def _name(head: AudioHead, vector: np.ndarray) -> str:
    top = head.top(vector, 1)
    return top[0][0] if top else ""
