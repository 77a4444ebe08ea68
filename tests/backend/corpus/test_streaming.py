from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from backend.corpus import Corpus
from backend.domain import Kind
from tests.backend.corpus.samples import BUNDLE, DIM, WORDS, make_shipped, unit


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    shipped: Path = make_shipped(tmp_path_factory.mktemp("shipped"))
    return Corpus.import_shipped(shipped, tmp_path_factory.mktemp("home") / "commons")


def test_vectors_come_some_at_a_time(corpus: Corpus) -> None:
    for kind in Kind:
        ids, vectors = corpus.vectors(BUNDLE, kind)
        parts = list(corpus.stream_vectors(BUNDLE, kind))
        streamed = pa.concat_arrays([part for part, _ in parts]).to_pylist()
        matrix = np.concatenate([part for _, part in parts])
        order = np.argsort(streamed)
        assert [streamed[i] for i in order] == list(ids)
        assert corpus.count_vectors(BUNDLE, kind) == len(ids) and corpus.dim(BUNDLE) == DIM
        assert matrix.dtype == np.float16
        np.testing.assert_array_equal(matrix[order].astype(np.float32), vectors)


def test_another_bundle_has_none(corpus: Corpus) -> None:
    assert list(corpus.stream_vectors("other", Kind.POST)) == []
    assert corpus.count_vectors("other", Kind.POST) == corpus.dim("other") == 0
    assert corpus.vectors_indexed("other")


def test_the_stamp_changes_with_the_vectors_alone(corpus: Corpus) -> None:
    before, version = corpus.stamp(BUNDLE), corpus.version
    corpus.write_side_tables({"words.x": pa.table({"a": [1]})})
    assert corpus.version != version and corpus.stamp(BUNDLE) == before
    corpus.add(bundle=BUNDLE, vectors={Kind.WORD: (["more"], unit(1, 3))})
    assert corpus.stamp(BUNDLE) != before
    assert corpus.count_vectors(BUNDLE, Kind.WORD) == len(WORDS) + 1


def test_the_store_indexes_vectors_once(corpus: Corpus) -> None:
    assert not corpus.vectors_indexed(BUNDLE)
    drawn = corpus.sample_vectors(BUNDLE, Kind.POST, 10_000)
    assert drawn.shape == (60, DIM)
