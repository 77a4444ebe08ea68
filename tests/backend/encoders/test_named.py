"""Encoders from open_clip and timm, on small random weights saved to files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from backend import encoders
from backend.domain import KindredError, Modality, Picture
from backend.encoders import clip, hub

ARCH = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
PICTURES = [
    Picture((np.random.default_rng(i).integers(0, 256, (40 + i, 60, 3), dtype=np.uint8),))
    for i in range(3)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hub.torchvision_ready()
    import open_clip
    import timm

    path = tmp_path_factory.mktemp("named")
    (path / "tiny.json").write_text(json.dumps(ARCH))
    open_clip.add_model_config(path / "tiny.json")
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny").state_dict(), path / "tiny.pt")
    state = timm.create_model("resnet10t", num_classes=7).state_dict()
    save_file(state, path / "backbone.safetensors")
    return path


def test_both_towers_of_an_open_clip_file(folder: Path) -> None:
    name = f"open_clip:{folder}/tiny.json@{folder}/tiny.pt"
    image = encoders.get(name, modality="image", device="cpu")
    text = encoders.get(f"{name}:text", device="cpu")
    assert (image.name, image.modality, image.dim) == (f"{name}:image", Modality.IMAGE, 16)
    assert (text.modality, text.dim) == (Modality.TEXT, 16)
    together = image.encode(PICTURES).vectors
    for item, vector in zip(PICTURES, together, strict=True):
        assert np.array_equal(vector, image.encode([item]).vectors[0])
    film = Picture((PICTURES[0].frames[0], PICTURES[1].frames[0]))
    mean = (together[0] + together[1]) / 2  # type: ignore[operator]
    np.testing.assert_allclose(image.encode([film]).vectors[0], mean, atol=1e-6)
    a, empty, long, longer = text.encode(["a cat", "", "cat " * 90, "cat " * 99]).vectors
    assert a is not None
    assert empty is None
    assert np.array_equal(long, longer)  # cut at 77 tokens
    assert not np.array_equal(a, long)
    assert image.parts(PICTURES[0]) is None


def test_a_timm_file(folder: Path) -> None:
    name = f"timm:resnet10t@{folder}/backbone.safetensors"
    backbone = encoders.get(name, device="cpu")
    assert (backbone.name, backbone.dim) == (name, 512)
    vectors = backbone.encode(PICTURES).vectors
    assert np.array_equal(vectors[1], backbone.encode(PICTURES[1:2]).vectors[0])
    assert backbone.parts(PICTURES[0]) is None


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("open_clip:ViT-B-32@laion2b_s34b_b79k", "unknown_encoder", "Name the tower"),
        ("open_clip:ViT-B-32:image", "unknown_encoder", "names no weights"),
        ("open_clip:ViT-B-23@openai:text", "unknown_encoder", "ViT-B-32"),
        ("open_clip:ViT-B-32@laion:image", "no_weights", "laion2b_s34b_b79k"),
        ("open_clip:ViT-B-32@/no/file.pt:image", "no_weights", "no weights file"),
        ("open_clip:/no/arch.json@/no/file.pt:image", "unknown_encoder", "no model configuration"),
        ("open_clip:tiny@{folder}/backbone.safetensors:image", "bad_weights", "does not fit"),
        ("timm:resnet19", "unknown_encoder", "no model"),
        ("timm:resnet10t@/no/file.pt", "no_weights", "no weights file"),
        ("timm:resnet10t@here", "no_weights", "no weights file"),
        ("timm:resnet10t@{folder}/tiny.pt", "bad_weights", "does not fit"),
    ],
)
def test_errors_say_what_to_do(folder: Path, name: str, code: str, says: str) -> None:
    with pytest.raises(KindredError, match=says) as error:
        encoders.get(name.format(folder=folder), device="cpu")
    assert error.value.code == code


def test_a_pickle_is_not_opened(folder: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(folder / "opened"),))  # type: ignore[return-value]

    torch.save({"weight": Evil()}, folder / "evil.pt")
    for name in ("timm:resnet10t", "open_clip:tiny"):
        with pytest.raises(KindredError) as error:
            encoders.get(f"{name}@{folder}/evil.pt", modality="image", device="cpu")
        assert error.value.code == "bad_weights"
    assert not (folder / "opened").exists()


@pytest.mark.parametrize("name", ["timm:resnet10t.c3_in1k", "open_clip:RN50@yfcc15m:image"])
def test_without_a_hub_the_error_names_the_file_form(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.torchvision_ready()
    import huggingface_hub
    import open_clip.pretrained
    import timm.models._hub

    def offline(*_: object, **__: object) -> None:
        raise ConnectionError("Name or service not known")

    for place, function in (
        (timm.models._hub, "hf_hub_download"),
        (open_clip.pretrained, "hf_hub_download"),
        (huggingface_hub, "hf_hub_download"),
    ):
        monkeypatch.setattr(place, function, offline)
    monkeypatch.setattr(open_clip.pretrained, "download_pretrained_from_url", offline)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(KindredError, match="Give a local file as") as error:
        encoders.get(name, device="cpu")
    assert error.value.code == "no_weights"


def test_canonical_names() -> None:
    assert clip.parse("open_clip:A@b", Modality.TEXT).canonical == "open_clip:A@b:text"
    name = "open_clip:hf-hub:org/name:image"
    assert clip.parse(name).canonical == name
    with pytest.raises(KindredError, match="tower"):
        clip.parse("open_clip:A@b:text", Modality.IMAGE)


def test_an_absent_hub_is_asked_once_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import constants

    asked: list[str] = []

    class Session:
        def head(self, url: str, **_: object) -> None:
            asked.append(url)
            raise ConnectionError

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "get_session", Session)
    seen = hub.load("x", lambda: constants.HF_HUB_OFFLINE, file=None, instead="y")
    assert seen is True
    assert constants.HF_HUB_OFFLINE is False
    assert asked == [constants.ENDPOINT]


def test_a_network_that_fails_is_named(folder: Path, tmp_path: Path) -> None:
    """Its configuration may load and not run: as here, for pictures of another size."""
    import open_clip

    config = {**ARCH, "vision_cfg": {"timm_model_name": "vit_tiny_patch16_224", "image_size": 32}}
    file = tmp_path / "unfit.json"
    file.write_text(json.dumps(config))
    open_clip.add_model_config(file)
    save_file(open_clip.create_model("unfit").state_dict(), tmp_path / "unfit.safetensors")
    with pytest.raises(KindredError, match="found but does not work: Input height") as error:
        encoders.get(f"open_clip:{file}@{tmp_path}/unfit.safetensors:image", device="cpu")
    assert error.value.code == "bad_weights"
