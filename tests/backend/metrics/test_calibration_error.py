"""Calibration from the held-out predictions that a bundle keeps, against pandas; and its noise."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from backend.cli import main
from backend.evaluation import held_out
from backend.metrics.calibration_error import by_chance, calibration_error
from backend.settings import ASSETS
from backend.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def kept(workspace: Workspace) -> pd.DataFrame:
    found = held_out.read(workspace.bundle)
    assert found is not None
    return found.to_pandas()


def test_labels_are_those_that_people_gave(kept: pd.DataFrame) -> None:
    tweets = pd.read_parquet(ASSETS / "labels" / "tweets.parquet").set_index("id")
    mine = kept[kept["what"] == "tweets"].set_index("id")
    assert len(mine) == len(tweets) == 4200
    assert (mine["truth"] == tweets["label"].reindex(mine.index)).all()
    emoji = pd.read_parquet(ASSETS / "labels" / "emoji.parquet")
    code = emoji.set_index("hexcode")["label"]
    drawn = kept[kept["what"] == "drawings"]
    assert (drawn["truth"] == code.reindex(drawn["group"]).to_numpy()).all()
    posts = pd.read_parquet(ASSETS / "corpus" / "posts.parquet").set_index("id")["labels"]
    own = kept[kept["what"] == "posts"]
    said = [json.loads(posts[id_])["sentiment"] for id_ in own["id"]]
    assert own["truth"].tolist() == said


def test_the_table_is_what_pandas_finds(
    workspace: Workspace, kept: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "calibration", "--json", "--home", str(workspace.home), "--quiet"]
    assert main(arguments) == 0
    (result,) = json.loads(capsys.readouterr().out)
    found = {(f["task"], f["metric"]): f for f in result["figures"]}
    for task, what, subset in (
        ("text: rated tweets", "tweets", "text"),
        ("image: emoji drawings", "drawings", "image"),
        ("image+text: tweet and drawing", "pairs", "image+text"),
        ("image+text: posts of OpenMoji", "posts", "image+text"),
        ("text: names of OpenMoji", "posts", "text"),
    ):
        some = kept[(kept["what"] == what) & (kept["subset"] == subset)]
        some = some.assign(right=some["label"] == some["truth"])
        bins = some.groupby((some["confidence"] * 10).astype(int).clip(upper=9))
        gap = (bins["right"].mean() - bins["confidence"].mean()).abs() * bins.size()
        ece, chance = found[task, "ECE"], found[task, "ECE by chance"]
        assert ece["value"] == pytest.approx(gap.sum() / len(some), abs=2e-4)
        assert ece["n"] == len(some) and ece["low"] <= ece["value"] <= ece["high"]
        assert chance["low"] <= chance["value"] <= chance["high"]
        # Of a few hundred posts, chance alone makes as much; names are read outside a post.
        bound = 0.08 if subset == "text" and what == "posts" else 0.05
        assert ece["value"] <= max(bound, chance["high"]) and chance["high"] <= 0.07
        accuracy = found[task, "accuracy"]["value"]
        assert accuracy == pytest.approx(some["right"].mean(), abs=1e-4)
    few, many = found["text: tweets of the corpus", "ECE"], found["text: rated tweets", "ECE"]
    assert (few["n"], many["n"]) == (350, 4200)


def test_chance_alone_makes_an_error_that_shrinks_with_more_posts() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.4, 1.0, 4000)
    few, many = by_chance(sure[:100], 200).mean(), by_chance(sure, 200).mean()
    assert few > 4 * many > 0
    right = rng.random(4000) < sure
    assert calibration_error(sure, right) < np.quantile(by_chance(sure, 200), 0.99)
    assert calibration_error(sure, rng.random(4000) < sure - 0.2) > 0.15
