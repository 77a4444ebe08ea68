"""The language of a text, where it says enough to tell."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_CODE = re.compile(r"[A-Za-z]{2,3}(?![A-Za-z])")
_NOISE = re.compile(r"https?://\S+|[@#]\S+")
_LETTERS = 8  # fewer say nothing
_SURE = 0.35
_READ = 600  # characters

_lock = threading.Lock()


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import LanguageIdentifier

    found = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
    # Short English is taken for Nigerian Pidgin too often.
    found.set_languages([code for code in found.nb_classes if code != "pcm"])
    return found


def identify(text: str) -> str | None:
    """Name the language of a text (Lui and Baldwin, langid.py, 2012).

    Parameters
    ----------
    text : str

    Returns
    -------
    str or None
        ISO 639-1; None where the text is too short or the answer unsure.

    Examples
    --------
    >>> identify("Ich gehe heute ins Kino"), identify("ok")
    ('de', None)
    """
    words = _NOISE.sub(" ", text[: 2 * _READ])[:_READ].strip()
    if sum(map(str.isalpha, words)) < _LETTERS and words.isascii():
        return None
    if not any(map(str.isalpha, words)):
        return None
    with _lock:
        code, probability = _identifier().classify(words)
    return str(code) if probability >= _SURE else None


def code_of(text: str) -> str | None:
    """The short code in what a source says of a language.

    Examples
    --------
    >>> code_of("en-US"), code_of("pt_BR"), code_of("English")
    ('en', 'pt', None)
    """
    found = _CODE.match(text.strip())
    return found[0].lower() if found else None
