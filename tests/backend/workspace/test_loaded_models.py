"""Who works with a bundle goes on with it when another one is activated meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from backend.bundles.active import choose_bundle
from backend.bundles.writing import write_bundle
from backend.domain import Content, Kind
from backend.workspace import batch
from backend.workspace.import_models import BundleModels
from backend.workspace.workspace import Workspace
from tests.waiting import until

POSTS = [Content(text=text) for text in ("I am so happy today", "We waited for the lifeboat")]


@pytest.fixture
def two(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with the shipped bundle, and with one that mirrors its joint space."""
    workspace.corpus()  # else there is nothing to link to
    (tmp_path / "corpora").symlink_to(workspace.home / "corpora")
    bundle = workspace.bundle
    tensors = {stem: bundle.tensors(stem) for stem in bundle.stems}
    tensors["joint_space"] = {key: -value for key, value in tensors["joint_space"].items()}
    write_bundle(
        tmp_path / "bundles" / "mirrored",
        name="mirrored",
        encoders=bundle.encoders,
        tensors=tensors,
        config=bundle.config,
        metrics=bundle.metrics,
        card=bundle.card,
    )
    return Workspace(tmp_path)


def activate(ws: Workspace, name: str | None) -> None:
    choose_bundle(ws.home, name)
    ws.reload()


def test_an_import_stores_the_vectors_of_the_bundle_that_it_names(two: Workspace) -> None:
    models = BundleModels(two)
    (before, _), finish = models.encode(POSTS), models.start_encoding(POSTS)
    words, word_vectors = models.word_vectors(["lighthouse", "zyxxqhouse"])
    sums = np.ones((1, word_vectors.shape[1]), np.float32)
    users = models.user_vectors(sums)
    activate(two, "mirrored")
    other = BundleModels(two)
    assert (models.bundle, other.bundle) == ("commons-1", "mirrored")
    changed = other.encode(POSTS)[0].vectors[Kind.POST]
    assert abs(float(changed @ before.vectors[Kind.POST])) < 0.99  # the bundles do differ
    for after in (models.encode(POSTS)[0], finish()[0]):
        np.testing.assert_array_equal(after.vectors[Kind.POST], before.vectors[Kind.POST])
    again = dict(zip(*models.word_vectors(["lighthouse", "zyxxqhouse"]), strict=True))
    np.testing.assert_array_equal(word_vectors, [again[word] for word in words])
    np.testing.assert_array_equal(users, models.user_vectors(sums))


def test_a_file_is_embedded_with_one_bundle(two: Workspace, tmp_path: Path) -> None:
    """Half of the posts after somebody has activated another bundle."""
    import pyarrow.parquet as pq

    source = tmp_path / "posts.jsonl"
    source.write_text('{"id": "a", "text": "the same words"}\n' * (batch.BATCH + 1))
    done = []

    def progress(finished: int, total: int) -> None:
        done.append(finished)
        activate(two, "mirrored")

    batch.embed(two, source, tmp_path / "out.parquet", progress=progress)
    assert done == [batch.BATCH, batch.BATCH + 1]
    vectors = np.stack(pq.read_table(tmp_path / "out.parquet")["vector"].to_pylist())
    np.testing.assert_allclose(vectors, vectors[:1].repeat(len(vectors), axis=0), atol=1e-6)


def test_a_query_is_encoded_by_the_bundle_of_its_index(two: Workspace) -> None:
    encoder = two._query_encoder(None)
    before = encoder.encode_post(POSTS[0])
    activate(two, "mirrored")
    np.testing.assert_array_equal(encoder.encode_post(POSTS[0]), before)
    assert encoder.searcher.bundle == encoder.models.bundle.name == "commons-1"
    again = two._query_encoder(None)
    # Nothing is encoded with the new bundle yet, so the query is not, either.
    assert again.searcher.bundle == again.models.bundle.name == "commons-1"


def test_everybody_gets_the_same_models(two: Workspace) -> None:
    start, taken = threading.Barrier(4), list[object]()

    def take() -> None:
        start.wait()
        models = two.models
        taken.append((models, models.embedder, models.affect))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 4 and len(set(taken)) == 1


def test_models_are_ready_once_they_are_loaded(two: Workspace) -> None:
    assert not two.ready
    two.warm()
    until(lambda: two.ready)
    activate(two, "mirrored")
    assert not two.ready
    two.warm()
    until(lambda: two.ready)
    assert two.bundle.name == "mirrored"
