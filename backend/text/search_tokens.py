"""Tokens for full-text search in any language: folded words, hashtags, names, emoji and stems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from backend.text.background import frequencies
from backend.text.hashtags import split_hashtag
from backend.text.stopwords import stopwords
from backend.text.tokens import EMOJI, UNSPACED

BREAK = "¶"  # between fields: no phrase crosses it
STEM = "~"  # before a stem, which no word begins with
PIECE = STEM + STEM  # before the stem of a part of a compound
ACCENTS = "[\u0300-\u036f\u064b-\u0652]"
_ACCENTS = re.compile(ACCENTS)
_USUAL = 1e-4  # share of the words of a language
_SKINS = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
# Letters and digits, and the signs of Indic vowels; not the scripts without spaces.
_LETTERS = rf"(?:(?![{UNSPACED}])[\w\u0900-\u0963\u0966-\u0dff])+"
_TOKEN = re.compile(
    rf"(?P<tag>[#@]\w+)|(?P<emoji>{EMOJI.pattern})|(?P<run>[{UNSPACED}]+)|(?P<word>{_LETTERS})"
)
_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian",
    "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip


def fold(text: str) -> str:
    """Return a text without case, accents and differences of width.

    Examples
    --------
    >>> fold("Ｃafé STRAßE")
    'cafe strasse'
    """
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart))


def search_tokens(text: str) -> list[str]:
    """Return the tokens of a text, in order.

    A hashtag or account is a token, followed by its words; an emoji is one, whatever its
    skin. Of scripts without spaces, each two neighbouring characters are.

    Examples
    --------
    >>> search_tokens("Très bon #GoodMorning ☕️ 東京都")
    ['tres', 'bon', '#goodmorning', 'good', 'morning', '☕', '東京', '京都']
    """
    found: list[str] = []
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text)):
        token = match[0]
        if match["tag"]:
            found.append(fold(token))
            found += [fold(word) for word in _words_of_tag(token)]
        elif match["emoji"]:
            found.append(_SKINS.sub("", token))
        elif match["run"]:
            found += [token[i : i + 2] for i in range(max(1, len(token) - 1))]
        else:
            found.append(fold(token))
    return found


def _words_of_tag(token: str) -> list[str]:
    """Return the words of a hashtag; of an account only what its name separates."""
    if token.startswith("#"):
        return split_hashtag(token)
    return [part for part in re.split(r"[_\d]+", token[1:]) if part]


@lru_cache(maxsize=100_000)
def stem(token: str, language: str) -> str | None:
    """Return the stem of a folded word in a language; None where there is none to be had.

    Examples
    --------
    >>> stem("trains", "en"), stem("#trains", "en")
    ('train', None)
    """
    algorithm = _STEMMERS.get(language)
    if algorithm is None or not token.isalpha():
        return None
    return fold(_stemmer(algorithm).stemWord(token))


@lru_cache(maxsize=len(_STEMMERS))
def _stemmer(algorithm: str):  # type: ignore[no-untyped-def]  # the package has no types
    import snowballstemmer

    return snowballstemmer.stemmer(algorithm)


def query_tokens(text: str, languages: Sequence[str]) -> list[str]:
    """Return the tokens of a query that carry its topic, without repetition.

    Stopwords are those of English and of the languages in which the query has most of them;
    a query of nothing else keeps them. A single one that is usual in English, too, is none where
    all words are English.

    Examples
    --------
    >>> query_tokens("the red car", ("en", "fr")), query_tokens("un chat noir", ("en", "fr"))
    (['red', 'car'], ['chat', 'noir'])
    """
    tokens = list(dict.fromkeys(search_tokens(text)))
    common = {code: set(tokens) & folded_stopwords(code) for code in {*languages, "en"}}
    most = max(map(len, common.values()))
    others = [some for some in common.values() if len(some) == most]
    foreign = set().union(*others) - common["en"]
    english = frequencies("en")
    if len(foreign) == 1 and all(map(english.get, tokens)):
        foreign = {token for token in foreign if english[token] < _USUAL}
    stop = common["en"] | foreign
    return [token for token in tokens if token not in stop] or tokens


@lru_cache(maxsize=64)
def folded_stopwords(language: str) -> frozenset[str]:
    """Stopwords as `search_tokens` writes them."""
    return frozenset(fold(word) for word in stopwords(language))
