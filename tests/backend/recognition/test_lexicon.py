from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.recognition.lexicon import split_joined


@pytest.mark.parametrize(
    ("joined", "parts"),
    [
        ("OFEVENING", "OF EVENING"),
        ("ICANNOTEVENRIGHT", "I CANNOT EVEN RIGHT"),
        ("MONCHATESTPARTIHIER", "MON CHAT EST PARTI HIER"),
        ("MÜDEVONALLEM", "MÜDE VON ALLEM"),
        ("TENGOTANTOMIEDO", "TENGO TANTO MIEDO"),
        ("SCHMETTERLING", "SCHMETTERLING"),
        ("INSTAGRAM", "INSTAGRAM"),
        ("XQZVKWPTR", "XQZVKWPTR"),
    ],
)
def test_spaces_come_back_and_words_stay_whole(joined: str, parts: str) -> None:
    assert " ".join(split_joined(joined)) == parts


@given(st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=60))
def test_no_letter_is_lost(word: str) -> None:
    assert "".join(split_joined(word)) == word
