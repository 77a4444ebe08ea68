"""How often a language has a word, whatever the corpus."""

from __future__ import annotations

from functools import lru_cache


def frequency(word: str, language: str | None) -> float:
    """Return the share of the words of a language that are this one; 0 where it is not known.

    By the lists of ``wordfreq`` (Speer 2022), from subtitles, news, encyclopedias and posts.

    Examples
    --------
    >>> frequency("coffee", "en") > frequency("espresso", "en") > frequency("cofee", "xx")
    True
    """
    return frequencies(language).get(word, 0.0) if language else 0.0


@lru_cache(maxsize=16)
def frequencies(language: str) -> dict[str, float]:
    """Return the words of a language that are usual, with their shares; none where not known."""
    import wordfreq

    if language not in wordfreq.available_languages("small"):
        return {}
    return dict(wordfreq.get_frequency_dict(language, wordlist="small"))
