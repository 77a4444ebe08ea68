"""Which words exist, and how frequent they are, in the languages that recognition meets.

The lists are those of PyPI ``wordfreq`` (Speer 2022, CC BY-SA 4.0), loaded when the first
word is looked up.
"""

from __future__ import annotations

import math
from functools import lru_cache

LATIN = ("en", "es", "fr", "de", "it", "pt", "nl", "pl")
# Capitals of the Cyrillic alphabet that look like Latin ones.
_LOOK_ALIKES = str.maketrans("ABEKMHOPCTYX3", "АВЕКМНОРСТУХЗ")
_KNOWN = 2.7  # zipf: occurs at least once in two million words
_COMMON = 3.4  # zipf that a part of a joined word needs
_SHORT = 5.3  # zipf that a part of one or two letters needs
_LONGEST = 18  # letters of a part
_UNKNOWN = 14.0  # cost in nats of a whole word that no list has, and 1.6 for each letter


def is_known(word: str, languages: tuple[str, ...] = LATIN) -> bool:
    """Whether a word exists in one of some languages.

    Examples
    --------
    >>> is_known("evening"), is_known("ofevening")
    (True, False)
    """
    return any(_zipf(word.lower(), language) >= _KNOWN for language in languages)


def is_cyrillic_in_disguise(word: str) -> bool:
    """Whether a Latin word in capitals is a Russian word that was read letter by letter.

    Examples
    --------
    >>> is_cyrillic_in_disguise("MOCKBA"), is_cyrillic_in_disguise("MEMO")
    (True, False)
    """
    letters = word.translate(_LOOK_ALIKES)
    looks_russian = len(word) > 2 and all("А" <= letter <= "Я" for letter in letters)
    return looks_russian and not is_known(word) and is_known(letters, ("ru",))


def split_joined(word: str, languages: tuple[str, ...] = LATIN) -> list[str]:
    """Split words that were written without spaces; a word that exists stays whole.

    The split is the most probable one under the frequencies of one language's words
    (Norvig 2009, "Natural Language Corpus Data"); of the languages, the best one is taken.

    Parameters
    ----------
    word : str
        Letters only.
    languages : tuple of str
        To try.

    Returns
    -------
    list of str
        The parts, in the case of `word`; only `word` where no split is sure.

    Examples
    --------
    >>> split_joined("OFEVENING"), split_joined("MONCHATESTPARTI")
    (['OF', 'EVENING'], ['MON', 'CHAT', 'EST', 'PARTI'])
    """
    lower = word.lower()
    if len(lower) != len(word) or is_known(lower):
        return [word]
    best: tuple[float, list[int]] = (_UNKNOWN + 1.6 * len(lower), [len(lower)])
    for language in languages:
        split = _split(lower, language)
        if split is not None and split[0] < best[0]:
            best = split
    starts = [0, *best[1][:-1]]
    return [word[start:end] for start, end in zip(starts, best[1], strict=True)]


def _split(lower: str, language: str) -> tuple[float, list[int]] | None:
    """Return cost and ends of the parts of the cheapest split; None where there is none."""
    costs: list[tuple[float, list[int]] | None] = [(0.0, [])]
    for end in range(1, len(lower) + 1):
        best: tuple[float, list[int]] | None = None
        for start in range(max(0, end - _LONGEST), end):
            before, cost = costs[start], _cost(lower[start:end], language)
            if before is None or cost is None:
                continue
            if best is None or before[0] + cost < best[0]:
                best = before[0] + cost, [*before[1], end]
        costs.append(best)
    return costs[-1]


@lru_cache(maxsize=50_000)
def _cost(part: str, language: str) -> float | None:
    """Return minus the log probability of a word; None for one that is no part of a split."""
    zipf = _zipf(part, language)
    if zipf < (_SHORT if len(part) < 3 else _COMMON):
        return None
    return (9.0 - zipf) * math.log(10.0)


@lru_cache(maxsize=50_000)
def _zipf(word: str, language: str) -> float:
    """Return log10 of the occurrences in a billion words; 0 for an unknown word."""
    import wordfreq

    frequency = wordfreq.get_frequency_dict(language, wordlist="small").get(word, 0.0)
    return math.log10(frequency * 1e9) if frequency > 0 else 0.0
