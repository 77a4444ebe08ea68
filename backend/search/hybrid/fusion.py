"""Join what the parts of a search found into one rank, and say how likely a hit is relevant.

A logistic model: the log-odds of relevance are a weighted sum of the parts, each on its own
scale. So the same sum ranks the hits and tells strong ones from weak ones. The weights were
chosen on queries like those of ``python -m bench.relevance``, where strong hits are relevant
in nine of ten cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from backend.domain import Kind


class SearchPart(StrEnum):
    """What brought a hit."""

    WORDS = "words"
    PHRASE = "phrase"
    RELATED = "related"
    MEANING = "meaning"
    SPACE = "space"  # the joint space, which is named after what it compares:
    PICTURE = "picture"
    SOUND = "sound"
    AUTHOR = "author"
    FEEDBACK = "feedback"  # how near a text is to the first hits, never a reason
    ASPECTS = "aspects"  # how far a text is from a feeling and its topic, never a reason
    UNWANTED = "unwanted"  # how near a text is to what a query takes away, never a reason
    MOOD = "mood"  # how far a post is from the emotion that the query names, never a reason


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the parts, and the log-odds of a hit that is no nearer than chance."""

    words: float
    phrase: float
    related: float
    meaning: float
    space: float
    feedback: float
    aspects: float
    unwanted: float
    mood: float
    bias: float


# The parts in the proportions 4 : 4 : 1 : 0.5, chosen on a grid, then scaled to log-odds.
# The mood is a logarithm of probabilities already.
WEIGHTS = Weights(3.3, 2.5, 3.3, 0.83, 0.41, 0.0, 0.5, 2.0, 1.0, -4.8)
# Where first hits are read, they say some of what the query alone says elsewhere. Chosen on judged
# queries for posts in many languages; no less of the queries of ``bench.relevance`` was found.
READ_ON = replace(WEIGHTS, meaning=0.6, space=0.2, feedback=0.4)
CLEAR = 0.35  # of the strongest part: what adds less is no reason
SEEN = 0.1  # log-odds
MAX_PARTIAL = 0.65  # probability of relevance at most, of a hit with half of what was asked for
_POSITIVE, _NEGATIVE = ("joy", "trust"), ("fear", "sadness", "disgust", "anger")
_NO_REASONS = (SearchPart.FEEDBACK, SearchPart.ASPECTS, SearchPart.UNWANTED, SearchPart.MOOD)
_NEAR_ENOUGH = 1.0  # spreads from chance, of a text that means a query or an aspect of it
_CLEARLY_FELT = 0.4  # probability of an emotion: hardly any has more among nine
_MOST_FELT = 0.95  # quantile of users by an emotion, from which they have enough of it
_FELT_SHARE = 0.5  # of the weight of the sentiment, which is predicted better
_LEAST_PROBABILITY = 0.05
_ABOVE = 1e-6  # log-odds, against rounding
STRONG, WEAK = 0.7, 0.4  # probability of relevance from which a hit is called so
COPY = 0.98  # cosine from which a hit is what was asked for


def log_odds(columns: Mapping[SearchPart, np.ndarray]) -> np.ndarray:
    """Return the log-odds of relevance of each candidate.

    Parameters
    ----------
    columns : mapping of SearchPart to numpy.ndarray
        ``(n,)`` each; NaN where a candidate lacks what a part compares.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` float64.
    """
    parts = list(contributions(columns).values())
    return np.asarray(WEIGHTS.bias + np.sum(parts, axis=0))


def contributions(columns: Mapping[SearchPart, np.ndarray]) -> dict[SearchPart, np.ndarray]:
    """Return what each part adds to the log-odds, ``(n,)`` each."""
    weights = READ_ON if SearchPart.FEEDBACK in columns else WEIGHTS
    space = columns.get(SearchPart.SPACE)
    result = {}
    for part, values in columns.items():
        weight = getattr(weights, part.value)
        if part is SearchPart.SPACE and SearchPart.MEANING not in columns:
            weight += weights.meaning  # images, sounds and users have no other judge
        # The meaning of a post without a text is judged by the joint space.
        known = values if space is None else np.where(np.isnan(values), space, values)
        result[part] = weight * np.nan_to_num(known)
    if SearchPart.RELATED in result and SearchPart.MEANING in columns:
        result[SearchPart.RELATED] *= _agreement(columns[SearchPart.MEANING])
    return result


def _agreement(meaning: np.ndarray) -> np.ndarray:
    """Return how much of what words near to a query say counts, ``(n,)`` from 0 to 1.

    Such a word is near to a part of the query alone, often one that was counted as a word of it
    already: it adds nothing to a text that means something else.
    """
    return np.nan_to_num(np.clip(meaning / _NEAR_ENOUGH, 0.0, 1.0), nan=1.0)


def mood(felt: np.ndarray, positive: np.ndarray, emotion: str) -> np.ndarray:
    """Return how far posts are from an emotion, as log-odds of at most 0.

    A post of the other sentiment is far; one that is as likely to have the emotion as not is
    near enough, because predictions are not that sure.

    Parameters
    ----------
    felt : numpy.ndarray
        ``(n,)`` probability of the emotion; NaN where there is no prediction, which is near.
    positive : numpy.ndarray
        ``(n,)`` probability of positive sentiment.
    emotion : str
    """
    distance = _FELT_SHARE * _shortfall(felt, _CLEARLY_FELT)
    if emotion in _POSITIVE:
        distance = distance + _shortfall(positive, 0.5)
    elif emotion in _NEGATIVE:
        distance = distance + _shortfall(1.0 - positive, 0.5)
    return np.nan_to_num(distance)


def mood_of_users(felt: np.ndarray) -> np.ndarray:
    """Return how far users are from an emotion, as log-odds of at most 0.

    The mean over the posts of a user is far from certain of anything, so users are compared with
    those who have most of it.

    Parameters
    ----------
    felt : numpy.ndarray
        ``(n,)`` mean probability of the emotion; NaN where there is no prediction, which is near.
    """
    known = felt[~np.isnan(felt)]
    if not len(known):
        return np.zeros(len(felt))
    enough = max(float(np.quantile(known, _MOST_FELT)), _LEAST_PROBABILITY)
    return np.nan_to_num(_shortfall(felt, enough))


def aspects(nearness: np.ndarray) -> np.ndarray:
    """Return how far texts are from having all aspects of a query, at most 0.

    Parameters
    ----------
    nearness : numpy.ndarray
        ``(aspects, n)``, in spreads from chance; NaN where a post has no text.

    Returns
    -------
    numpy.ndarray
        ``(n,)``
    """
    lacking = np.minimum(np.nan_to_num(nearness), _NEAR_ENOUGH) - _NEAR_ENOUGH
    return np.asarray(lacking.sum(axis=0))


def unwanted(nearness: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return how near texts are to what a query takes away, at most 0.

    Parameters
    ----------
    nearness : numpy.ndarray
        ``(terms, n)``, in spreads from chance; NaN where a post has no text.
    weights : numpy.ndarray
        ``(terms,)``: those of the terms, all negative.

    Returns
    -------
    numpy.ndarray
        ``(n,)``; 0 for a text that is no nearer than chance.
    """
    return np.asarray(weights @ np.maximum(np.nan_to_num(nearness), 0.0))


def _shortfall(probability: np.ndarray, enough: float) -> np.ndarray:
    return np.log(np.clip(probability, _LEAST_PROBABILITY, enough) / enough)


def cap_partial_matches(odds: np.ndarray, is_partial: np.ndarray) -> np.ndarray:
    """Return the log-odds of candidates of which some have only half of what was asked for.

    These are weak at best.

    Parameters
    ----------
    odds : numpy.ndarray
        ``(n,)``
    is_partial : numpy.ndarray
        ``(n,)`` bool.
    """
    best = np.log(MAX_PARTIAL / (1.0 - MAX_PARTIAL))
    return np.where(is_partial, np.minimum(odds, best), odds)


def lift_copies(odds: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """Return the log-odds of candidates of which some are the very thing that was asked for.

    These are strong, even in a space whose vectors are so far apart by chance that the spread says
    little.

    Parameters
    ----------
    odds : numpy.ndarray
        ``(n,)``
    cosines : numpy.ndarray
        ``(n,)``, with the query; NaN without a vector.
    """
    least = np.log(STRONG / (1.0 - STRONG)) + _ABOVE
    return np.where(np.nan_to_num(cosines) >= COPY, np.maximum(odds, least), odds)


def relevance(odds: float) -> str:
    """Return ``strong``, ``weak`` or ``hardly`` from the log-odds of relevance."""
    probability = 1.0 / (1.0 + np.exp(-odds))
    return "strong" if probability >= STRONG else "weak" if probability >= WEAK else "hardly"


def reasons(strength: Mapping[SearchPart, float], kind: Kind, terms: set[Kind]) -> tuple[str, ...]:
    """Name the parts that brought a hit, the strongest first.

    Parameters
    ----------
    strength : mapping of SearchPart to float
        What each part added to the log-odds.
    kind : Kind
        Of the hit.
    terms : set of Kind
        The kinds of the terms of the query.
    """
    named: dict[SearchPart, float] = {}
    for part, value in strength.items():
        if part in _NO_REASONS:
            continue
        name = _SAID.get(part) or _compared(kind, terms)
        named[name] = named.get(name, 0.0) + value
    best = max(named.values(), default=0.0)
    # Words that are there can be seen, so they are always named.
    least = {SearchPart.WORDS: SEEN, SearchPart.PHRASE: SEEN}
    clear = [name for name, value in named.items() if value > least.get(name, CLEAR * best)]
    return tuple(str(name) for name in sorted(clear, key=lambda name: -named[name]))


_SAID = {
    SearchPart.WORDS: SearchPart.WORDS,
    SearchPart.PHRASE: SearchPart.PHRASE,
    SearchPart.MEANING: SearchPart.MEANING,
}


def _compared(kind: Kind, terms: set[Kind]) -> SearchPart:
    """Name what the joint space compares for hits of a kind and terms of some kinds."""
    if Kind.USER in terms or kind is Kind.USER:
        return SearchPart.AUTHOR
    if kind is Kind.IMAGE or terms == {Kind.IMAGE}:
        return SearchPart.PICTURE
    if kind is Kind.AUDIO or terms == {Kind.AUDIO}:
        return SearchPart.SOUND
    return SearchPart.MEANING
