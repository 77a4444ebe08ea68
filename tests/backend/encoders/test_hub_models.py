"""Encoders of the libraries of the model hub, on small random models in a local cache of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend import encoders
from backend.domain import KindredError, Modality, Picture, Sound
from tests.backend.encoders import hub_models

pytest.importorskip("transformers", reason="requirements-models.txt is not installed")

NOISE = np.random.default_rng(0).normal(size=44_100 * 15).astype(np.float32) / 10
ITEMS = {
    Modality.TEXT: ["a cat sleeps", "the dog runs in rain", "a " * 200, "a " * 300],
    Modality.IMAGE: [Picture((np.full((40, 60, 3), n, dtype=np.uint8),)) for n in (0, 90, 180)],
    Modality.AUDIO: [Sound(NOISE[: 44_100 * n], rate=44_100, duration=n) for n in (2, 9, 15)],
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from huggingface_hub import constants

    path = tmp_path_factory.mktemp("hub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_CACHE", str(path))
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        hub_models.save_siglip(path, "x/siglip")
        hub_models.save_multilingual_clip(path, "x/multilingual")
        hub_models.save_clap(path, "x/clap")
        yield path
    encoders.unload()


@pytest.fixture(scope="module")
def sentences(cache: Path) -> str:
    reason = "sentence-transformers of requirements-models.txt is not installed"
    pytest.importorskip("sentence_transformers", reason=reason)
    hub_models.save_sentences(cache, "x/sentences")
    return "sentence-transformers:x/sentences"


def check(name: str, modality: Modality, dim: int) -> None:
    """An item has the same vector in every batch, and other items have others."""
    encoder = encoders.get(name, device="cpu")
    assert (encoder.name, encoder.modality, encoder.dim) == (name, modality, dim)
    together = encoder.encode(ITEMS[modality])
    assert together.reasons == [None] * len(ITEMS[modality])
    for item, vector in zip(ITEMS[modality], together.vectors, strict=True):
        assert vector is not None and vector.shape == (dim,)
        np.testing.assert_array_equal(vector, encoder.encode([item]).vectors[0])
    assert not np.allclose(together.vectors[0], together.vectors[1], atol=1e-4)  # type: ignore[arg-type]
    if modality is Modality.TEXT:
        np.testing.assert_array_equal(*together.vectors[2:])  # cut at the context
        assert encoder.encode([""]).vectors == [None]


@pytest.mark.parametrize("model", ["siglip", "multilingual"])
def test_towers_of_open_clip_whose_texts_are_of_the_hub(cache: Path, model: str) -> None:
    for modality in (Modality.TEXT, Modality.IMAGE):
        check(f"open_clip:hf-hub:x/{model}:{modality}", modality, 16)


def test_towers_of_clap(cache: Path) -> None:
    for modality in (Modality.TEXT, Modality.AUDIO):
        check(f"clap:x/clap:{modality}", modality, 16)
    audio = encoders.get("clap:x/clap", modality="audio", device="cpu")
    assert audio.name == "clap:x/clap:audio"
    middle = Sound(NOISE[44_100 * 5 // 2 : -44_100 * 5 // 2], rate=44_100, duration=10.0)
    long, cut = audio.encode([ITEMS[Modality.AUDIO][-1], middle]).vectors
    np.testing.assert_allclose(long, cut, atol=1e-2)  # type: ignore[arg-type]


def test_sentences_have_the_prompt_and_pooling_of_their_authors(sentences: str) -> None:
    check(sentences, Modality.TEXT, 32)
    from sentence_transformers import SentenceTransformer

    bare = SentenceTransformer("x/sentences", device="cpu")
    (vector,) = encoders.get(sentences, device="cpu").encode(["cat"]).vectors
    np.testing.assert_array_equal(vector, bare.encode("the cat", prompt=""))


def test_a_folder_is_a_model_too(cache: Path, sentences: str, tmp_path: Path) -> None:
    for name in ("x/sentences", "x/clap"):
        found = next((cache / f"models--{name.replace('/', '--')}" / "snapshots").iterdir())
        shutil.copytree(found, tmp_path / name)
    check(f"sentence-transformers:{tmp_path}/x/sentences", Modality.TEXT, 32)
    check(f"clap:{tmp_path}/x/clap:audio", Modality.AUDIO, 16)


@pytest.mark.parametrize("family", ["sentence-transformers", "clap"])
def test_what_is_not_there_says_so(sentences: str, family: str) -> None:
    with pytest.raises(KindredError, match="Give a local file as") as error:
        encoders.get(f"{family}:x/missing", modality="text", device="cpu")
    assert error.value.code == "no_weights"


def test_a_pickle_is_not_opened(cache: Path, sentences: str, tmp_path: Path) -> None:
    """Weights of torch are pickles: only safetensors are read."""
    import torch

    for name in ("x/sentences", "x/clap"):
        found = next((cache / f"models--{name.replace('/', '--')}" / "snapshots").iterdir())
        shutil.copytree(found, tmp_path / name)
        for weights in (tmp_path / name).rglob("*.safetensors"):
            torch.save({"weight": torch.zeros(1)}, weights.with_name("pytorch_model.bin"))
            weights.unlink()
    for name in (f"sentence-transformers:{tmp_path}/x/sentences", f"clap:{tmp_path}/x/clap"):
        with pytest.raises(KindredError) as error:
            encoders.get(name, modality="text", device="cpu")
        assert error.value.code in ("no_weights", "bad_weights")
