"""The shipped maps, as pages see them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.cli import main
from backend.domain import Kind, KindredError
from backend.maps import graph
from backend.workspace.workspace import Workspace

KINDS = (Kind.USER, Kind.POST)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_a_place(workspace: Workspace, kind: Kind) -> None:
    made = workspace.maps.map(kind)
    ids, _ = workspace.corpus().vectors(workspace.bundle.name, kind)
    assert made.ids.tolist() == ids.tolist() and made.total == len(ids)
    assert made.xy.shape == (len(ids), 2) and np.isfinite(made.xy).all()
    least = 0.9 if kind is Kind.POST else 0.75  # users have fewer neighbours to keep
    assert made.quality["trustworthiness"] > least and made.quality["placed"] == 0
    assert [level.name for level in made.levels] == ["broad", "medium", "fine"]
    for level in made.levels:
        sizes = np.bincount(level.labels[level.labels >= 0], minlength=len(level.clusters))
        assert sizes.tolist() == [cluster.size for cluster in level.clusters]
        assert level.unclustered + sizes.sum() == len(ids)
        assert len({cluster.label for cluster in level.clusters}) == len(level.clusters)
        for cluster in level.clusters:
            assert cluster.label and 0 <= cluster.stability <= 1
            assert cluster.typical
    typical = [c.typical for level in made.levels for c in level.clusters]
    named = {id_ for some in typical for id_ in some}
    assert len(workspace.posts(sorted(named))) == len(named)


def test_a_typical_post_is_in_its_cluster(workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST)
    level = made.level()
    where = dict(zip(made.ids, level.labels, strict=True))
    for cluster in level.clusters:
        assert {where[id_] for id_ in cluster.typical} == {cluster.id}


def test_a_post_is_coloured_as_its_card_says(workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST)
    column = workspace.maps.column(Kind.POST, "emotion")
    assert column.categories is not None
    felt = workspace.predictions(made.ids.tolist())
    said = [column.categories[code] for code in column.values]
    assert said == [felt[id_].top for id_ in made.ids]


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_aligned(workspace: Workspace, kind: Kind) -> None:
    names = workspace.maps.columns(kind)
    assert names[0] == "cluster" and {"emotion", "source", "positive", "joy", "year"} <= set(names)
    made = workspace.maps.map(kind)
    for name in names:
        column = workspace.maps.column(kind, name)
        assert len(column.values) == len(made.ids) and column.name == name
        if column.categories is None:
            assert column.values.dtype == np.float32
        else:
            assert column.values.dtype == np.int32
            assert -1 <= column.values.min() <= column.values.max() < len(column.categories)
    with pytest.raises(KindredError) as error:
        workspace.maps.column(kind, "nothing")
    assert error.value.code == "no_column"


def test_columns_say_what_the_corpus_says(workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST)
    sources, modalities = (workspace.maps.column(Kind.POST, n) for n in ("source", "modalities"))
    assert sources.categories and modalities.categories
    for i in range(0, len(made.ids), 500):
        post = workspace.posts([made.ids[i]])[made.ids[i]]
        assert sources.categories[sources.values[i]] == post.source
        assert modalities.categories[modalities.values[i]] == "+".join(post.modalities)
    users = workspace.maps.map(Kind.USER)
    posts = workspace.maps.column(Kind.USER, "posts").values
    assert posts[3] == workspace.user(users.ids[3]).posts


def test_what_is_there_is_placed_where_it_is(workspace: Workspace) -> None:
    made = workspace.maps.map(Kind.POST)
    _, raw = workspace.corpus().vectors(workspace.bundle.name, Kind.POST)
    spread = np.linalg.norm(made.xy.std(axis=0))
    away = [
        np.hypot(*(np.array(workspace.maps.place(raw[i], Kind.POST)) - made.xy[i]))
        for i in range(0, len(raw), 450)
    ]
    assert np.median(away) < 0.1 * spread
    ids, vectors = workspace.maps.vectors(Kind.POST)
    assert ids is made.ids and np.allclose(vectors, graph.centred(raw), atol=1e-5)


def test_only_users_and_posts_have_maps(workspace: Workspace) -> None:
    with pytest.raises(KindredError) as error:
        workspace.maps.map(Kind.WORD)
    assert error.value.code == "no_map" and not workspace.maps.has(Kind.WORD)
    assert workspace.maps.has(Kind.USER)


def test_a_page_fits_nothing(workspace: Workspace) -> None:
    """Reading maps, columns, profiles and word spaces loads neither UMAP nor a model."""
    code = """
import sys
from pathlib import Path
from backend.domain import Kind
from backend.workspace.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
for kind in (Kind.POST, Kind.USER):
    made = workspace.maps.map(kind)
    workspace.maps.column(kind, "emotion")
    workspace.selections.profile(workspace.selections.of(kind, made.ids[:30].tolist(), "x"))
workspace.user_profiles.nearest(made.ids[0])
for space in workspace.words.spaces():
    workspace.words.neighbours("dog - cat", space=space.name)
heavy = {"torch", "umap", "fast_hdbscan", "numba"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code, str(workspace.home)], check=True)


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_the_points_as_a_file(workspace: Workspace, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"points.{form}"
    given = ["map", "--home", str(workspace.home), "--quiet", "--show", str(target)]
    assert main(given) == 0
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[form]
    table = read(target)
    assert len(table) == sum(len(workspace.maps.map(kind).ids) for kind in KINDS)
    assert {"kind", "id", "x", "y", "medium"} <= set(table.columns)


def test_export_by_filter_and_by_name(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(workspace.home)]
    first, second = tmp_path / "a.csv", tmp_path / "b.parquet"
    asked = ["export", *home, "--tags", "bird", "--save", "birds", "-o", str(first), "--json"]
    assert main(asked) == 0
    count = json.loads(capsys.readouterr().out)["posts"]
    assert len(pd.read_csv(first)) == count > 20
    assert main(["export", *home, "birds", "-o", str(second)]) == 0
    assert len(pd.read_parquet(second)) == count
    capsys.readouterr()
    assert main(["export", *home, "--list"]) == 0 and "birds" in capsys.readouterr().out
    assert main(["export", *home]) == 2
    assert main(["export", *home, "fish", "-o", str(first)]) == 1
    workspace.selections.delete("birds")
