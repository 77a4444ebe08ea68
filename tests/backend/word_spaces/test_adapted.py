"""Words of the encoder, moved towards the posts that have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.corpus import Corpus
from backend.domain import Kind, Post
from backend.word_spaces.adapted import adapt


def test_words_of_the_same_posts_come_nearer_and_absent_words_are_left_out(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "c", name="c")
    texts = ["goal ⚽", "goal ⚽", "train late", "train late"]
    corpus.add([Post(str(i), text=text, language="en") for i, text in enumerate(texts)])
    x, y = np.eye(4, dtype=np.float32)[:2]
    words = ["goal", "⚽", "train", "late", "absent"]
    raw = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5]]
    of_texts = (["0", "1", "2", "3"], np.stack([x, x, y, y]))
    of_words = (words, np.array(raw, dtype=np.float32))
    corpus.add(bundle="b", vectors={Kind.TEXT: of_texts, Kind.WORD: of_words})
    space = adapt(corpus, "b")
    assert space is not None
    assert set(space.words) == {"goal", "⚽", "train", "late"} and set(space.counts) == {2}
    row = dict(zip(space.words, space.vectors, strict=True))
    assert row["⚽"] @ row["goal"] > row["⚽"] @ row["train"]


def test_a_corpus_without_encoded_texts_has_none(tmp_path: Path) -> None:
    assert adapt(Corpus.create(tmp_path / "c", name="c"), "b") is None
