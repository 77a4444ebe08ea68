"""Word vectors of the text encoder, adapted to a corpus.

A corpus of a few hundred posts is too small to learn words from. The encoder knows them,
in many languages, but not what they mean here: each word is moved towards the posts that
have it, a word of many posts further.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from backend.core.vectors import centred_by_group, normalize
from backend.corpus import Corpus
from backend.domain import Kind
from backend.text.topic_terms import topic_terms
from backend.word_spaces.space import WordSpace

_CORPUS = 0.7  # length of the step towards the posts, where the encoder's vector has 1


def adapt(corpus: Corpus, bundle: str) -> WordSpace | None:
    """Return the words of a corpus with adapted vectors; None where no text was encoded."""
    names, raw = corpus.vectors(bundle, Kind.WORD)
    ids, texts = corpus.vectors(bundle, Kind.TEXT)
    if not len(names) or not len(ids):
        return None
    posts = corpus.table(["id", "title", "text", "tags", "language"])
    rows = pc.index_in(pa.array(ids, pa.string()), value_set=posts["id"].combine_chunks())
    posts = posts.take(rows)
    has = _occurrences(posts, names)
    counts = np.asarray(has.sum(axis=1)).ravel().astype(np.int64)
    around = normalize(has @ centred_by_group(texts, posts["language"].to_numpy()))
    vectors = normalize(raw - raw.mean(axis=0))
    vectors = normalize(vectors + _CORPUS * (counts / (counts + 1))[:, None] * around)
    order = np.lexsort((names.astype(str), -counts))
    order = order[counts[order] > 0]
    maps = {}
    for kind in (Kind.IMAGE, Kind.AUDIO):  # they are in the joint space already
        _, media = corpus.vectors(bundle, kind)
        if len(media):
            maps[kind] = np.vstack([np.eye(media.shape[1]), -media.mean(axis=0)]).astype(np.float32)
    return WordSpace(
        tuple(names[order].tolist()), counts[order], vectors[order].astype(np.float32), maps
    )


def _occurrences(posts: pa.Table, names: np.ndarray) -> sparse.csr_matrix:
    """Return which posts have each word, ``(words, posts)`` of ones and zeros."""
    row = {name: i for i, name in enumerate(names)}
    words, columns = [], []
    for column, post in enumerate(posts.to_pylist()):
        text = "\n".join(filter(None, (post["title"], post["text"])))
        found = set(topic_terms(text, post["language"], phrases=True))
        found |= {tag.lower() for tag in post["tags"] or ()}
        known = [row[term] for term in found if term in row]
        words += known
        columns += [column] * len(known)
    ones = np.ones(len(words), dtype=np.float32)
    return sparse.csr_matrix((ones, (words, columns)), shape=(len(names), len(posts)))
