"""What only names things is told from what says something."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq

from backend.affect.fitting.captions import SOURCES, caption_texts, fit_captions
from backend.affect.fitting.labels import read_texts
from backend.affect.text import TextHead
from backend.bundles.active import active
from backend.domain import Modality
from backend.encoders import get
from backend.settings import ASSETS, settings


def test_posts_with_a_sentiment_are_not_trained_on() -> None:
    columns = ["text", "source", "labels"]
    rows = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=columns).to_pylist()
    labelled = {r["text"] for r in rows if "sentiment" in json.loads(r["labels"] or "{}")}
    found = caption_texts(ASSETS)
    assert len(found) > 1000 and not labelled & set(found)
    assert set(found) <= {r["text"] for r in rows if r["source"] in SOURCES}


def test_names_are_told_from_sentences() -> None:
    data = read_texts()
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(data), 8)).astype(np.float32)
    names = rng.normal(size=(300, 8)).astype(np.float32) + 2.0
    weight = fit_captions(names, vectors, data, None)["naming_weight"]
    odds = np.concatenate([names, vectors]) @ weight[:-1] + weight[-1]
    assert (odds[:300] > 0).mean() > 0.9 and (odds[300:] < 0).mean() > 0.9
    assert fit_captions(names[:0], vectors, data, None) == {}


def test_the_bundle_knows_a_list_of_tags() -> None:
    bundle = active(settings().home)
    head = TextHead(bundle.tensors("affect"))
    encoder = get(bundle.encoders[Modality.TEXT], modality=Modality.TEXT, device="cpu")
    texts = ["Red apple: food, fruit, healthy", "I could not sleep at all because of the storm"]
    named, said = head.caption(np.stack(encoder.encode(texts).vectors))
    assert named > 0.7 and said < 0.3
