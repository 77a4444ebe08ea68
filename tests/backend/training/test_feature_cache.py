"""Features are kept by content and by the weights that made them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.domain import Modality
from backend.encoders.base import Encoder
from backend.training.feature_cache import FeatureCache


class Lengths(Encoder):
    """A text is as long as it is, by a scale that its file holds."""

    modality, dim, licence = Modality.TEXT, 1, "none"

    def __init__(self, name: str, scale: float) -> None:
        self.name, self.scale, self.asked = name, scale, 0

    def _prepare(self, item: Any) -> Any:
        return item

    def _forward(self, batch: Sequence[Any]) -> np.ndarray:
        self.asked += len(batch)
        return np.array([[self.scale * len(item)] for item in batch], dtype=np.float32)


def test_no_item_is_encoded_twice(tmp_path: Path) -> None:
    encoder = Lengths("lengths", 1.0)
    cache = FeatureCache(tmp_path / "features.sqlite")
    first = cache.texts(encoder, ["a", "bbb", "a"])
    assert first.tolist() == [[1.0], [3.0], [1.0]] and encoder.asked == 2
    again = FeatureCache(tmp_path / "features.sqlite").texts(encoder, ["bbb", "a", "cc"])
    assert again.tolist() == [[3.0], [1.0], [2.0]] and encoder.asked == 3
    assert cache.texts(encoder, []).shape == (0, 1)


def test_what_is_missing_is_known_before(tmp_path: Path) -> None:
    encoder = Lengths("lengths", 1.0)
    cache = FeatureCache(tmp_path / "features.sqlite")
    cache.texts(encoder, ["a", "bbb"])
    many = [str(n) for n in range(200)]
    assert cache.missing(encoder, ["cc", "a", *many, "cc"]) == ["cc", *many]
    assert cache.missing(Lengths("another", 1.0), ["a"]) == ["a"]
    assert cache.missing(encoder, []) == []


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("open_clip:tiny@{0}/weights.pt:text", "weights.pt"),
        ("sentence-transformers:{0}/model", "model/model.safetensors"),
        ("clap:{0}/model:text", "model/model.safetensors"),
    ],
)
def test_other_weights_in_the_same_place_are_another_encoder(
    tmp_path: Path, name: str, file: str
) -> None:
    weights, name = tmp_path / file, name.format(tmp_path)
    weights.parent.mkdir(exist_ok=True)
    weights.write_bytes(b"one")
    cache = FeatureCache(tmp_path / "features.sqlite")
    assert cache.texts(Lengths(name, 1.0), ["abc"]).item() == 3.0
    assert cache.texts(Lengths(name, 9.0), ["abc"]).item() == 3.0  # nothing changed: kept
    weights.write_bytes(b"two")
    os.utime(weights, ns=(1, 1))
    assert cache.texts(Lengths(name, 9.0), ["abc"]).item() == 27.0
