"""Modalities encoded side by side give what each gives alone."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from backend.core.scheduler import BACKGROUND
from backend.core.visitors import as_visitor
from backend.domain import Content, Modality, Picture, Sound
from backend.workspace.import_models import BundleModels
from backend.workspace.workspace import Workspace
from tests.waiting import until


def test_side_by_side_is_as_one_after_the_other(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    picture = Picture((rng.integers(0, 255, (90, 120, 3), dtype=np.uint8),))
    sound = Sound(rng.normal(0, 0.1, 32_000).astype(np.float32), 16_000)
    whole = Content(text="What a day", image=picture, audio=sound)
    told: list[tuple[int, int]] = []
    features = workspace.embedder.features(
        [whole, Content(text="Sun"), Content(text="Rain", audio=sound)],
        progress=lambda n, of: told.append((n, of)),
    )
    for found, content in zip(
        features[::2], [whole, Content(text="Rain", audio=sound)], strict=True
    ):
        assert tuple(found.vectors) == content.modalities
        for modality in content.modalities:
            (alone,) = workspace.embedder.features([content.only((modality,))])
            np.testing.assert_array_equal(found.vectors[modality], alone.vectors[modality])
    assert list(features[1].vectors) == [Modality.TEXT]
    assert max(told) == (6, 6)


def test_an_encoder_that_fails_gives_its_turn_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = Sound(np.random.default_rng(0).normal(0, 0.1, 8_000).astype(np.float32), 16_000)

    def broken(items: list[object]) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(workspace.embedder.encoder(Modality.AUDIO), "_encoded", broken)
        with pytest.raises(RuntimeError, match="broken"):
            workspace.embedder.features([Content(text="Rain", audio=sound)])
    (found,) = workspace.embedder.features([Content(text="Rain", audio=sound)])
    assert len(found.vectors) == 2


def test_a_visitor_does_not_wait_for_a_whole_import(workspace: Workspace) -> None:
    rng = np.random.default_rng(1)
    sounds = [Sound(rng.normal(0, 0.1, 80_000).astype(np.float32), 16_000) for _ in range(40)]
    order: list[str] = []

    def bring() -> None:
        with as_visitor(BACKGROUND):
            workspace.embedder.features(
                [Content(text=str(i), audio=s) for i, s in enumerate(sounds)],
                progress=lambda n, of: order.append(f"{n} of {of}"),
            )
        order.append("imported")

    thread = threading.Thread(target=bring)
    thread.start()
    until(lambda: order)
    with as_visitor("visitor"):
        workspace.embedder.features([Content(text="hello")])
    order.append("visitor")
    thread.join()
    assert order.index("visitor") < order.index("80 of 80")


def test_an_import_makes_what_encoding_makes(workspace: Workspace) -> None:
    contents = [Content(text="Rain"), Content(text="What a lovely day")]
    models = BundleModels(workspace)
    assert models.start_encoding([])() == []
    for late, now in zip(models.start_encoding(contents)(), models.encode(contents), strict=True):
        assert late.affect == now.affect
        for kind, vector in now.vectors.items():
            np.testing.assert_array_equal(late.vectors[kind], vector)
