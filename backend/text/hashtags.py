"""Words of hashtags and names of accounts: "#MondayMotivation", "#nosleep", "#bad_day"."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

# A compound is divided only into words that are usual enough. Below, languages that the
# dictionary does not know fall apart: "Feierabend" into "fei era bend".
LEAST_LOG_PROBABILITY = -5.2  # mean over the words, to the base of ten
SHORTEST, LONGEST = 6, 40  # letters of a compound
_SHORT = frozenset(
    {"a", "i", "am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me"}
    | {"my", "no", "of", "oh", "on", "or", "so", "to", "up", "us", "we"}
)
_LOWER = re.compile(r"[a-z]+")


def split_hashtag(tag: str) -> list[str]:
    """Split a hashtag or the name of an account into its words.

    Capitals, underscores and digits divide first; then a compound of English words in
    small letters, where that is likely.

    Parameters
    ----------
    tag : str
        With or without its sign.

    Returns
    -------
    list of str
        In the letters of the tag; empty where it has no letter or digit.

    Examples
    --------
    >>> split_hashtag("#MondayMotivation2024")
    ['Monday', 'Motivation', '2024']
    >>> split_hashtag("nosleep"), split_hashtag("Feierabend")
    (['no', 'sleep'], ['Feierabend'])
    """
    words: list[str] = []
    for run in tag.lstrip("#").replace("-", "_").split("_"):
        for word in _by_case(run):
            words += _compound(word)
    return words


def _by_case(run: str) -> list[str]:
    """Split "NYTimesBestOf2024" before capitals that begin a word, and around digits."""
    cuts = [0]
    for i in range(1, len(run)):
        before, here, after = run[i - 1], run[i], run[i + 1 : i + 2]
        begins = here.isupper() and (before.islower() or (before.isupper() and after.islower()))
        begins = begins and not (i == 1 and before.islower())  # "iPhone"
        if begins or (here.isdecimal() != before.isdecimal()):
            cuts.append(i)
    return [run[a:b] for a, b in pairwise([*cuts, len(run)]) if run[a:b]]


@lru_cache(maxsize=4096)
def _compound(word: str) -> tuple[str, ...]:
    lower = word.lower()
    if not SHORTEST <= len(word) <= LONGEST or not _LOWER.fullmatch(lower) or usage(lower):
        return (word,)
    found = _dictionary().word_segmentation(
        lower, max_edit_distance=0, max_segmentation_word_length=24
    )
    parts = found.segmented_string.split()
    likely = found.log_prob_sum / len(parts) >= LEAST_LOG_PROBABILITY
    if not likely or any(p not in _SHORT and (len(p) < 3 or not usage(p)) for p in parts):
        return (word,)
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + len(part))
    return tuple(word[a:b] for a, b in pairwise(ends))


def usage(word: str) -> int:
    """How often English texts have a word; 0 for none of its frequent words."""
    return int(_dictionary().words.get(word.lower(), 0))


@lru_cache(maxsize=1)
def _dictionary() -> Any:
    """The frequent words of English that come with ``symspellpy`` (MIT), loaded at first use."""
    from importlib.resources import as_file, files

    from symspellpy import SymSpell

    # No misspelling is looked up: a short prefix spares the index of them, 50 MB.
    dictionary = SymSpell(max_dictionary_edit_distance=0, prefix_length=1)
    source = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    with as_file(source) as path:
        dictionary.load_dictionary(str(path), term_index=0, count_index=1, encoding="utf-8")
    return dictionary
