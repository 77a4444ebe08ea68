"""Posts with words that are near to a query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from backend.corpus.full_text import FullTextReader, TextHits
from backend.search.hybrid.words import FAINT, WordsFound, find_related

POSTS = {"one": "sea", "both": "sea wave"}


class Reader(FullTextReader):
    """Finds posts that have any of the words."""

    def __init__(self) -> None: ...

    def search(
        self, tokens: Sequence[str], limit: int, *, allowed: Sequence[str] | None = None
    ) -> TextHits:
        ids = [id_ for id_, text in POSTS.items() if set(text.split()) & set(tokens)]
        texts = [POSTS[id_] for id_ in ids]
        return TextHits(ids, np.ones(len(ids)), texts, [""] * len(ids))


def test_several_near_words_make_a_post_likelier_and_a_faint_one_counts_for_less() -> None:
    plain, faint = WordsFound(), WordsFound()
    near = {"sea": 0.4, "wave": 0.5, "boat": 0.1}  # the last is not near enough
    find_related(Reader(), plain, near, 10)
    find_related(Reader(), faint, near, 10, power=FAINT)
    assert plain.related == pytest.approx({"one": 0.4, "both": 0.7})
    lost = {id_: faint.related[id_] / plain.related[id_] for id_ in POSTS}
    assert lost["one"] < lost["both"] < 1
