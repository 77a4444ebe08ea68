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
_MEASURED = 20_000  # bytes
_ENCODINGS = {encoding for _, encodings in _ALPHABETS.values() for encoding in encodings}


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
    signs = {encoding: _signs(sample, encoding) for encoding in _ENCODINGS}
    best, best_score = "windows-1252", 0.0
    for alphabet, encodings in _ALPHABETS.values():
        letters = set(alphabet) | set(alphabet.upper())
        for encoding in encodings:
            decoded = ((byte.decode(encoding, "replace"), n) for byte, n in high.items())
            known = sum(n for letter, n in decoded if letter in letters)
            score = known / total + signs[encoding]
            if score > best_score + 0.02:
                best, best_score = encoding, score
    if best == "windows-1252" and b"\xa4" in high:
        best = "iso8859-15"  # a euro there; the sign for any currency that it is here nobody types
    return best, min(best_score, 1.0)


def _signs(sample: bytes, encoding: str) -> float:
    """Return the fraction of high bytes that are signs where signs stand, less what is misplaced.

    Signs stand at the ends of words, an apostrophe also within; a capital letter or a sign
    between small letters is a letter of another encoding.
    """
    text = sample[:_MEASURED].decode(encoding, "replace")
    places = [i for i, c in enumerate(text) if c > "\x7f"]
    found = 0.0
    for i in places:
        before, after = text[i - 1 : i].isalpha(), text[i + 1 : i + 2].isalpha()
        if text[i] in _SIGNS:
            found += 1 if text[i] in "’‘" or not (before and after) else 0.3
        inside = text[i - 1 : i].islower() and text[i + 1 : i + 2].islower()
        wrong = inside and not text[i].islower() and text[i] not in "’‘"
        found -= wrong or text[i] == "\ufffd"
    return found / max(1, len(places))
