from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.media import MediaError, clean_text
from backend.settings import Limits

LIMITS = Limits()


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("nul\0 and bell\x07", "nul and bell"),
        ("  spaces around\t\n", "spaces around"),
        ("two\r\nlines\rand\u2028more", "two\nlines\nand\nmore"),
        ("a\ttab stays", "a\ttab stays"),
        ("evil\u202egnp.exe\u202c", "evilgnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("lone \ud83d surrogate \udc00", "lone  surrogate"),
        ("\ud83d\ude00 in two halves", "😀 in two halves"),
        ("\ufeffmarked", "marked"),
        ("cafe\u0301", "café"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("non\ufffecharacter\ufdd0", "noncharacter"),
        ("<b>not our business</b>", "<b>not our business</b>"),
    ],
)
def test_cleaning(dirty: str, clean: str) -> None:
    assert clean_text(dirty, LIMITS) == clean


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧‍👦",
        "🏳️‍🌈 👍🏽 1️⃣ ❤️",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "🫨",
        "می‌خواهم",
        "שלום\u200f!",
        "क्षि",
        "ภาษา\u200bไทย",
        "e\u0328\u0301".replace("e\u0328", "ę"),
    ],
)
def test_what_scripts_and_emoji_need_is_kept(text: str) -> None:
    assert clean_text(text, LIMITS) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "blank", ["", " \n\t", "\0\0", "\u200b\u200d", "\ufe0f", "\u202e", "\u3164 \u2800", "\ud800"]
)
def test_nothing_to_see_is_no_text(blank: str) -> None:
    assert clean_text(blank, LIMITS) is None


def test_too_long() -> None:
    assert clean_text("a" * 20_000, LIMITS) == "a" * 20_000
    with pytest.raises(MediaError, match="20,001 characters and the limit is 20,000") as error:
        clean_text("a" * 20_001, LIMITS)
    assert error.value.code == "too_long"
    assert clean_text("\0" * 30_000 + "a", LIMITS) == "a"  # what is removed does not count
    with pytest.raises(MediaError):
        clean_text("\u0958" * 15_000, LIMITS)  # one character that is two in NFC


@given(st.text(st.characters(codec=None), max_size=200))
def test_always_safe_and_stable(text: str) -> None:
    clean = clean_text(text, LIMITS)
    if clean is None:
        return
    clean.encode()  # no surrogates
    assert clean == clean.strip() != ""
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in clean)
    assert clean_text(clean, LIMITS) == clean
