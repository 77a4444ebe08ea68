"""Terms that say what a post is about: words, phrases, hashtags and emoji, as people wrote them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from backend.text.segments import segments
from backend.text.stopwords import stopwords
from backend.text.tokens import EMOJI, UNSPACED

_ADDRESS_OR_ACCOUNT = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@\w+")
# Letters with the vowel signs of Indic scripts; not the scripts without spaces.
_LETTER = rf"(?:(?![{UNSPACED}])[^\W\d_]|[\u0900-\u0963\u0970-\u0dff\u064b-\u0652])"
_TOKEN = re.compile(
    rf"(?P<tag>\#\w+)|(?P<emoji>{EMOJI.pattern})|(?P<run>[{UNSPACED}]+)"
    rf"|(?P<word>{_LETTER}+(?:['’\-]{_LETTER}+)*)|(?P<space>[ \t])|(?P<other>.)",
    re.DOTALL,
)
_SKINS = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
_APOSTROPHE = re.compile("['’]")
_ELIDED = frozenset({"fr", "it", "ca"})  # languages that write an article before an apostrophe
_NUMBERS = frozenset(
    {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
    | {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"}
    | {"thousand", "million", "first", "second", "third", "half"}
)
_SHORT_LETTERS = 2  # a word has more, except where the script needs few


def topic_terms(text: str, language: str | None = None, *, phrases: bool = False) -> list[str]:
    """Return the terms of a text in order, in lower case.

    Words carry the topic: no stopwords of the language or of English, no numbers, addresses
    or names of accounts. A hashtag stays whole and keeps its sign; an emoji is a term,
    whatever its skin. Scripts without spaces are divided into words.

    Parameters
    ----------
    text : str
    language : str, optional
        ISO 639-1, of the text.
    phrases : bool
        Add two words that follow one another, with a space between them.

    Returns
    -------
    list of str

    Examples
    --------
    >>> topic_terms("The oat milk of 2 cafés ☕️ #CoffeeLover @anna", phrases=True)
    ['oat', 'milk', 'oat milk', 'cafés', '☕', '#coffeelover']
    >>> topic_terms("コーヒーがない", "ja"), topic_terms("J'ai vu l'examen", "fr")
    (['コーヒー'], ['examen'])
    """
    stop = _stop(language)
    found: list[str] = []
    last = ""  # the word just before, where a phrase may go on
    for match in _TOKEN.finditer(_ADDRESS_OR_ACCOUNT.sub(" ¶ ", text)):
        if match["space"]:
            continue
        if match["tag"]:
            found.append(match[0].casefold())
        elif match["emoji"]:
            found.append(_SKINS.sub("", match[0]))
        elif match["run"]:
            found += [w for w in segments(match[0], language) if _is_topic(w, stop)]
        elif match["word"]:
            word = _bare(match[0].lower(), language, stop)
            if _is_topic(word, stop):
                found.append(word)
                if phrases and last and last != word:
                    found.append(f"{last} {word}")
                last = word
                continue
        last = ""
    return found


@lru_cache(maxsize=64)
def _stop(language: str | None) -> frozenset[str]:
    return stopwords(language) | _NUMBERS


def _bare(word: str, language: str | None, stop: frozenset[str]) -> str:
    """Return a word without an article or an ending that an apostrophe joins to it."""
    parts = _APOSTROPHE.split(word)
    if len(parts) < len("ab") or word in stop:
        return word
    if language in _ELIDED:
        return parts[-1]
    return parts[0] if language == "tr" or parts[-1] == "s" else word


def _is_topic(word: str, stop: frozenset[str]) -> bool:
    if word in stop or word.isnumeric():
        return False
    if len(word) > _SHORT_LETTERS:
        return any(not unicodedata.name(c, "").startswith("HIRAGANA") for c in word)
    # One ideograph may be a word, and two letters of Hangul or kana are.
    names = [unicodedata.name(c, "") for c in word]
    if all(name.startswith("CJK") for name in names):
        return True
    return len(word) == _SHORT_LETTERS and all(n.startswith(("HANGUL", "KATA")) for n in names)


def two_words(term: str) -> tuple[str, str] | None:
    """Return the words of a phrase; None for any other term."""
    pair = tuple(term.split(" "))
    return next(pairwise(pair)) if len(pair) == len("ab") else None
