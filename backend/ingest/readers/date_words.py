"""The words of dates: months, days of the week, halves of the day and zones, by language.

The names come from the tables of dateparser (Unicode CLDR and its additions).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# Where names mean different months (Polish and Croatian listopad), the first language wins.
# fmt: off
LANGUAGES = (
    "en", "es", "pt", "fr", "de", "it", "ru", "nl", "tr", "pl", "id", "ar", "fa", "uk", "cs", "sv",
    "ro", "hu", "da", "nb", "fi", "el", "he", "vi", "th", "ms", "bg", "hr", "sr-Latn", "sr-Cyrl",
    "sk", "sl", "lt", "lv", "et", "ca", "gl", "eu", "is", "hi", "bn", "ta", "te", "ur", "ka", "hy",
    "kk", "az-Latn", "sw", "af", "be", "mk", "sq", "fil", "cy", "ga", "ja", "ko", "zh-Hans",
)
# Words without a meaning of their own in a date.
_FILLERS = frozenset((
    "st", "nd", "rd", "th", "er", "re", "eme", "º", "ª", "of", "the", "at", "on", "um", "uhr",
    "de", "del", "di", "du", "le", "den", "der", "o", "klo", "kl", "à", "a", "las", "los", "ob",
    "om", "year", "г", "год", "года", "р", "року", "v", "sat", "ore", "alle", "dnia", "godz",
    "pukul", "jam", "lúc", "ngày", "tháng", "năm", "time", "standard", "daylight", "summer",
    "coordinated", "universal",
))
# fmt: on

_PHRASE = re.compile(r"[\s\d]")

# Hours east of Greenwich. Names with one meaning wherever dates are written.
ZONES: Mapping[str, float] = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "est": -5, "edt": -4, "cdt": -5, "mst": -7,
    "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "cet": 1, "west": 1,
    "cest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9, "hkt": 8,
    "sgt": 8, "wib": 7, "aest": 10, "aedt": 11, "acst": 9.5, "acdt": 10.5, "awst": 8, "nzst": 12,
    "nzdt": 13, "brt": -3, "art": -3, "sast": 2, "nst": -3.5, "ndt": -2.5, "adt": -3, "pht": 8,
}  # fmt: skip
# Names with several meanings: what is taken, and what it might be.
DOUBTFUL_ZONES: Mapping[str, tuple[float, str]] = {
    "cst": (-6, "Central (America), China or Cuba"),
    "ist": (5.5, "India, Israel or Ireland"),
    "bst": (1, "British summer time or Bangladesh"),
    "ast": (-4, "Atlantic or Arabia"),
    "sst": (-11, "Samoa or Singapore"),
    "gst": (4, "Gulf or South Georgia"),
    "pkt": (5, "Pakistan"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of dates in one language, case-folded.

    Attributes
    ----------
    months : mapping of str to int
    halves : mapping of str to int
        0 for before noon, 12 for after it.
    others : frozenset of str
        Days of the week and words without meaning in a date.
    phrases : mapping of str to int
        Months whose names have a space or a digit in them, such as Vietnamese ones.
    """

    months: Mapping[str, int]
    halves: Mapping[str, int]
    others: frozenset[str]
    phrases: Mapping[str, int]


def _fold(names: list[str]) -> list[str]:
    return [name.casefold().strip(". ") for name in names]


@lru_cache(maxsize=64)
def words(language: str) -> Words:
    """Return the words of a language of `LANGUAGES`; English ones are always among them."""
    module = import_module(f"dateparser.data.date_translation_data.{language}")
    info = module.info
    names = {name: i for i, m in enumerate(_MONTHS, 1) for name in _fold(info.get(m, []))}
    months = {name: i for name, i in names.items() if name.isalpha() or not _PHRASE.search(name)}
    phrases = {name: i for name, i in names.items() if name not in months and name[0].isalpha()}
    halves = {name: n for key, n in (("am", 0), ("pm", 12)) for name in _fold(info.get(key, []))}
    days = {name for day in _DAYS for name in _fold(info.get(day, []))}
    skipped = {word for name in info.get("skip", []) for word in name.casefold().split()}
    others = days | skipped | _FILLERS
    if language != "en":
        english = words("en")
        months = {**english.months, **months}
        halves, others = {**english.halves, **halves}, others | english.others
    longest_first = dict(sorted(phrases.items(), key=lambda item: -len(item[0])))
    return Words(months, halves, frozenset(others), longest_first)
