"""Tokenizers. Each has a name, because uses differ in what a word is.

Explanations need every character, the networks of papers the split of their word
vectors, labels and vocabularies only words that can stand alone.
"""

from __future__ import annotations

import re
import unicodedata

from backend.text.stopwords import stopwords

# A run of letters, for names of slices.
WORD = re.compile(r"[^\W\d_]{3,}")
# With its apostrophes and hyphens ("rock'n'roll", "t-shirt"), for labels and word spaces.
COMPOUND_WORD = re.compile(rf"{WORD.pattern}(?:['’-][^\W\d_]+)*")
_ADDRESS_OR_ACCOUNT = re.compile(r"https?://\S+|www\.\S+|[@#]\w+")

# Scripts that put no space between words: Thai to Khmer, kana, Chinese.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_CHUNK = 2  # characters of such a script that go together
_EMOJI = "\u2600-\u27bf\U0001f000-\U0001faff"
_JOIN = "\ufe0f\u200d\U0001f3fb-\U0001f3ff"
EMOJI = re.compile(rf"[{_EMOJI}][{_JOIN}]*(?:(?<=\u200d)[{_EMOJI}\u2640\u2642][{_JOIN}]*)*")
# Any run without spaces, or an emoji; together they cover the text, for explanations.
PIECE = re.compile(
    rf"[{UNSPACED}]{{1,{_CHUNK}}}"
    rf"|{EMOJI.pattern}"
    rf"|[^\s{UNSPACED}{_EMOJI}]+"
)

# As the corpora of the usual word vectors were split: "don't" is "do n't".
_TOKEN = re.compile(
    r"[:;=8xX]['\-]?[()\[\]dDpP/\\|oO3]+|<3+|n't\b|'(?:s|re|ve|ll|d|m)\b|[^\W\d_]+(?=n't\b)"
    r"|[^\W_]+|[^\w\s]"
)
_SENTENCE = re.compile(r"(?<=[.!?…\n])\s+|\n+")


def split_emoji(text: str) -> tuple[str, str]:
    """Return the words of a text without its emoji, and its emoji.

    Examples
    --------
    >>> split_emoji("Great day 😒 so fun 😒")
    ('Great day so fun', '😒 😒')
    """
    return " ".join(EMOJI.sub(" ", text).split()), " ".join(EMOJI.findall(text))


def content_words(text: str, language: str | None = None) -> list[str]:
    """Return the words of a text that carry its topic, in lower case, in order.

    Parameters
    ----------
    text : str
    language : str, optional
        Of the text, for its stopwords.

    Returns
    -------
    list of str
        Without stopwords, numbers, addresses and names of accounts.

    Examples
    --------
    >>> content_words("See the 2 cats at http://x.org @anna")
    ['cats']
    """
    plain = _ADDRESS_OR_ACCOUNT.sub(" ", text.lower())
    stop = stopwords(language)
    return [word for word in COMPOUND_WORD.findall(plain) if word not in stop]


def tokens(text: str) -> list[str]:
    """Return words, emoticons and signs of a text, in lower case, as word vectors need them.

    Examples
    --------
    >>> tokens("I don't like it :( Really!")
    ['i', 'do', "n't", 'like', 'it', ':(', 'really', '!']
    """
    return _TOKEN.findall(text.lower())


def sentences(text: str) -> list[str]:
    """Return sentences and lines of a text, none empty.

    Examples
    --------
    >>> sentences("One. Two! three")
    ['One.', 'Two!', 'three']
    """
    return [s for s in (part.strip() for part in _SENTENCE.split(text)) if s]


def clean_words(text: str) -> list[str]:
    """Return words of messy text in any script; no signs, emoticons, numbers or single letters.

    Examples
    --------
    >>> clean_words("Ｄ-Day :) Café 2014 पुरुष 男人 x")
    ['day', 'café', 'पुरुष', '男人']
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    # Letters, digits, and marks, such as half of the vowels of Hindi; all else separates words.
    letters = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain)
    return [word for word in letters.split() if _is_word(word)]


def _is_word(word: str) -> bool:
    if word.isnumeric() or len(word) > 40:
        return False
    # One ideograph is a word, one letter of an alphabet is not.
    return len(word) > 1 or unicodedata.name(word, "").startswith(("CJK", "HANGUL"))
