"""Words of scripts that put no space between them: the likeliest division into known words."""

from __future__ import annotations

import math
import re
import unicodedata

from backend.text.background import frequency

_KANA = re.compile("[\u3040-\u30ff]")
_LONGEST = 8  # characters of a word
_UNKNOWN = 1e-9  # frequency of a single character that is in no list
_LANGUAGES = ("ja", "zh")  # of which there is a list


def segments(run: str, language: str | None = None) -> list[str]:
    """Divide text of a script without spaces into words, in order.

    The division is the one whose words are the most frequent (unigram model), by the lists
    of ``wordfreq``. Of scripts without a list, such as Thai, a run stays whole.

    Parameters
    ----------
    run : str
    language : str, optional
        ``ja`` or ``zh``; otherwise Japanese where there is any kana.

    Returns
    -------
    list of str

    Examples
    --------
    >>> segments("朝のコーヒーがないと仕事が始まらない", "ja")[:4]
    ['朝', 'の', 'コーヒー', 'が']
    """
    if not any(unicodedata.name(c, "").startswith(("CJK", "HIRA", "KATA")) for c in run):
        return [run]
    known = language if language in _LANGUAGES else "ja" if _KANA.search(run) else "zh"
    best = [0.0] + [-math.inf] * len(run)
    start = [0] * (len(run) + 1)
    for end in range(1, len(run) + 1):
        for begin in range(max(0, end - _LONGEST), end):
            found = frequency(run[begin:end], known)
            if not found:
                if end - begin > 1:
                    continue
                found = _UNKNOWN
            score = best[begin] + math.log(found)
            if score > best[end]:
                best[end], start[end] = score, begin
    words: list[str] = []
    end = len(run)
    while end:
        words.append(run[start[end] : end])
        end = start[end]
    return words[::-1]
