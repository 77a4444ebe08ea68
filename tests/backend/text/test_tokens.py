from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from backend.text import tokens as tokenizers
from backend.text.stopwords import FUNCTION_WORDS, stopwords
from backend.text.tokens import (
    COMPOUND_WORD,
    PIECE,
    WORD,
    clean_words,
    content_words,
    sentences,
    tokens,
)

TEXT = st.text() | st.text("aZé'’-@#/:.) 1_日ไ👍\u200d\n")


@given(TEXT)
def test_pieces_cover_all_but_spaces(text: str) -> None:
    pieces = [match.span() for match in PIECE.finditer(text)]
    covered = "".join(text[start:end] for start, end in pieces)
    assert covered == "".join(text.split())


@given(TEXT)
def test_sentences_keep_every_character(text: str) -> None:
    found = sentences(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" for sentence in found)


@given(TEXT)
def test_words_are_letters_and_parts_of_compound_words(text: str) -> None:
    for word in WORD.findall(text):
        assert len(word) >= 3
        assert not any(c.isdecimal() or c.isspace() or c == "_" for c in word)
    starts = {match.start() for match in WORD.finditer(text)}
    assert {match.start() for match in COMPOUND_WORD.finditer(text)} <= starts


@given(TEXT)
def test_tokens_hold_no_spaces_and_stay_in_order(text: str) -> None:
    lower = text.lower()
    place = 0
    for token in tokens(text):
        assert token and not any(c.isspace() for c in token)
        place = lower.index(token, place) + len(token)


@given(TEXT, st.sampled_from([None, "en", "de", "xx", "pt-BR"]))
def test_content_words_are_no_stopwords(text: str, language: str | None) -> None:
    words = content_words(text, language)
    assert not set(words) & stopwords(language)
    assert words == content_words(text.lower(), language)


@given(TEXT)
def test_clean_words_are_clean_already(text: str) -> None:
    words = clean_words(text)
    assert clean_words(" ".join(words)) == words
    assert all(unicodedata.category(c)[0] in "LMN" for word in words for c in word)


def test_accounts_hashtags_and_addresses_are_no_words() -> None:
    text = "see @anna and #cats at https://example.org/dogs or www.birds.net: parrots"
    assert content_words(text) == ["parrots"]


def test_each_way_of_cutting_has_its_own_words() -> None:
    text = "don't rock'n'roll :) t-shirt"
    assert WORD.findall(text) == ["don", "rock", "roll", "shirt"]
    assert COMPOUND_WORD.findall(text) == ["don't", "rock'n'roll", "shirt"]
    assert tokens("don't :)") == ["do", "n't", ":)"]
    assert [m.group() for m in PIECE.finditer("日本語 👍🏽!")] == ["日本", "語", "👍🏽", "!"]


def test_stopwords_of_a_language_come_on_top_of_english() -> None:
    english = stopwords(None)
    assert english == stopwords("en") == stopwords("xx")
    assert "und" in stopwords("de") and english < stopwords("de")
    assert stopwords("pt-BR") == stopwords("pt_BR") == stopwords("pt")
    assert FUNCTION_WORDS - {"get"} <= english


def test_examples_in_docstrings() -> None:
    import doctest

    assert doctest.testmod(tokenizers).failed == 0
