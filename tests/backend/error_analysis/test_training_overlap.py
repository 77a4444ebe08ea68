"""Posts that a bundle was trained on are predicted by heads without them, in any corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from backend.bundles.bundle import Bundle, open_bundle
from backend.error_analysis.training_overlap import FILE, TWEETS, find_overlap, held_out_mask, note
from backend.settings import ASSETS
from tests.backend.error_analysis.samples import CLASSES, ground_truth


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return open_bundle(ASSETS / "bundles" / "commons-1")


def test_tweets_of_its_training_are_known_by_their_words(bundle: Bundle) -> None:
    rows = pq.read_table(TWEETS).slice(0, 20).to_pylist()
    texts = [f"  {row['text'].upper()} @someone https://example.org/x" for row in rows]
    truth = [CLASSES.index(row["label"]) for row in rows]
    of = ground_truth([*truth, 2, 0], text=[*texts, "never seen before", None])
    found = find_overlap(bundle, of)
    assert found.posts == set(of.ids[:20]) == set(found.held_out)
    kept = {row["id"]: row for row in pq.read_table(bundle.path / FILE).to_pylist()}
    for id_, row in zip(of.ids, rows, strict=False):
        affect = found.held_out[id_]["text"]
        assert affect.confidence == kept[row["id"]]["confidence"]
        assert affect.sentiment.label == kept[row["id"]]["label"]
    assert held_out_mask(of, found).all()
    assert "trained on 20 of these posts" in note("b", of, found)


def test_without_held_out_predictions_they_count_as_seen(bundle: Bundle, tmp_path: Path) -> None:
    text = pq.read_table(TWEETS, columns=["text"])["text"][0].as_py()
    of = ground_truth([2, 0], text=[text, "never seen before"])
    found = find_overlap(replace(bundle, path=tmp_path), of)
    assert list(held_out_mask(of, found)) == [False, True]
    assert "optimistic" in note("b", of, found)


def test_a_tweet_with_a_picture_is_another_post(bundle: Bundle) -> None:
    text = pq.read_table(TWEETS, columns=["text"])["text"][0].as_py()
    of = ground_truth([2, 0], text=[text, "another"], image=["a.png", None])
    found = find_overlap(bundle, of)
    assert not found.posts and note("b", of, found) == "b was trained on none of these posts."
