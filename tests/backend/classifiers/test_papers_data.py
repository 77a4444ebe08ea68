"""The papers' own data: ShutterSong, fine-tuned backbones, and what is made of each post."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.classifiers import (
    audio_inputs,
    image_song_pairs,
    shuttersong,
)
from backend.classifiers.context import Context
from backend.classifiers.dataset import FOLDS, Fold, LabelledDataset
from backend.classifiers.finetune import pixels, trunk
from backend.classifiers.image_systems import backbone_system
from backend.classifiers.label_columns import labelled_info
from backend.classifiers.multimodal import FusionSystem, fuse
from backend.classifiers.tasks import FusionTask
from backend.classifiers.unimodal import REGISTRY, learn
from backend.cli import main
from backend.domain import KindredError, Modality
from backend.encoders import hub
from backend.training.feature_cache import FeatureCache
from tests.backend.classifiers.songs import PARTS
from tests.backend.classifiers.songs import shuttersong as made

ENCODERS = {
    Modality.TEXT: "multilingual-e5-small",
    Modality.IMAGE: "efficientnet-lite0",
    Modality.AUDIO: "aisfx+musicnn",
}
TINY = "test_resnet"  # timm's own network for tests


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("shuttersong"))


@pytest.fixture(scope="module")
def posts(folder: Path) -> LabelledDataset:
    return shuttersong.read(folder)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with random weights, saved to a file."""
    hub.torchvision_ready()
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    save_file(timm.create_model(TINY, pretrained=False).state_dict(), path)
    return path


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest network there is in the place of VGG-19."""
    monkeypatch.setitem(REGISTRY, "F-VGG", backbone_system("F-VGG", TINY))


def test_shuttersong_is_read_with_its_moods(posts: LabelledDataset) -> None:
    assert (len(posts), posts.classes) == (40, ("negative", "positive"))
    assert posts.present.all() and posts.labels.tolist() == [1, 0] * 20
    assert "tonight" in posts.texts[0] and "lovely" in posts.supports[0]
    # Songs are held out: the same lyrics are never on both sides.
    assert len(set(posts.groups)) == 20
    for run in range(FOLDS):
        fold = posts.fold(run)
        assert not set(posts.groups[fold.train_rows]) & set(posts.groups[fold.test_rows])
    info = labelled_info(posts, "mood")
    assert info.learnt == 40 and not info.problem and len(info.modalities) == 3


def test_songs_that_go_with_images(folder: Path) -> None:
    found = image_song_pairs.shutter(folder, 5)
    assert len(found.images) == 40 and set(found.folds) == set(range(5))
    assert len(set(found.songs)) == 20 and found.tested.all()
    assert found.captions[0].startswith("what a lovely") and "dance" in found.lyrics[0]


def test_a_folder_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\nhello\n")
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(KindredError) as error:
            shuttersong.read(path)
        assert error.value.code == "not_shuttersong"
    for part in PARTS:
        (tmp_path / "no moods" / part).mkdir(parents=True)
        (tmp_path / "no moods" / part / "1.txt").write_text("x")
    with pytest.raises(KindredError):
        shuttersong.read(tmp_path / "no moods")


def test_a_backbone_is_fine_tuned_from_a_file(
    posts: LabelledDataset, weights: Path, tiny: None, tmp_path: Path
) -> None:
    cache = FeatureCache(tmp_path / "features.sqlite")
    context = Context(
        ENCODERS, cache, tmp_path / "run", "cpu", weights={"F-VGG": weights}, epochs=1
    )
    mute = replace(posts, images=[None, *posts.images[1:]])
    vectors, module = learn("F-VGG", mute.fold(0), context)
    assert module is not None and np.isnan(vectors[0]).all() and np.isfinite(vectors[1:]).all()
    again, _ = learn("F-VGG", mute.fold(0), context)  # its checkpoint is read
    assert np.array_equal(vectors, again, equal_nan=True)


def test_weights_that_do_not_fit_are_told(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(KindredError) as error:
        trunk("test_vit", weights)
    assert error.value.code == "bad_weights"
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(KindredError) as error:
        trunk(TINY, tmp_path / "broken.safetensors")
    assert error.value.code == "bad_weights"


def test_pixels_are_squeezed_into_a_square(posts: LabelledDataset) -> None:
    found = pixels([posts.images[0], None, posts.images[0]], 32)
    assert found.shape == (3, 3, 32, 32) and found.dtype == np.uint8
    assert found[0].any() and not found[1].any() and np.array_equal(found[0], found[2])


@pytest.mark.parametrize("system", ["MFCC", "DCRNN-CQT"])
def test_sounds_become_what_the_networks_read(
    posts: LabelledDataset, system: str, tmp_path: Path
) -> None:
    cache = FeatureCache(tmp_path / "features.sqlite")
    told: list[tuple[Modality, int, int]] = []
    context = Context(
        ENCODERS, cache, device="cpu", epochs=1, on_encoding=lambda *now: told.append(now)
    )
    vectors, module = learn(system, posts.fold(0), context)
    assert vectors.shape[0] == 40 and np.isfinite(vectors).all()
    assert (module is None) == (system == "MFCC")
    assert told[-1] == (Modality.AUDIO, 2, 2)  # two different sounds
    assert audio_inputs.audio_input(audio_inputs.MEL).dim == np.prod(audio_inputs.SHAPE)


def test_train_on_the_papers_data(
    folder: Path, weights: Path, tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path), "--quiet", "--runs", "1", "--epochs", "1"]
    models = ["--models", "n-grams", "MFCC", "CMF-AP"]
    backbone = ["--backbone", f"F-VGG={weights}"]
    status = main(["train", "--data", str(folder), *models, *backbone, *home])
    said = capsys.readouterr().out
    assert status == 0
    for model in ("n-grams", "MFCC", "CMF-AP", "F-VGG"):
        assert f"| ShutterSong moods | {model} | 0." in said or f"| {model} | 1." in said
    assert "F1, audio+text" in said and "songs held out" in said
    assert main(["train", "--data", str(tmp_path), *home]) == 1
    assert main(["train", "--data", str(folder), "--backbone", "F-VGG=/nothing", *home]) == 1


def test_every_table_of_the_paper_runs_on_its_data(
    folder: Path,
    weights: Path,
    tiny: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from backend.classifiers import multimodal
    from backend.evaluation import emotion_fusion, jtav_image2song, jtav_sentiment

    for module in (jtav_sentiment, emotion_fusion):
        real = module.context_of
        monkeypatch.setattr(module, "context_of", lambda some, of=real: replace(of(some), epochs=1))
    for module in (multimodal, jtav_image2song):
        monkeypatch.setattr(module, "CONFIG", replace(module.CONFIG, epochs=1))
    tables = ["emotion-fusion", "jtav-sentiment", "jtav-image2song"]
    data = ["--data", str(folder), "--runs", "1", "--home", str(tmp_path), "--quiet"]
    status = main(["evaluate", *tables, *data, "--weights", f"F-VGG={weights}"])
    said = capsys.readouterr().out
    assert status == 0
    for task, system in (
        ("ShutterSong moods, text: n-grams", "CommonSpaceFusion"),
        ("ShutterSong moods, text: text encoder", "CMF-AP, small steps"),
        ("ShutterSong moods", "image: F-VGG"),
        ("ShutterSong moods", "text+image+audio: CMF-AP"),
        ("ShutterSong, 4 candidates", "JTAV"),
    ):
        assert f"| {task} | {system} | " in said, system
    assert main(["evaluate", *tables, *data, "--weights", "F-VGG"]) == 1
    assert "F-VGG=FILE" in capsys.readouterr().err


def test_a_fine_tuned_backbone_is_fused(
    folder: Path, weights: Path, tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend import evaluation
    from backend.evaluation import jtav_sentiment

    cache = FeatureCache(tmp_path / "features.sqlite")
    real = jtav_sentiment.context_of
    fused: list[np.ndarray | None] = []
    monkeypatch.setattr(
        jtav_sentiment, "context_of", lambda some: replace(real(some), cache=cache, epochs=1)
    )
    learnt: dict[str, np.ndarray] = {}

    def learning(system: str, fold: Fold, context: Context) -> tuple[np.ndarray, object]:
        vectors, module = learn(system, fold, context)
        learnt[system] = vectors
        return vectors, module

    def fusing(system: FusionSystem, vectors: dict[str, np.ndarray], fold: Fold) -> FusionTask:
        fused.append(vectors.get("image"))
        return fuse(system, vectors, fold)

    monkeypatch.setattr(jtav_sentiment, "learn", learning)
    monkeypatch.setattr(jtav_sentiment, "fuse", fusing)
    options = evaluation.Options(
        runs=1, data=folder, backbones=("F-VGG",), weights={"F-VGG": weights}
    )
    found = evaluation.run("jtav-sentiment", encoders=ENCODERS, options=options)
    assert {"image: F-VGG", "image: F-Lite0"} <= {f.system for f in found.measurements}
    seen = [image for image in fused if image is not None]
    assert seen and all(image is learnt["F-VGG"] for image in seen)


def test_the_papers_tables_on_the_papers_data(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend import evaluation
    from backend.evaluation import jtav_image2song

    cache = FeatureCache(tmp_path / "features.sqlite")
    monkeypatch.setattr(jtav_image2song, "FeatureCache", lambda: cache)
    monkeypatch.setattr(jtav_image2song, "CONFIG", replace(jtav_image2song.CONFIG, epochs=2))
    options = evaluation.Options(runs=1, data=folder)
    found = evaluation.run("jtav-image2song", encoders=ENCODERS, options=options)
    assert {f.system for f in found.measurements} >= {"I+L", "I+C+S", "JTAV"}
    assert not any(f.metric == "R@50" for f in found.measurements)  # too few songs
    monkeypatch.setattr(jtav_image2song, "CANDIDATES", 2)
    both = evaluation.run("jtav-image2song", encoders=ENCODERS, options=options).measurements
    few, every = ({f.task for f in both if f.metric == m} for m in ("R@1", "R@50"))
    assert few == {"ShutterSong, 2 candidates"} and len(few | every) == 2
    assert {f.value for f in both if f.metric == "R@50"} == {1.0}  # fewer songs than that
    for table in ("user-space", "sentiment"):
        with pytest.raises(KindredError) as error:
            evaluation.run(table, encoders=ENCODERS, options=options)
        assert error.value.code == "no_options"
    own = evaluation.Options(corpus=tmp_path)
    with pytest.raises(KindredError) as error:
        evaluation.run("jtav-sentiment", encoders=ENCODERS, options=own)
    assert error.value.code == "no_options"
