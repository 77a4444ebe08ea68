"""No turn at an encoder takes long, whatever it is asked to encode."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import pytest

from backend.core.scheduler import turn_seconds
from backend.domain import Content, Modality, Picture, Sound
from backend.encoders.base import Encoder
from backend.encoders.cost import post_seconds, seconds, turns

FRAME = np.zeros((4, 4, 3), np.uint8)
LONG = Sound(np.ones(44_100 * 30, np.float32), 44_100)


class Lengths(Encoder):
    """Encodes a text as its length, and remembers its batches."""

    name, modality, dim, licence = "lengths", Modality.TEXT, 1, "none"

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self.batches: list[int] = []

    def _prepare(self, item: Any) -> Any:
        return item

    def _forward(self, prepared: list[Any]) -> Sequence[np.ndarray]:
        self.batches.append(len(prepared))
        return [np.full(1, len(item), np.float32) for item in prepared]


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_long_texts_take_turns_of_their_own(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.core.scheduler.threads", lambda: cores)
    encoder = Lengths()
    texts = [str(n) * 20_000 for n in range(1, 9)] + ["short"] * 40
    vectors = encoder.encode(texts).vectors
    assert [int(v[0]) for v in vectors if v is not None][-40:] == [5] * 40
    long = [n for n in encoder.batches if n <= cores]
    assert sum(long) >= 8 - cores and max(encoder.batches) <= encoder.batch
    assert len(encoder.batches) <= 8 + 4


def test_a_gpu_has_full_batches() -> None:
    encoder = Lengths("cuda")
    encoder.encode(["x" * 20_000] * 32)
    assert encoder.batches == [16, 16]


def test_costs_grow_with_what_is_encoded() -> None:
    assert seconds("x" * 1_000) > 10 * seconds("x")
    assert seconds("x" * 20_000) == seconds("x" * 2_000)  # no more is read
    assert seconds(Picture((FRAME,) * 8)) == pytest.approx(8 * seconds(Picture((FRAME,))))
    assert seconds(LONG) > 2 * seconds(Sound(LONG.samples[:441], LONG.rate))
    whole = Content(text="x" * 1_000, image=Picture((FRAME,)), audio=LONG)
    assert post_seconds(whole) == pytest.approx(
        sum(map(seconds, (whole.text, whole.image, whole.audio)))
    )
    assert seconds(None) == seconds(7) == 0.0


def test_every_batch_fits_into_a_turn_or_is_one_item() -> None:
    prices = [0.1, 3.0, 0.2, 0.9, 0.9, 0.05, 5.0] * 3
    batches = list(turns(prices, lambda price: price * turn_seconds(), 4))
    assert list(chain(*batches)) == prices
    assert all(len(b) == 1 or (sum(b) <= 1 + 1e-9 and len(b) <= 4) for b in batches)


def test_emoji_cost_what_their_tokens_do() -> None:
    assert seconds("😀" * 100) == seconds("x" * 400)
    assert seconds("😀" * 20_000) == seconds("x" * 20_000) < 1.5
