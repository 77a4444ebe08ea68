"""From a name to other models in use, with checkpoints in a local cache of the hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import encoders
from backend.cli import main
from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Modality, Post
from backend.encoders import hub
from backend.encoders.presets import PRESETS, named
from backend.settings import settings
from backend.workspace.workspace import Workspace

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
NAME = "open_clip:hf-hub:someone/tiny"


def cached_model(cache: Path) -> None:
    """A random model, laid out as the hub's library leaves a download."""
    hub.torchvision_ready()
    import open_clip
    import torch
    from safetensors.torch import save_file

    (cache / "tiny.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(cache / "tiny.json")
    torch.manual_seed(0)
    snapshot = cache / "models--someone--tiny" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    state = {k: v.contiguous() for k, v in open_clip.create_model("tiny").state_dict().items()}
    save_file(state, snapshot / "open_clip_model.safetensors")
    config = {"model_cfg": TINY, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (snapshot / "open_clip_config.json").write_text(json.dumps(config))
    refs = cache / "models--someone--tiny" / "refs"
    refs.mkdir()
    (refs / "main").write_text("0" * 40)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with a small corpus that the default models encoded, and a model in the cache."""
    from huggingface_hub import constants

    home, cache = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINDRED_HOME", str(home))
        patch.setenv("KINDRED_CORPUS", "few")
        patch.setattr(constants, "HF_HUB_CACHE", str(cache))
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        settings.cache_clear()
        cached_model(cache)
        few = Corpus.create(home / "corpora" / "few")
        few.add([Post(id=f"f{i}", text=f"the cat sleeps {i}") for i in range(5)])
        source = home / "posts.jsonl"
        rows = [{"id": f"p{i}", "text": f"a dog runs {i} times", "user": "anna"} for i in range(6)]
        source.write_text("\n".join(map(json.dumps, rows)))
        assert main(["ingest", str(source), "--corpus", "mine", "--quiet"]) == 0
        yield home
    settings.cache_clear()
    encoders.unload()


def test_one_step_and_back(home: Path, quick_fit: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", NAME, "--sample", "200", "--quiet", "--json"]) == 0
    bundle = json.loads(capsys.readouterr().out.splitlines()[-1])["bundle"]
    workspace = Workspace(home)
    assert workspace.bundle.name == bundle
    assert workspace.bundle.config["joint_space"]["aligned"] == {"text": 16, "image": 16}
    assert workspace.bundle_of("few") == bundle
    assert workspace.corpus("few").count_vectors(bundle, Kind.POST) == 5
    # What was imported before is there and found, by the vectors that it has.
    assert workspace.bundle_of("mine") == "commons-1"
    assert workspace.search("dog", [Kind.POST], 3, corpus="mine").hits[Kind.POST]
    assert workspace.overview("mine").encoded_with == "commons-1"
    assert workspace.reindex_jobs.waiting("mine") == 6

    assert main(["reindex", "--corpus", "mine", "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["posts"] == 6
    workspace = Workspace(home)
    assert workspace.bundle_of("mine") == bundle and not workspace.reindex_jobs.waiting("mine")
    assert workspace.search("dog", [Kind.POST], 3, corpus="mine").hits[Kind.POST]

    assert main(["models", "default", "--quiet"]) == 0
    workspace = Workspace(home)
    assert workspace.bundle.name == "commons-1" == workspace.bundle_of("mine")
    assert workspace.search("dog", [Kind.POST], 3, corpus="mine").hits[Kind.POST]
    assert workspace.model_setup.ready(NAME)  # the way back takes a moment


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clap", "requirements-models.txt"),
        ("open_clip:ViT-B-32@laion2b_s34b_b79k", "No connection to the model hub"),
        ("sentence-transformers:x/y", "requirements-models.txt"),
        ("clyp", "clip, siglip2"),
    ],
)
def test_what_cannot_be_had_says_the_true_reason(home: Path, name: str, says: str) -> None:
    from importlib.util import find_spec

    if "requirements" in says and find_spec("transformers"):
        pytest.skip("the packages are here")
    before = Workspace(home).bundle.name
    with pytest.raises(KindredError) as error:
        Workspace(home).model_setup.use(name)
    assert says in error.value.message
    assert Workspace(home).bundle.name == before


def test_architectures_that_need_a_package_say_which() -> None:
    from importlib.util import find_spec

    if find_spec("transformers"):
        pytest.skip("the package is here")
    with pytest.raises(KindredError, match="needs the package transformers") as error:
        encoders.get("open_clip:xlm-roberta-base-ViT-B-32@laion5b_s13b_b90k", modality="text")
    assert error.value.code == "no_library"


def test_presets_name_encoders_of_registered_families() -> None:
    for name, preset in PRESETS.items():
        assert named(name) is preset and preset.megabytes
        for modality, encoder in preset.encoders.items():
            assert encoder.endswith(f":{modality}")
    assert set(named("open_clip:A@b").encoders) == {Modality.TEXT, Modality.IMAGE}
    assert set(named("timm:resnet18").encoders) == {Modality.IMAGE}
