"""One damaged thing does not take the others along, and can be set aside."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Post, Selection
from backend.selections.saved import SavedSelections
from backend.settings import ASSETS, SHIPPED_CORPORA
from backend.workspace.corpora import openable
from backend.workspace.set_aside import FOLDER
from backend.workspace.workspace import Workspace

SHIPPED = ASSETS / "bundles" / "commons-1"


def test_a_damaged_corpus_is_named_left_out_and_set_aside(tmp_path: Path) -> None:
    for name in ("bad", "fine"):
        Corpus.create(tmp_path / "corpora" / name, name=name).add([Post("a", text="x")])
    for file in (tmp_path / "corpora" / "bad").glob("head.lance/_versions/*"):
        file.write_bytes(file.read_bytes()[:9])
    workspace = Workspace(tmp_path)
    cards = {card.name: card for card in workspace.corpus_admin.cards()}
    assert "move it away" in cards["bad"].problem
    assert cards["fine"].posts == 1 and not cards["fine"].problem
    assert [corpus.name for corpus in openable(workspace)] == [*SHIPPED_CORPORA, "fine"]
    for name in ("..", *SHIPPED_CORPORA, "nothing"):
        with pytest.raises(KindredError):
            workspace.set_aside.corpus(name)
    workspace.set_aside.corpus("bad")
    assert workspace.corpora() == [*SHIPPED_CORPORA, "fine"]
    (kept,) = (tmp_path / FOLDER).iterdir()
    assert kept.name.startswith("corpus-") and (kept / "head.lance").is_dir()


def test_damaged_selections_are_set_aside(tmp_path: Path) -> None:
    Corpus.create(tmp_path / "corpora" / "mine", name="mine").add([Post("a", text="x")])
    selections = Workspace(tmp_path).selections
    for name in ("one", "two"):
        selections.save(Selection(Kind.POST, ("a",), "drawn", "mine"), name)
    saved = SavedSelections(tmp_path / "selections")
    file = next(f for f in saved.folder_of("mine").glob("one*"))
    file.write_bytes(file.read_bytes()[:20])
    workspace = Workspace(tmp_path)
    assert workspace.selections.names("mine") == ["two"]
    assert workspace.selections.damaged("mine") == [file]
    workspace.set_aside.selections("mine")
    assert workspace.selections.damaged("mine") == []
    assert [kept.name.startswith("selection-") for kept in (tmp_path / FOLDER).iterdir()] == [True]


def flip(name: str) -> Callable[[Path], None]:
    """Change one byte of a file."""

    def change(bundle: Path) -> None:
        data = bytearray((bundle / name).read_bytes())
        data[len(data) // 2] ^= 1
        (bundle / name).write_bytes(data)

    return change


def rewritten(stem: str, change: Callable[[dict[str, np.ndarray]], None]) -> Callable[[Path], None]:
    """Change weights, and the checksum with them."""

    def write(bundle: Path) -> None:
        file = bundle / f"{stem}.safetensors"
        tensors = dict(load_file(file))
        change(tensors)
        file.write_bytes(save(tensors))
        raw = json.loads((bundle / "bundle.json").read_text())
        raw["files"][file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
        (bundle / "bundle.json").write_text(json.dumps(raw))

    return write


def described(text: str) -> Callable[[Path], None]:
    """Replace the description."""
    return lambda bundle: (bundle / "bundle.json").write_text(text) and None


def nan(tensors: dict[str, np.ndarray]) -> None:
    tensors["mean_image"] = np.full_like(tensors["mean_image"], np.nan)


def short(tensors: dict[str, np.ndarray]) -> None:
    tensors["mean_text"] = tensors["mean_text"][:-1].copy()


def gone(tensors: dict[str, np.ndarray]) -> None:
    del tensors["scale_audio"]


DAMAGE = {
    "a byte of the card": flip("model_card.md"),
    "a byte of the weights": flip("affect.safetensors"),
    "no numbers": rewritten("joint_space", nan),
    "another shape": rewritten("joint_space", short),
    "a part is gone": rewritten("joint_space", gone),
    "a list": described("[]"),
    "no files": described('{"format": 1, "name": "own"}'),
    "no JSON": described("{"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_pages_fall_back_where_the_active_bundle_is_damaged(how: str, tmp_path: Path) -> None:
    own = tmp_path / "bundles" / "own"
    shutil.copytree(SHIPPED, own)
    (tmp_path / "active-bundle").write_text("own")
    assert Workspace(tmp_path).bundle.path == own
    DAMAGE[how](own)
    workspace = Workspace(tmp_path)
    with pytest.raises(KindredError) as error:
        _ = workspace.bundle  # the command line says so and does nothing with other models
    assert error.value.code in ("damaged", "bundle_format")
    workspace.falls_back = True
    assert workspace.bundle.path == SHIPPED and workspace.bundle_problem == error.value.message
    with pytest.raises(KindredError):
        workspace.training.activate_bundle("own")
    workspace.set_aside.bundle()
    assert workspace.bundle.path == SHIPPED and not workspace.bundle_problem
    assert not own.exists() and not (tmp_path / "active-bundle").exists()
    assert [kept.name[:6] for kept in (tmp_path / FOLDER).iterdir()] == ["bundle"]
    with pytest.raises(KindredError):
        workspace.set_aside.bundle()
