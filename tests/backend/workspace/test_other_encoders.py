"""A model that nobody has heard of, named in the settings, runs pages and command line alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import encoders
from backend.cli import main
from backend.corpus import Corpus
from backend.domain import Modality
from backend.encoders import hub
from backend.settings import ASSETS, ROOT, settings
from tests.waiting import PATIENCE

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
POSTS = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace whose settings name a random open_clip model, with a corpus of a few posts."""
    hub.torchvision_ready()
    import open_clip
    import torch

    home = tmp_path_factory.mktemp("other")
    (home / "tiny.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(home / "tiny.json")
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny").state_dict(), home / "tiny.pt")
    name = f"open_clip:{home}/tiny.json@{home}/tiny.pt"

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINDRED_HOME", str(home))
        patch.setenv("KINDRED_CORPUS", "few")
        patch.setenv("KINDRED_TEXT_ENCODER", f"{name}:text")
        patch.setenv("KINDRED_IMAGE_ENCODER", f"{name}:image")
        patch.setenv("KINDRED_AUDIO_ENCODER", "musicnn")
        settings.cache_clear()
        st.cache_resource.clear()  # the pages' workspace of other tests
        _few_posts(home)
        yield home
    settings.cache_clear()
    st.cache_resource.clear()
    encoders.unload()


def _few_posts(home: Path) -> None:
    shipped = Corpus.import_shipped(ASSETS / "corpus", home / "corpora" / "commons")
    table = shipped.table(["id", "image", "audio", "source"]).sort_by("id").to_pylist()
    sounding = [row["id"] for row in table if row["audio"] and row["image"]][: POSTS // 6]
    ids = sounding + [row["id"] for row in table if row["source"] == "openclipart"][: POSTS - 10]
    few = Corpus.create(home / "corpora" / "few")
    posts = list(shipped.posts(ids).values())
    for post in posts:
        for modality in (Modality.IMAGE, Modality.AUDIO):
            if relative := getattr(post, modality):
                few.new_media(relative).write_bytes(shipped.media_of(post, modality).read_bytes())
    few.add(posts)


def test_without_a_bundle_the_message_says_what_to_do(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "--text", "dog"]) == 1
    assert "python -m backend fit" in capsys.readouterr().err


def test_fit_then_command_line_and_pages(
    home: Path, quick_fit: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "--sample", "400", "--quiet", "--json"]) == 0
    bundle = json.loads(capsys.readouterr().out)["bundle"]

    image = next((home / "corpora" / "few" / "media").rglob("*.webp"))
    lines = [{"id": 1, "text": "a dog in the rain", "image": str(image)}, {"id": 2, "text": "hi"}]
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert main(["analyse", str(tmp_path / "posts.jsonl"), "--quiet"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [a["bundle"] for a in answers] == [bundle, bundle]
    assert set(answers[0]["subsets"]) == {"text", "image", "image+text"}

    assert main(["search", "--image", str(image), "--target", "post", "-k", "3", "--json"]) == 0
    hits = json.loads(capsys.readouterr().out)
    assert len(hits) == 3

    for page, params in (
        ("overview", {}),
        ("analyse", {"text": "a dog in the rain"}),
        ("search", {"q": '"dog" - cat'}),
    ):
        at = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=PATIENCE).run()
        for key, value in params.items():
            at.query_params[key] = value
        at.switch_page(f"views/{page}.py").run()
        assert not at.exception, at.exception
        assert not at.error, [e.value for e in at.error]


def test_a_name_that_cannot_be_had_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KINDRED_IMAGE_ENCODER", "open_clip:ViT-B-32@laion2b_s34b_b79k:image")
    settings.cache_clear()
    assert main(["fit", "--sample", "400", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "file" in said and "open_clip:" in said
    settings.cache_clear()
