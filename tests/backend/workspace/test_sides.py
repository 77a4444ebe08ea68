"""Two sides on one map: what was planted between them is found, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Post, Selection
from backend.maps import Cluster, Level, Map, storage
from backend.workspace.workspace import Workspace

GROUPS, DIM, EACH = 6, 16, 60


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The corpora before, after and both; group 0 grows, 1 is gone, 2 moves, the others stay."""
    home = tmp_path_factory.mktemp("sides")
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(GROUPS, DIM))
    aside = np.zeros((GROUPS, DIM))
    aside[2] = 0.8 * rng.normal(size=DIM)
    old = _corpus(home, "old", rng, centres, [EACH] * GROUPS)
    _corpus(home, "new", rng, centres + aside, [3 * EACH, 0, *[EACH] * (GROUPS - 2)])
    ids, vectors = old.vectors("toy", Kind.POST)
    labels = np.array([int(id_.split("-")[1]) for id_ in ids], dtype=np.int32)
    clusters = tuple(Cluster(g, f"group {g}", (), EACH, 0.9) for g in range(GROUPS))
    level = Level("medium", labels, clusters)
    shown = Map(Kind.POST, ids, vectors[:, :2].copy(), (level,), {}, "toy", len(ids))
    storage.put(old, "toy", {Kind.POST: shown})
    return Workspace(home)


def _corpus(
    home: Path, name: str, rng: np.random.Generator, centres: np.ndarray, sizes: list[int]
) -> Corpus:
    labels = np.repeat(np.arange(GROUPS), sizes)
    vectors = centres[labels] + rng.normal(0, 0.35, (len(labels), DIM))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"{name}-{group}-{i:04d}" for i, group in enumerate(labels)]
    corpus = Corpus.create(home / "corpora" / name, name=name)
    posts = [
        Post(id_, text=f"shared {'novelty' if name == 'new' else 'classic'} {i}")
        for i, id_ in enumerate(ids)
    ]
    corpus.add(posts, bundle="toy", vectors={Kind.POST: (ids, vectors)})
    return corpus


def everything(workspace: Workspace, name: str) -> Selection:
    ids = workspace.selections.item_table(Kind.POST, name).ids.tolist()
    return workspace.selections.of(Kind.POST, ids, name, name)


def test_what_grew_is_gone_and_moved_is_found(workspace: Workspace) -> None:
    found = workspace.sides.compare(everything(workspace, "old"), everything(workspace, "new"))
    states = {g.group: g.state for g in found.growth}
    assert (states[0], states[1]) == ("grew", "gone")
    grown = next(g for g in found.growth if g.group == 0)
    share = 3 * EACH / (7 * EACH)
    assert grown.low <= share - 1 / GROUPS <= grown.high
    assert abs(grown.share - share) < 0.05
    assert found.moved and found.moved[0].group == 2
    assert found.moved[0].distance > 3 * found.moved[0].usual
    assert {m.group for m in found.moved} <= {2}
    assert [t.term for t in found.two.words] == ["novelty"]
    assert [t.term for t in found.one.words] == ["classic"]
    assert len(found.one.xy) == GROUPS * EACH and len(found.two.xy) == 7 * EACH


def test_halves_of_one_corpus_do_not_differ(workspace: Workspace) -> None:
    every = everything(workspace, "old")
    one, two = (replace(every, ids=every.ids[i::2], origin=str(i)) for i in (0, 1))
    found = workspace.sides.compare(one, two)
    assert {g.state for g in found.growth} == {"same"} and not found.moved
    assert not found.one.words and not found.two.words


def test_what_cannot_be_compared_is_said(workspace: Workspace) -> None:
    every = everything(workspace, "old")
    with pytest.raises(KindredError) as error:
        workspace.sides.compare(every, replace(every, ids=("nobody",)))
    assert error.value.code == "not_comparable"


def test_the_report_tells_the_same(workspace: Workspace) -> None:
    found = workspace.sides.compare(everything(workspace, "old"), everything(workspace, "new"))
    page = workspace.stories.report_sides(found, "medium")
    assert "Old and New" in page and "old and new" in page and "<script" not in page
    assert "group 0 <small>grew</small>" in page and "group 1 <small>gone</small>" in page
    assert "novelty" in page and "classic" in page
