from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from backend.domain import Modality, Picture, Sound
from backend.encoders.base import Encoder


class Lengths(Encoder):
    """A tiny encoder: a text's length."""

    name, modality, dim, licence = "lengths", Modality.TEXT, 1, "-"
    batch: ClassVar[int] = 2

    def _prepare(self, item: str) -> int:
        return len(item)

    def _forward(self, prepared: list[int]) -> Sequence[np.ndarray]:
        return [np.array([np.nan if n == 13 else n]) for n in prepared]


class Sounds(Lengths):
    modality = Modality.AUDIO

    def _prepare(self, item: Sound) -> int:  # type: ignore[override]
        return len(item.samples)


class Pictures(Lengths):
    modality = Modality.IMAGE

    def _prepare(self, item: Picture) -> int:  # type: ignore[override]
        return len(item.frames)


def test_texts_are_read_normalised() -> None:
    texts = ["sunset", "@anna sunset https://t.co/x (1/3)", "suuuunset", "\u200b", "&shy;"]
    encoded = Lengths().encode(texts)
    assert [None if v is None else int(v[0]) for v in encoded.vectors] == [6, 6, 6, None, None]
    assert encoded.reasons[-1] == "The text is empty."


def test_order_reasons_and_progress() -> None:
    seen: list[tuple[int, int]] = []
    items = ["a", "", "bb", None, 7, "cde", "abcdefghijklm"]
    encoded = Lengths().encode(items, progress=lambda *n: seen.append(n))
    found = [None if v is None else v.tolist() for v in encoded.vectors]
    assert found == [[1], None, [2], None, None, [3], None]
    assert [bool(r) for r in encoded.reasons] == [v is None for v in found]
    assert "finite" in str(encoded.reasons[-1])
    assert all(v is None or v.dtype == np.float32 for v in encoded.vectors)
    assert seen == [(2, 7), (4, 7), (6, 7), (7, 7)]
    assert Lengths().encode([]).vectors == []


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(0, np.float32), "empty"),
        (np.zeros(100, np.float32), "silent"),
        (np.full(100, 5e-5, np.float32), "silent"),
        (np.array([0.1, np.nan], np.float32), "not numbers"),
    ],
)
def test_unusable_sounds(samples: np.ndarray, why: str) -> None:
    encoded = Sounds().encode([Sound(samples, 16_000)])
    assert encoded.vectors == [None]
    assert why in str(encoded.reasons[0])


def test_unusable_pictures() -> None:
    flat = np.zeros((4, 4), np.uint8)
    empty = np.zeros((0, 4, 3), np.uint8)
    encoded = Pictures().encode([Picture(()), Picture((flat,)), Picture((empty,))])
    assert encoded.vectors == [None] * 3
