"""Guess the encoding of texts that are not in UTF-8, by the letters that it gives."""

from __future__ import annotations

import re
from collections import Counter

# Letters beyond ASCII by language, lower case, with the encodings in use for it, best first.
# fmt: off
_ALPHABETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "German": ("äöüß", ("windows-1252", "mac-roman", "cp850")),
    "French": ("àâæçéèêëîïôœùûüÿ", ("windows-1252", "mac-roman", "cp850")),
    "Spanish": ("áéíñóúü¿¡ºª", ("windows-1252", "mac-roman", "cp850")),
    "Portuguese": ("áâãàçéêíóôõúü", ("windows-1252", "mac-roman", "cp850")),
    "Italian": ("àèéìíîòóùú", ("windows-1252", "mac-roman", "cp850")),
    "Nordic": ("åäöæøé", ("windows-1252", "mac-roman", "cp850")),
    "Dutch": ("éëïóöüèá", ("windows-1252", "mac-roman", "cp850")),
    "Polish": ("ąćęłńóśźż", ("windows-1250", "iso8859-2")),
    "Czech": ("áčďéěíňóřšťúůýž", ("windows-1250", "iso8859-2")),
    "Slovak": ("áäčďéíĺľňóôŕšťúýž", ("windows-1250", "iso8859-2")),
    "Hungarian": ("áéíóöőúüű", ("windows-1250", "iso8859-2")),
    "Croatian": ("čćđšž", ("windows-1250", "iso8859-2")),
    "Romanian": ("ăâîşţ", ("windows-1250", "iso8859-2")),
    "Turkish": ("çğıöşüâî", ("windows-1254",)),
    "Icelandic": ("áðéíóúýþæö", ("windows-1252",)),
    "Lithuanian": ("ąčęėįšųūž", ("windows-1257",)),
    "Latvian": ("āčēģīķļņšūž", ("windows-1257",)),
    "Estonian": ("äõöüšž", ("windows-1252", "windows-1257")),
}
# fmt: on
# What typists and word processors write between the letters of any language.
_SIGNS = frozenset("„“”‚‘’«»‹›–—…€£§°·•™©®×½¼¾²³ \u00a0¡¿ºª´")
_RUN = re.compile(rb"[\x80-\xff]")
_AROUND = 3  # bytes before and after


def latin(sample: bytes) -> tuple[str, float]:
    """Return the encoding of a sample, if it is in a Latin alphabet, and how sure that is.

    The one in which the most letters beyond ASCII belong to one language, Windows-1252
    if there are several.

    Parameters
    ----------
    sample : bytes

    Returns
    -------
    encoding : str
    sureness : float
        The fraction of letters that fit, at most 1.

    Examples
    --------
    >>> latin("Café à Zürich".encode("mac-roman")), latin("Zażółć gęślą".encode("cp1250"))
    (('mac-roman', 1.0), ('windows-1250', 1.0))
    """
    high = Counter(_RUN.findall(sample))
    total = sum(high.values())
    if not total:
        return "windows-1252", 1.0
    best, best_score = "windows-1252", 0.0
    for alphabet, encodings in _ALPHABETS.values():
        letters = set(alphabet) | set(alphabet.upper())
        for encoding in encodings:
            known = signs = 0
            for byte, times in high.items():
                letter = byte.decode(encoding, "replace")
                known += times * (letter in letters)
                signs += times * (letter in _SIGNS)
            # A sign where letters would be is a letter of another encoding.
            score = (known + 0.6 * signs) / total
            score -= _misplaced(sample, encoding)
            if score > best_score + 0.02:
                best, best_score = encoding, score
    return best, best_score


def _misplaced(sample: bytes, encoding: str) -> float:
    """Return the fraction of high bytes that stand within words and are no small letters."""
    text = sample[:20_000].decode(encoding, "replace")
    high = [i for i, c in enumerate(text) if c > "\x7f"]
    wrong = 0
    for i in high:
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        inside = before.islower() and before.isascii() and after.islower() and after.isascii()
        wrong += (inside and not text[i].islower()) or text[i] == "\ufffd"
    return wrong / max(1, len(high))
