"""The shipped data thinned, for tests that fit a bundle."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tests.scanned_once  # noqa: F401
from backend.affect.fitting import landmarks
from backend.joint_space import fit as joint
from backend.settings import ASSETS
from backend.workspace import bundle_recipe, fit_items


@pytest.fixture(scope="session")
def fewer_assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped data with one in a few texts, drawings and posts: all kinds, soon learnt."""
    few = tmp_path_factory.mktemp("assets")
    (few / "build").mkdir()
    for folder, thinned in {
        "build/seed": {path.name: 12 for path in (ASSETS / "build" / "seed").glob("*.jsonl")},
        "labels": {"tweets.parquet": 30},
        "training": {"pairs.parquet": 30},
        "corpus": {"posts.parquet": 12},
    }.items():
        (few / folder).mkdir()
        for path in (ASSETS / folder).iterdir():
            every, copy = thinned.get(path.name), few / folder / path.name
            if every is None:
                copy.symlink_to(path)
            elif path.suffix == ".jsonl":
                copy.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[::every]))
            else:
                table = pq.read_table(path)
                pq.write_table(table.take(pa.array(range(0, len(table), every))), copy)
    return few


@pytest.fixture
def quick_fit(fewer_assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit a bundle in a few steps, and its heads of feeling to the thinned data."""
    fit_affect = partial(bundle_recipe.fit_affect, assets=fewer_assets)
    monkeypatch.setattr(bundle_recipe, "fit_affect", fit_affect)
    texts = partial(fit_items.training_texts, fewer_assets)
    monkeypatch.setattr(fit_items, "training_texts", lambda _=None: texts())
    monkeypatch.setattr(landmarks, "LANDMARKS", 100)
    train = partial(joint.train, schedule=joint.Schedule(steps=20))
    monkeypatch.setattr(joint, "train", train)
