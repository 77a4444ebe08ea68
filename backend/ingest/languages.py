"""Identify the language of a text."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_CODE = re.compile(r"[A-Za-z]{2,3}(?![A-Za-z])")
_NOISE = re.compile(r"https?://\S+|[@#]\S+")
_MIN_LETTERS = 8  # in scripts of ASCII letters
_MIN_PROBABILITY = 0.35
_MAX_CHARACTERS = 600  # of a text that are read

_lock = threading.Lock()


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
    # Short English texts are often mistaken for Nigerian Pidgin.
    identifier.set_languages([code for code in identifier.nb_classes if code != "pcm"])
    return identifier


def identify(text: str) -> str | None:
    """Identify the language of a text with langid (Lui and Baldwin, 2012).

    Returns
    -------
    str or None
        ISO 639-1; None where the text is too short or the probability too low.

    Examples
    --------
    >>> identify("Ich gehe heute ins Kino"), identify("ok")
    ('de', None)
    """
    words = _NOISE.sub(" ", text[: 2 * _MAX_CHARACTERS])[:_MAX_CHARACTERS].strip()
    if sum(map(str.isalpha, words)) < _MIN_LETTERS and words.isascii():
        return None
    if not any(map(str.isalpha, words)):
        return None
    with _lock:
        code, probability = _identifier().classify(words)
    return str(code) if probability >= _MIN_PROBABILITY else None


# Said of posts without a language, and of those whose language nobody knows.
_NONE = frozenset(["zxx", "qme", "qht", "qam", "qct", "qst", "art"])
_UNKNOWN = frozenset(["und", "mis", "mul", "unknown", "undefined", "none", "other", "unk"])
_NAMES = {
    name: code
    for code, names in {
        "ar": "arabic العربية", "bg": "bulgarian български", "bn": "bengali bangla বাংলা",
        "ca": "catalan català", "cs": "czech čeština", "da": "danish dansk",
        "de": "german deutsch allemand alemán tedesco", "el": "greek ελληνικά",
        "en": "english englisch anglais inglés inglese английский",
        "es": "spanish español castellano spanisch espagnol",
        "et": "estonian eesti", "fa": "persian farsi فارسی",
        "fi": "finnish suomi", "fr": "french français französisch francés francese",
        "he": "hebrew עברית", "hi": "hindi हिन्दी", "hr": "croatian hrvatski",
        "hu": "hungarian magyar", "id": "indonesian", "it": "italian italiano italienisch italien",
        "ja": "japanese 日本語", "ko": "korean 한국어", "lt": "lithuanian lietuvių",
        "lv": "latvian latviešu", "ms": "malay melayu", "nl": "dutch nederlands niederländisch",
        "no": "norwegian norsk", "pl": "polish polski polnisch", "pt": "portuguese português "
        "portugiesisch", "ro": "romanian română", "ru": "russian русский russisch",
        "sk": "slovak slovenčina", "sl": "slovenian slovenščina", "sr": "serbian српски srpski",
        "sv": "swedish svenska", "sw": "swahili kiswahili", "ta": "tamil தமிழ்",
        "te": "telugu తెలుగు", "th": "thai ไทย", "tl": "tagalog filipino", "tr": "turkish türkçe",
        "uk": "ukrainian українська", "ur": "urdu اردو", "vi": "vietnamese",
        "zh": "chinese mandarin 中文 汉语 漢語 chinesisch",
    }.items()
    for name in names.split()
}  # fmt: skip


@lru_cache(maxsize=1024)
def language_code(text: str) -> str | None:
    """Return the code of a language from a code of any age, a locale or a name.

    Returns
    -------
    str or None
        ISO 639-1 where there is such a code; empty where the text says that a post is in
        no language; None where it says nothing.

    Examples
    --------
    >>> language_code("en-US"), language_code("deu"), language_code("iw"), language_code("German")
    ('en', 'de', 'he', 'de')
    >>> language_code("zxx"), language_code("und")
    ('', None)
    """
    folded = text.strip().casefold()
    first = re.split(r"[\W_]+", folded, maxsplit=1)[0] if folded else ""
    if folded in _NAMES or first in _NAMES:
        return _NAMES.get(folded) or _NAMES[first]
    if first in _NONE:
        return ""
    match = _CODE.match(folded)
    if first in _UNKNOWN or match is None:
        return None
    from langcodes import standardize_tag

    try:
        return standardize_tag(match[0], macro=len(match[0]) == 3).split("-")[0]
    except ValueError:
        return match[0]
