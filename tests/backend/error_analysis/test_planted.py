"""Faults planted in a copy of the corpus must be found by the page's own lists."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from backend.corpus import Corpus
from backend.domain import Content, Kind, Post
from backend.media import read_image
from backend.workspace.error_analysis import ErrorAnalysis
from backend.workspace.workspace import Workspace

LABEL = "community"  # which community of artists a drawing comes from
SOURCES = ("openmoji", "tuxpaint")
FLIPPED = 0.05
POSTS = 1000
TAG = "animal"


@dataclass(frozen=True)
class Planted:
    errors: ErrorAnalysis
    model: str
    flipped: frozenset[str]
    author: str
    of_author: frozenset[str]
    tag: str
    tagged: frozenset[str]


def _spoilt(workspace: Workspace, drawings: dict[str, Path]) -> dict[str, tuple[bytes, np.ndarray]]:
    """Drawings, blurred, with their places in the joint space."""
    files = [_blurred(path) for path in drawings.values()]
    contents = [Content(image=read_image(data)) for data in files]
    placed = workspace.embedder.joint(workspace.embedder.features(contents))
    return {
        i: (data, vectors[Kind.IMAGE])
        for i, data, vectors in zip(drawings, files, placed, strict=True)
    }


@pytest.fixture(scope="module", params=[11])
def planted(
    request: pytest.FixtureRequest,
    workspace: Workspace,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Planted]:
    """Two corpora of drawings, the second with three faults."""
    rng = np.random.default_rng(request.param)
    home = tmp_path_factory.mktemp("planted")
    ours = Workspace(home)
    source, bundle = workspace.corpus("commons"), workspace.bundle.name
    table = source.table(["id", "user", "tags", "group"], filters={"source": SOURCES}).sort_by("id")
    rows = sorted(rng.permutation(len(table))[:POSTS])
    rows = [int(i) for i in rows]
    ids = [table["id"][i].as_py() for i in rows]
    groups = {table["id"][i].as_py(): table["group"][i].as_py() for i in rows}
    posts = source.posts(ids)
    users = source.users(sorted({p.user for p in posts.values() if p.user}))
    vectors = {kind: source.vectors(bundle, kind, ids) for kind in (Kind.IMAGE,)}
    # Without their texts: what the drawing shows is all there is.
    drawings = [
        replace(p, text=None, title=None, audio=None, labels={LABEL: str(p.source)})
        for p in posts.values()
    ]
    author = _author(drawings)
    mine = frozenset(p.id for p in drawings if p.user == author)
    tagged = frozenset(p.id for p in drawings if TAG in p.tags)
    paths = {p.id: source.media_path(str(p.image)) for p in drawings}
    blurred = _spoilt(workspace, {i: paths[i] for i in sorted(tagged)})
    rest = [p.id for p in drawings if p.id not in mine]
    flipped = frozenset(rng.choice(rest, int(FLIPPED * len(drawings)), replace=False).tolist())

    faulty = _with_wrong_labels(drawings, mine, flipped, rng)
    images = dict(zip(*vectors[Kind.IMAGE], strict=True))
    for name, some in (("clean", drawings), ("faulty", faulty)):
        corpus = Corpus.create(home / "corpora" / name, name=name)
        here = dict(images)
        for post in some:
            path = corpus.new_media(str(post.image))
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == "faulty" and post.id in tagged:
                path.write_bytes(blurred[post.id][0])
                here[post.id] = blurred[post.id][1]
            else:
                shutil.copyfile(paths[post.id], path)
        found = [i for i in ids if i in here]
        matrix = np.stack([here[i] for i in found])
        corpus.add(
            some,
            users=list(users.values()),
            groups=groups,
            bundle=bundle,
            vectors={Kind.IMAGE: (found, matrix), Kind.POST: (found, matrix)},
        )
    yield Planted(ours.error_analysis, "probe@clean", flipped, author, mine, TAG, tagged)


def _with_wrong_labels(
    drawings: list[Post], mine: frozenset[str], flipped: frozenset[str], rng: np.random.Generator
) -> list[Post]:
    """The drawings, those of one author all with one wrong label."""

    def wrong(label: str) -> str:
        return str(rng.choice([s for s in SOURCES if s != label]))

    always = wrong(next(p.labels[LABEL] for p in drawings if p.id in mine))
    return [
        replace(p, labels={LABEL: always})
        if p.id in mine
        else replace(p, labels={LABEL: wrong(p.labels[LABEL])})
        if p.id in flipped
        else p
        for p in drawings
    ]


def _author(drawings) -> str:  # type: ignore[no-untyped-def]
    """One with a fair number of posts."""
    users = [p.user for p in drawings if p.user]
    names, counts = np.unique(users, return_counts=True)
    return str(names[np.argsort(-counts, kind="stable")[2]])


def _blurred(path: Path) -> bytes:
    buffer = io.BytesIO()
    image = Image.open(path).convert("RGB")
    image.filter(ImageFilter.GaussianBlur(14)).save(buffer, "WEBP", quality=90)
    return buffer.getvalue()


def test_the_planted_slices_are_among_the_first_five(planted: Planted) -> None:
    errors = planted.errors
    found = errors.slices(errors.predictions(planted.model, LABEL, corpus="faulty")).slices[:5]
    names = [s.name for s in found]
    for name, ids in ((planted.author, planted.of_author), (planted.tag, planted.tagged)):
        shared = [len(ids & set(s.ids)) / len(ids | set(s.ids)) for s in found]
        assert max(shared) > 0.7, f"{name} not among {names}"
    assert any(name.startswith("author ") for name in names)


def test_flipped_labels_are_in_the_top_tenth(planted: Planted) -> None:
    errors = planted.errors
    issues = errors.rank_label_issues([errors.predictions(planted.model, LABEL, corpus="faulty")])
    top = {s.id for s in issues[: len(issues) // 10]}
    assert len(planted.flipped & top) / len(planted.flipped) >= 0.7


def test_a_correction_changes_the_figures_and_not_the_corpus(planted: Planted) -> None:
    errors, id_ = planted.errors, min(planted.flipped)
    before = errors.ground_truth(LABEL, corpus="faulty")
    clean = errors.ground_truth(LABEL, corpus="clean")
    correct = clean.classes[clean.truth[list(clean.ids).index(id_)]]
    errors.relabel(id_, LABEL, correct, corpus="faulty")
    after = errors.ground_truth(LABEL, corrected=True, corpus="faulty")
    place = list(after.ids).index(id_)
    assert after.classes[after.truth[place]] == correct and id_ in after.relabelled
    again = errors.ground_truth(LABEL, corpus="faulty")
    assert np.array_equal(again.truth, before.truth)
    raw = json.loads(before.table["labels"][place].as_py())[LABEL]
    errors.relabel(id_, LABEL, raw, corpus="faulty")
    assert not errors.relabels(LABEL, corpus="faulty")
