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


def language_code(text: str) -> str | None:
    """Return the language code at the start of a locale name.

    Examples
    --------
    >>> language_code("en-US"), language_code("pt_BR"), language_code("English")
    ('en', 'pt', None)
    """
    match = _CODE.match(text.strip())
    return match[0].lower() if match else None
