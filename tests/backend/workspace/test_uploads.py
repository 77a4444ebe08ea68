"""What one visitor brings is nobody else's, and takes no more room than it may."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.domain import KindredError
from backend.settings import settings
from backend.workspace.uploads import Uploads, key_of


def png_bytes(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "PNG")
    return made.getvalue()


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
    anna, bob = uploads.add(data, "anna's secret").key, uploads.add(data, "bob's secret").key
    assert anna != bob and key_of(data) not in (anna, bob)
    assert uploads.get(anna).image is not None
    with pytest.raises(KindredError):
        uploads.get(key_of(data))  # who has the file cannot tell that others brought it


def test_a_reload_finds_it_again(tmp_path: Path) -> None:
    key = Uploads(tmp_path).add(png_bytes(), "anna").key
    assert Uploads(tmp_path).get(key).image is not None


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Somebody makes room at the moment when a file is found."""

    def utime(path: Path) -> None:
        path.unlink()
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "utime", utime)


def test_what_is_deleted_while_it_is_looked_for_is_not_kept(tmp_path: Path, gone: None) -> None:
    key = Uploads(tmp_path).add(png_bytes(), "anna").key
    with pytest.raises(KindredError) as error:
        Uploads(tmp_path).get(key)
    assert error.value.code == "no_upload"


def test_what_is_deleted_while_it_is_brought_again_is_written_again(
    tmp_path: Path, gone: None
) -> None:
    data = png_bytes()
    key = Uploads(tmp_path).add(data, "anna").key
    assert Uploads(tmp_path).add(data, "anna").image is not None
    assert (tmp_path / key).read_bytes() == data


def test_what_is_deleted_between_two_looks_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = png_bytes()
    key = Uploads(tmp_path).add(data, "anna").key
    real, asked = os.utime, []

    def utime(path: Path) -> None:
        asked.append(path)
        if len(asked) == 2:
            path.unlink()
        real(path)

    monkeypatch.setattr(os, "utime", utime)
    assert Uploads(tmp_path).add(data, "anna").image is not None
    assert len(asked) == 2 and (tmp_path / key).read_bytes() == data


def test_a_demo_writes_nothing_and_forgets_the_oldest(demo: None, tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    keys = [uploads.add(png_bytes(seed), "anna").key for seed in range(4)]
    other = uploads.add(png_bytes(9), "bob").key
    assert not (tmp_path / "uploads").exists()
    assert uploads.get(keys[-1]).image is not None and uploads.get(other).image is not None
    with pytest.raises(KindredError) as error:
        uploads.get(keys[0])
    assert error.value.code == "no_upload"


def test_a_demo_knows_the_shipped_media(demo: None, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(png_bytes())
    uploads = Uploads(tmp_path / "uploads")
    assert uploads.get(uploads.keep(tmp_path / "x.png")).image is not None
