"""Whether a recognised line can be trusted, and its text put in order.

The network knows Latin, Chinese and Japanese characters. Of other scripts it returns
nothing, only the spaces, or characters that look alike.
"""

from __future__ import annotations

import re
import unicodedata

from backend.recognition.lexicon import is_cyrillic_in_disguise, is_known, split_joined

SURE = 0.75  # confidence of a line below which nothing is read from it
VERY_SURE = 0.9  # above, words that no list has may be names
# Characters per height of a line: Latin text has about two.
_FEWEST = 0.75
_FEWEST_WIDE = 0.35  # Chinese and Japanese
_LETTERS = 2  # a single one is more often a cross, a circle or a window
_LONG = 3  # letters of a word that is looked up
_WORD = re.compile(r"[^\W\d_]+")
_CAPITALS = re.compile(r"(?<![#@\w])[^\W\d_]{6,}(?!\w)")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def is_readable(text: str, confidence: float, ratio: float) -> bool:
    """Whether a recognised line is text, and in a script that the network knows.

    Parameters
    ----------
    text : str
    confidence : float
    ratio : float
        Width over height of the line.

    Examples
    --------
    >>> is_readable("END OF EVENING", 0.98, 7.5)
    True
    >>> is_readable("X", 0.97, 1.0), is_readable("071V D17U", 0.86, 4.2)
    (False, False)
    """
    letters = [c for c in text if c.isalnum()]
    if len(letters) < _LETTERS or confidence < SURE:
        return False
    wide = len(_WIDE.findall(text))
    if len(text.replace(" ", "")) < ratio * (_FEWEST_WIDE if wide else _FEWEST):
        return False
    greek = sum(unicodedata.name(c, "").startswith("GREEK") for c in letters)
    if greek * 2 > len(letters):
        return False
    words = _WORD.findall(text)
    if words and all(is_cyrillic_in_disguise(word) for word in words):
        return False
    return bool(wide) or confidence >= VERY_SURE or has_known_word(text)


def has_known_word(text: str) -> bool:
    """Whether a text has a word of three letters or more that exists.

    Examples
    --------
    >>> has_known_word("Old No. 5"), has_known_word("CFIGLI 3")
    (True, False)
    """
    return any(len(word) >= _LONG and is_known(word) for word in _WORD.findall(text))


def tidy(text: str) -> str:
    """Put spaces back between capitals, and ordinary punctuation into Latin text.

    Examples
    --------
    >>> tidy("ICANNOTEVEN，OFEVENING #OFEVENING")
    'I CANNOT EVEN,OF EVENING #OFEVENING'
    """
    if not _WIDE.search(text):
        text = text.translate(_FULLWIDTH)
    text = _CAPITALS.sub(_spaced, text)
    return " ".join(text.split())


def _spaced(match: re.Match[str]) -> str:
    word = match.group()
    return " ".join(split_joined(word)) if word.isupper() else word
