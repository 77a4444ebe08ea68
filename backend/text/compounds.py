"""The parts of compounds of languages that write them in one word: "Apfelkuchen", "hembakat".

A word is divided where both sides are usual words of its language, by the geometric mean of their
frequencies (Koehn and Knight, "Empirical Methods for Compound Splitting", 2003, section 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from backend.text.background import frequencies
from backend.text.search_tokens import (
    BREAK,
    PIECE,
    STEM,
    fold,
    folded_stopwords,
    search_tokens,
    stem,
)

# The languages that write compounds in one word, and what may stand between the parts.
LINKS = {
    "da": ("", "s", "e"),
    "de": ("", "s", "es", "n", "en", "er", "e"),
    "fi": ("", "n"),
    "nb": ("", "s", "e"),
    "nl": ("", "s", "n", "en", "e"),
    "no": ("", "s", "e"),
    "sv": ("", "s"),
}
_SHORTEST, _LONGEST = 7, 40  # letters of a compound
_PART = 3  # letters of a part, which must be usual when it is so short
_USUAL = 1e-5
_A_WORD = 5e-6  # share from which a compound is a word of its own: "Frühstück" is no piece
# Endings that look like words: "Freiheit" is no compound.
_ENDINGS = frozenset(
    {"bar", "bare", "chen", "ende", "heit", "isch", "ische", "keit", "lein", "lich", "liche"}
    | {"ling", "los", "lose", "sam", "same", "schaft", "ung", "ungen", "heid", "lijk", "lijke"}
    | {"ing", "ingen", "het", "heten", "else", "elser", "lig", "lige", "liga", "ssa", "lla", "sta"}
)


@lru_cache(maxsize=100_000)
def compound_parts(token: str, language: str) -> tuple[str, ...]:
    """Return the two parts of a folded compound; none where a word is not one.

    Examples
    --------
    >>> compound_parts("apfelkuchen", "de"), compound_parts("geburtstagsfeier", "de")
    (('apfel', 'kuchen'), ('geburtstag', 'feier'))
    >>> compound_parts("fruhstuck", "de"), compound_parts("breakfast", "en")
    ((), ())
    """
    if language not in LINKS or not _SHORTEST <= len(token) <= _LONGEST or not token.isalpha():
        return ()
    known = _known(language)
    if known.get(token, 0.0) >= _A_WORD:
        return ()
    best = max(_divided(token, language, known), default=None)
    return best[1:] if best is not None and best[0] > known.get(token, 0.0) ** 2 else ()


def query_parts(token: str, languages: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the parts of a compound of any of some languages, and which; none if it is English.

    Examples
    --------
    >>> query_parts("appeltaart", ("de", "nl")), query_parts("handbags", ("nl",))
    ((('appel', 'taart'), 'nl'), ((), ''))
    """
    if len(token) < _SHORTEST or not languages or frequencies("en").get(token):
        return (), ""
    divided = ((compound_parts(token, code), code) for code in languages)
    return next((found for found in divided if found[0]), ((), ""))


def _divided(
    token: str, language: str, known: dict[str, float]
) -> Iterator[tuple[float, str, str]]:
    """Yield the product of the frequencies of two parts, and these."""
    for end in range(_PART, len(token) - _PART + 1):
        last = known.get(token[end:], 0.0)
        if not last or token[end:] in _ENDINGS:
            continue
        for link in LINKS[language]:
            first = token[: end - len(link)]
            parts = first, token[end:]
            if token[end - len(link) : end] != link or first not in known:
                continue
            if all(len(part) > _PART or known[part] >= _USUAL for part in parts):
                yield known[first] * last, *parts


@lru_cache(maxsize=len(LINKS))
def _known(language: str) -> dict[str, float]:
    """Return the folded words of a language that can be parts, with their frequencies."""
    known: dict[str, float] = {}
    for word, share in frequencies({"no": "nb"}.get(language, language)).items():
        if len(word) >= _PART and word.isalpha():
            folded = word if word.isascii() else fold(word)
            known[folded] = max(share, known.get(folded, 0.0))
    for word in folded_stopwords(language):
        known.pop(word, None)
    return known


def indexed_words(fields: Iterable[str | None], language: str | None) -> str:
    """Return what a full-text index stores of a post: tokens by field, then stems.

    The stems of the parts of compounds come last.
    """
    words: list[str] = []
    for field in fields:
        if field and (tokens := search_tokens(field)):
            words += [*tokens, BREAK]
    spoken, distinct = language or "en", dict.fromkeys(words)
    stems = {stem(word, spoken) for word in distinct}
    pieces = {stem(part, spoken) for word in distinct for part in compound_parts(word, spoken)}
    ends = [(STEM, stems), (PIECE, pieces)]
    return " ".join(
        [*words, *(sign + each for sign, some in ends for each in sorted(filter(None, some)))]
    )
