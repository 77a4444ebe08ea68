"""Terms that say what a post is about."""

from __future__ import annotations

import pytest

from backend.text.segments import segments
from backend.text.topic_terms import topic_terms, two_words


@pytest.mark.parametrize(
    ("text", "language", "terms"),
    [
        ("Alguien dice que el café está frío", "es", ["café", "frío"]),
        ("J’ai raté l’examen", "fr", ["raté", "examen"]),
        ("Türkiye’de kahve içmek", "tr", ["türkiye", "kahve", "içmek"]),
        ("커피 한 잔", "ko", ["커피"]),
        ("पुरानी किताबें", "hi", ["पुरानी", "किताबें"]),
        ("電車がまた遅れている", "ja", ["電車"]),
        ("我喜欢咖啡", "zh", ["喜欢", "咖啡"]),
        ("Forty-two minutes, 3rd delay", "en", ["forty-two", "minutes", "delay"]),
    ],
)
def test_terms_are_words_of_the_topic_in_any_script(
    text: str, language: str, terms: list[str]
) -> None:
    assert topic_terms(text, language) == terms


def test_hashtags_and_emoji_are_terms_and_accounts_and_addresses_are_none() -> None:
    found = topic_terms("so late 👍🏽 #Late @rail https://rail.example/late")
    assert found == ["late", "👍", "#late"]


def test_no_phrase_crosses_a_sign_or_a_stopword() -> None:
    found = topic_terms("oat milk. Sugar and spice 12 cups", phrases=True)
    assert [term for term in found if two_words(term)] == ["oat milk"]


def test_a_script_without_a_list_of_words_stays_whole() -> None:
    assert segments("กาแฟร้อน", "th") == ["กาแฟร้อน"]
