"""Which bundle is used, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.bundles.active import fitted_name
from backend.domain import Modality

CLAP = "clap:laion/clap-htsat-unfused"
ENCODERS = {
    Modality.TEXT: f"{CLAP}:text",
    Modality.IMAGE: "efficientnet-lite0",
    Modality.AUDIO: f"{CLAP}:audio",
}


@pytest.mark.parametrize(
    ("encoder", "name"),
    [
        (f"{CLAP}:text", "clap-htsat-unfused"),
        ("open_clip:ViT-B-16-SigLIP2@webli:text", "vit-b-16-siglip2"),
        ("open_clip:hf-hub:someone/tiny:text", "tiny"),
        ("open_clip:ViT-B-32@/models/vit_b_32.safetensors:text", "vit-b-32"),
        ("sentence-transformers:/models/my model/", "my-model"),
        ("multilingual-e5-small", "fitted"),
    ],
)
def test_a_bundle_is_named_by_its_models(tmp_path: Path, encoder: str, name: str) -> None:
    found = fitted_name(tmp_path, ENCODERS | {Modality.TEXT: encoder, Modality.AUDIO: "musicnn"})
    before, _, digest = found.rpartition("-")
    assert (before, len(digest)) == (name, 10)


def test_one_that_was_fitted_under_the_older_name_keeps_it(tmp_path: Path) -> None:
    name = fitted_name(tmp_path, ENCODERS)
    older = f"fitted-{name[-10:]}"
    (tmp_path / "bundles" / older).mkdir(parents=True)
    assert fitted_name(tmp_path, ENCODERS) == older
