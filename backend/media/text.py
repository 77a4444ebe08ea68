"""Clean text from outside of characters that are invisible or change how others are shown."""

from __future__ import annotations

import re
import unicodedata

from backend.media.errors import MediaError
from backend.media.source import limits_or_default
from backend.settings import Limits

_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters but tab and line end
    r"\u202a-\u202e\u2066-\u2069"  # bidi embeddings, overrides, isolates
    r"\ufeff\ufff9-\ufffb"  # byte order marks, annotation marks
    r"\ufdd0-\ufdef\ufffe\uffff"  # non-characters
    r"\u2060-\u2065\u206a-\u206f]"  # invisible operators, deprecated marks
)
_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Tag characters spell text that nobody sees; only flags (England, Scotland,
# Wales) begin with a black flag and use them.
_TAGS = re.compile(r"(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0000-\U000e007f]")
# Letters and symbols by category, yet blank on every screen: Hangul fillers, empty Braille.
_BLANK = set("\u115f\u1160\u2800\u3164\uffa0")
_INVISIBLE = {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me"}


def clean_text(text: str, limits: Limits | None = None) -> str | None:
    r"""Make text from outside safe to store, count and show.

    Removed: control characters, bidi overrides, lone surrogates, invisible tag
    characters, white space around it. Kept: emoji with their joiners and
    variation selectors, line ends (as ``\n``), tabs, every script's own
    direction marks. Normalised to NFC.

    Parameters
    ----------
    text : str
    limits : Limits, optional
        ``text_characters`` applies. Default: those of the settings.

    Returns
    -------
    str or None
        None when nothing that can be seen is left: the post then has no text,
        which is no error when it has an image or a sound.

    Raises
    ------
    MediaError
        ``too_long``.

    Examples
    --------
    >>> clean_text(" cafe\u0301 \x00")
    'café'
    >>> clean_text(" \u200b ") is None
    True
    """
    limits = limits_or_default(limits)
    if text.isascii() and not _ASCII_CONTROL.search(text):
        text = text.strip()  # most texts: there is nothing to clean
        _check_length(text, limits)
        return text or None
    # Joins surrogate pairs that came in two halves and drops the lone ones.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    text = _LINE_ENDS.sub("\n", text)
    text = _TAGS.sub(r"\1", _UNWANTED.sub("", text)).strip()
    # Before normalising, which is quadratic for hostile input, and after,
    # because it can lengthen a text.
    _check_length(text, limits)
    text = unicodedata.normalize("NFC", text)
    _check_length(text, limits)
    return text if any(map(_visible, text)) else None


def _check_length(text: str, limits: Limits) -> None:
    if len(text) > limits.text_characters:
        raise MediaError(
            "too_long",
            f"The text has {len(text):,} characters and the limit is"
            f" {limits.text_characters:,}; shorten it.",
        )


def _visible(character: str) -> bool:
    """Not a space, a format mark or a mark without its letter; newer emoji count as visible."""
    return unicodedata.category(character) not in _INVISIBLE and character not in _BLANK
