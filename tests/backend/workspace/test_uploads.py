"""What one visitor brings is nobody else's, and takes no more room than it may."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.api.decoding import to_terms
from backend.api.schemas import TermIn
from backend.cli import main
from backend.domain import Kind, KindredError
from backend.settings import settings
from backend.workspace.uploads import Uploads, key_of
from backend.workspace.workspace import Workspace


def png_bytes(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "PNG")
    return made.getvalue()


def guesses(data: bytes) -> list[str]:
    """Keys that somebody who has a file, but no visitor's secret, can compute."""
    plain = hashlib.sha256(data).hexdigest()[:40]
    return [plain, key_of(data, owner="")]


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("KINDRED_DEMO", "true")
    monkeypatch.setenv("KINDRED_LIMIT_SESSION_BYTES", "30000")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_the_same_file_has_another_key_for_everyone(tmp_path: Path) -> None:
    uploads, data = Uploads(tmp_path), png_bytes()
    anna = uploads.add(data, owner="anna's secret").key
    bob = uploads.add(data, owner="bob's secret").key
    assert anna != bob and not {anna, bob} & set(guesses(data))
    assert uploads.get(anna).image is not None
    for guess in guesses(data):
        with pytest.raises(KindredError):
            uploads.get(guess)  # who has the file cannot tell that others brought it


def test_every_upload_has_an_owner(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="secret"):
        Uploads(tmp_path).add(png_bytes(), owner="")
    assert not list(tmp_path.iterdir())


def test_nobody_can_guess_the_key_of_a_file_that_came_over_http(workspace: Workspace) -> None:
    data = png_bytes(100)
    term = TermIn(kind=Kind.IMAGE, value=base64.b64encode(data).decode())
    assert workspace.upload(to_terms(workspace, [term])[0].value).image is not None
    for guess in guesses(data):
        with pytest.raises(KindredError, match="no longer stored"):
            workspace.search(f"image:{guess}", [Kind.IMAGE])


def test_nobody_can_guess_the_key_of_a_file_of_the_command_line(
    workspace: Workspace, tmp_path: Path
) -> None:
    data = png_bytes(101)
    (tmp_path / "x.png").write_bytes(data)
    query = ["--image", str(tmp_path / "x.png"), "--target", "image", "-k", "1"]
    assert main(["search", "--home", str(workspace.home), *query]) == 0
    for guess in guesses(data):
        with pytest.raises(KindredError, match="no longer stored"):
            workspace.search(f"image:{guess}", [Kind.IMAGE])


def test_a_reload_finds_it_again(tmp_path: Path) -> None:
    key = Uploads(tmp_path).add(png_bytes(), owner="anna").key
    assert Uploads(tmp_path).get(key).image is not None


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Somebody makes room at the moment when a file is found."""

    def utime(path: Path) -> None:
        path.unlink()
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "utime", utime)


def test_what_is_deleted_while_it_is_looked_for_is_not_kept(tmp_path: Path, gone: None) -> None:
    key = Uploads(tmp_path).add(png_bytes(), owner="anna").key
    with pytest.raises(KindredError) as error:
        Uploads(tmp_path).get(key)
    assert error.value.code == "no_upload"


def test_what_is_deleted_while_it_is_brought_again_is_written_again(
    tmp_path: Path, gone: None
) -> None:
    data = png_bytes()
    key = Uploads(tmp_path).add(data, owner="anna").key
    assert Uploads(tmp_path).add(data, owner="anna").image is not None
    assert (tmp_path / key).read_bytes() == data


def test_what_is_deleted_between_two_looks_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = png_bytes()
    key = Uploads(tmp_path).add(data, owner="anna").key
    real, asked = os.utime, []

    def utime(path: Path) -> None:
        asked.append(path)
        if len(asked) == 2:
            path.unlink()
        real(path)

    monkeypatch.setattr(os, "utime", utime)
    assert Uploads(tmp_path).add(data, owner="anna").image is not None
    assert len(asked) == 2 and (tmp_path / key).read_bytes() == data


def test_a_demo_writes_nothing_and_forgets_the_oldest(demo: None, tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    keys = [uploads.add(png_bytes(seed), owner="anna").key for seed in range(4)]
    other = uploads.add(png_bytes(9), owner="bob").key
    assert not (tmp_path / "uploads").exists()
    assert uploads.get(keys[-1]).image is not None and uploads.get(other).image is not None
    with pytest.raises(KindredError) as error:
        uploads.get(keys[0])
    assert error.value.code == "no_upload"


def test_a_demo_knows_the_shipped_media(demo: None, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(png_bytes())
    uploads = Uploads(tmp_path / "uploads")
    assert uploads.get(uploads.keep(tmp_path / "x.png")).image is not None


def test_the_examples_lie_there_and_the_clip_can_be_played(workspace: Workspace) -> None:
    found = {example.title: example for example in workspace.examples()}
    assert {"A meme", "A voice note", "A clip"} <= set(found)
    for example in found.values():
        content = workspace.content(example.text, example.image_key, example.audio_key)
        assert content.modalities
    clip = found["A clip"].image_key
    data, media_type = workspace.uploads.video(clip)
    assert media_type == "video/webm" and data.startswith(b"\x1a\x45\xdf\xa3")
    upload = workspace.upload(clip)
    assert len(upload.image.frames) == 8 and 7 < upload.audio.seconds < 10
    assert workspace.uploads.video(found["A meme"].image_key) is None
