"""Columns that count what others did with a post, such as likes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from backend.ingest.readers.column_names import is_of_another, is_of_owner, normalise, tokens

_NAMES = (
    "like likes favorite favorites favourite favourites fav favs heart hearts digg share shares "
    "retweet retweets reblog reblogs repost reposts boost boosts forward forwards reply replies "
    "comment comments quote quotes view views impression impressions play plays reaction "
    "reactions score ups downs upvote upvotes downvote downvotes bookmark bookmarks save saves "
    "note notes"
)
# In other languages, normalised.
_ELSEWHERE = (
    "jaime mentionsjaime partages commentaires vues reponses gefalltmir gefalltmirangaben geteilt "
    "kommentare antworten aufrufe megusta megustas compartidos comentarios respuestas "
    "reproducciones vistas curtidas compartilhamentos comentarios visualizacoes mipiace "
    "condivisioni commenti visualizzazioni лаики лаиков репосты репостов комментарии просмотры "
    "просмотров いいね いいね数 リツイート数 返信数 再生数 좋아요 공유 조회수 "
    "点赞 点赞数 赞 转发数 评论数"
)
_AROUND_THEM = "count counts num number nb total n public metrics stats of"
_RATINGS = (
    "note bewertung sterne grade stars etoiles puntuacion puntaje calificacion estrellas nota voto "
    "valutazione stelle оценка 评分 評価 評分 별점"
)
_GRADES = frozenset(_RATINGS.split())
_COUNTED = frozenset(_NAMES.split())
_FOREIGN = frozenset(_ELSEWHERE.split())
_AROUND = frozenset(_AROUND_THEM.split())
_SPACES = " \u00a0\u202f"
_GROUPED = re.compile(rf"\d{{1,3}}(?:([.,'’{_SPACES}])\d{{3}})(?:\1\d{{3}})*")
_SHORT = re.compile(r"(-?\d{1,15}(?:[.,]\d{1,2})?)\s?([KkMm]?)")


@lru_cache(maxsize=4096)  # asked for every cell
def is_count(column: str) -> bool:
    """Whether a name is of a count of reactions.

    Examples
    --------
    >>> [is_count(c) for c in ("retweet_count", "numComments", "J'aime", "user.likes", "liked")]
    [True, True, True, False, False]
    """
    if normalise(column) in _FOREIGN:
        return True
    words = set(tokens(column))
    known = words & _COUNTED
    return (
        bool(known)
        and words <= known | _AROUND
        and not (is_of_owner(column) or is_of_another(column))
    )


def is_rating(column: str) -> bool:
    """Whether a name is of a grade that people give, in any of some languages.

    Examples
    --------
    >>> is_rating("Note moyenne"), is_rating("Bewertung"), is_rating("notes")
    (True, True, False)
    """
    return bool(set(tokens(column)) & _GRADES) and not is_of_owner(column)


def number(value: Any) -> str | None:
    """Return a count as text, without separators of thousands; None for anything else.

    Examples
    --------
    >>> number("1,204"), number("1.204"), number("1 204"), number(3.0), number("1.2K"), number("x")
    ('1204', '1204', '1204', '3', '1200', None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return str(int(value)) if abs(value) < 1e15 and value == int(value) else None
    text = str(value).strip()
    if _GROUPED.fullmatch(text):
        return re.sub(r"\D", "", text)
    match = _SHORT.fullmatch(text)
    if match is None:
        return None
    amount = float(match[1].replace(",", ".")) * {"k": 1_000, "m": 1_000_000}.get(
        match[2].lower(), 1
    )
    return str(round(amount)) if abs(amount - round(amount)) < 1e-6 else None
