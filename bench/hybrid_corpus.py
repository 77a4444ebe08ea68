"""A corpus of a million texts with small vectors, for `bench.full_text`; its posts are not real."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from backend.corpus import Corpus, schema
from backend.corpus.model_outputs import vectors_name
from backend.corpus.native import Native
from backend.domain import Kind
from backend.search import prepare
from backend.search.hybrid.encoded import EncodedQuery, EncodedTerm
from bench.synthetic_vectors import rotated_vectors, sample_many, shipped_vectors

BUNDLE, DIM = "bench", 64


def make(path: Path, texts: Sequence[str]) -> Corpus:
    """Write a corpus of texts; each has a joint vector, and the same as its meaning."""
    real = rotated_vectors(DIM)
    ids = [f"p{i:07d}" for i in range(len(texts))]
    columns = {field.name: pa.nulls(len(texts), field.type) for field in schema.POSTS}
    columns |= {"id": pa.array(ids), "text": pa.array(texts)}
    columns["language"] = pa.array(["en"] * len(texts))
    vectors = sample_many(real[Kind.POST], len(texts))
    words = (shipped_vectors(Kind.WORD)[0], real[Kind.WORD])
    corpus = Corpus.create(path, name=path.name)
    with corpus.transaction() as change:
        change.put("posts", pa.table(columns, schema=schema.POSTS))
        change.put(vectors_name(BUNDLE), schema.vectors_schema(DIM, pa.float16()).empty_table())
        of_kinds = {Kind.POST: (ids, vectors), Native.MEANING: (ids, vectors), Kind.WORD: words}
        for kind, (names, matrix) in of_kinds.items():
            rows = schema.vectors_table(kind, names, matrix, pa.float16())
            change.append(vectors_name(BUNDLE), rows)
    corpus.refresh()
    return corpus


def prepare_vectors(corpus: Corpus) -> None:
    """Build the lists of the vectors, as ``python -m backend index`` does."""
    for kind in (Kind.POST, Native.MEANING):
        prepare(corpus, BUNDLE, kind)


def encoded(lines: Sequence[str]) -> list[EncodedQuery]:
    """Return queries as the encoders give them, with the vectors of shipped texts."""
    real = rotated_vectors(DIM)[Kind.TEXT]
    rows = np.random.default_rng(2).integers(0, len(real), len(lines))
    return [
        EncodedQuery((EncodedTerm(Kind.TEXT, 1.0, vector, {Native.MEANING: vector}, line),))
        for line, vector in zip(lines, real[rows], strict=True)
    ]
