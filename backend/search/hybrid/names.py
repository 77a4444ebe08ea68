"""Users whose names have the words of a query, accents and case aside."""

from __future__ import annotations

from collections.abc import Sequence

from backend.corpus import Corpus
from backend.domain import Kind
from backend.search.hybrid.encoded import EncodedTerm
from backend.text.emotion_words import without_feelings

_FOUND = 50


def name_scores(corpus: Corpus, terms: Sequence[EncodedTerm]) -> dict[str, float]:
    """Return how well the names of users match the texts of a query, from 0 to 1, by id.

    Beside other terms a text that only names a feeling is none of a user: "@anna + joy".
    """
    scores: dict[str, float] = {}
    texts = [term for term in terms if term.kind is Kind.TEXT and term.words and term.weight > 0]
    if len(terms) > 1:
        texts = [term for term in texts if without_feelings(term.words)]
    total = sum(abs(term.weight) for term in terms)
    for term in texts:
        for user in corpus.find_users(term.words, limit=_FOUND):
            scores[user.id] = scores.get(user.id, 0.0) + term.weight / total
    return scores
