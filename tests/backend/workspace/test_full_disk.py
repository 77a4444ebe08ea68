"""A full disk: a sentence says so, nothing that was there is lost, nothing half-written stays.

A limit of the size of files stands for the disk: the system refuses to write beyond it.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import (
    EMOTIONS,
    Affect,
    Content,
    Kind,
    KindredError,
    Modality,
    Post,
    Prediction,
    Selection,
    Sentiment,
)
from backend.error_analysis.ground_truth import read as read_ground_truth
from backend.error_analysis.prediction_store import PredictionStore
from backend.error_analysis.predictions import ModelPredictions
from backend.error_analysis.relabels import Relabels
from backend.labelling.store import LabelStore
from backend.selections.saved import SavedSelections
from backend.settings import settings
from backend.workspace.add_post import add_post
from backend.workspace.uploads import Uploads
from backend.workspace.workspace import Workspace
from tests.backend.media import samples


@contextmanager
def full_disk(left: int = 0) -> Iterator[None]:
    """Refuse to write files beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def refused() -> pytest.RaisesExc:
    return pytest.raises(KindredError, match=r"disk is full\. Free some space")


def test_saving_a_selection(tmp_path: Path) -> None:
    saved = SavedSelections(tmp_path, "1")
    one = Selection(Kind.POST, ("a",), "drawn", "mine", "one")
    saved.save(one)
    before = files(tmp_path)
    with full_disk(), refused():
        saved.save(Selection(Kind.POST, ("b",), "drawn", "mine", "one"))
    assert files(tmp_path) == before and saved.open("one", "mine") == one


def test_correcting_a_label(tmp_path: Path) -> None:
    """What fits of a line is written, and torn; the next correction begins a new one."""
    overlay = Relabels(tmp_path, "mine", "mood", "1")
    overlay.write("a", "joy", "fear")
    with full_disk(overlay.path.stat().st_size + 20), refused():
        overlay.write("b", "joy", "fear")
    overlay.write("c", "joy", "fear")
    assert {id_: one.label for id_, one in overlay.read().items()} == {"a": "fear", "c": "fear"}


def test_labelling_a_post(tmp_path: Path) -> None:
    """As with corrections: a torn line costs no label that comes after it."""
    labels = LabelStore(tmp_path, "mine", "1")
    labels.write("mood", {"a": "joy"})
    (file,) = labels.folder.glob("*.jsonl")
    with full_disk(file.stat().st_size + 20), refused():
        labels.write("mood", {"b": "joy"})
    labels.write("mood", {"c": "joy"})
    assert labels.read("mood") == {"a": "joy", "c": "joy"}


def test_adding_a_post(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "mine", name="mine")
    corpus.add([Post("a", text="x")])
    affect = Affect(dict.fromkeys(EMOTIONS, 0.1), 0.5, Sentiment(0.5, "neutral"), 0.5)
    prediction = Prediction((Modality.TEXT,), {"text": affect}, "bundle")
    vectors = {Kind.POST: np.ones(4, np.float32) / 2}
    content = Content(text="what a day")
    with full_disk(), refused():
        add_post(corpus, content, prediction, vectors, readings={})
    again = Corpus.open(tmp_path / "mine")
    assert again.info().posts == 1
    post = add_post(again, content, prediction, vectors, readings={})
    assert again.posts([post.id])[post.id].text == "what a day"


def test_uploading(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    with full_disk(), refused():
        uploads.add(samples.image("PNG"), owner="somebody")
    assert files(tmp_path) == set()


def test_the_cache_of_error_analysis_is_not_needed(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "mine", name="mine")
    corpus.add([Post(str(i), text="x", labels={"mood": "ab"[i % 2]}) for i in range(60)])
    ground_truth = read_ground_truth(corpus, "mood")
    even = np.full((len(ground_truth), len(ground_truth.classes)), 0.5)
    made = ModelPredictions(
        "m", ground_truth.classes, even, even.argmax(1), np.ones(len(even), bool), ""
    )
    with full_disk():
        store = PredictionStore(tmp_path / "cache")
        assert store.get(ground_truth, "m", "1", lambda: made) is made
    assert files(tmp_path / "cache") == set()


def test_a_home_that_cannot_be_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the place of the folder: root may write to any folder that there is."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(settings(), "home", tmp_path / "file" / "home")
    with pytest.raises(KindredError) as error:
        Workspace(tmp_path / "file" / "home").corpus()
    assert error.value.code == "not_stored" and "could not be copied" in error.value.message
