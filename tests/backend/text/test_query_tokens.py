"""Which words of a query carry its topic, where a corpus has many languages."""

from __future__ import annotations

import pytest

from backend.text.search_tokens import query_tokens

LANGUAGES = ("en", "fr", "it", "pt", "de", "es")


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        pytest.param("red car", ["red", "car"], id="a French stopword in English"),
        pytest.param("the red car", ["red", "car"], id="beside an English stopword"),
        pytest.param("un chat noir", ["chat", "noir"], id="a French stopword in French"),
        pytest.param("noir et blanc", ["noir", "blanc"], id="words that English has as well"),
        pytest.param("gatto sul tetto", ["gatto", "tetto"], id="Italian"),
        pytest.param("et", ["et"], id="nothing else"),
    ],
)
def test_a_stopword_of_another_language_is_kept_in_english(line: str, tokens: list[str]) -> None:
    assert query_tokens(line, LANGUAGES) == tokens
