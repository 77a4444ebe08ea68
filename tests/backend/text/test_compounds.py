"""Compounds of languages that write them in one word."""

from __future__ import annotations

import pytest

from backend.text.compounds import compound_parts, indexed_words, query_parts


@pytest.mark.parametrize(
    ("token", "language", "parts"),
    [
        ("erdbeerkuchen", "de", ("erdbeer", "kuchen")),
        ("hundespaziergang", "de", ("hund", "spaziergang")),
        ("bahngaste", "de", ("bahn", "gaste")),
        ("hembakat", "sv", ("hem", "bakat")),
        ("appeltaart", "nl", ("appel", "taart")),
        ("togrejse", "da", ("tog", "rejse")),
        ("hjemmebakt", "nb", ("hjemme", "bakt")),
        ("koiranpentu", "fi", ("koira", "pentu")),
    ],
)
def test_a_compound_falls_into_usual_words(
    token: str, language: str, parts: tuple[str, str]
) -> None:
    assert compound_parts(token, language) == parts


@pytest.mark.parametrize(
    ("token", "language"),
    [
        pytest.param("fruhstuck", "de", id="a word of its own"),
        pytest.param("freundlich", "de", id="an ending"),
        pytest.param("kuchen", "de", id="short"),
        pytest.param("breakfast", "en", id="a language that writes them apart"),
        pytest.param("qwertzuiop", "de", id="no word"),
        pytest.param("#apfelkuchen", "de", id="a hashtag"),
    ],
)
def test_other_words_stay_whole(token: str, language: str) -> None:
    assert compound_parts(token, language) == ()


def test_an_english_word_of_a_query_is_not_divided() -> None:
    assert query_parts("handbags", ("de", "nl")) == ((), "")
    assert query_parts("apfelkuchen", ("de", "nl")) == (("apfel", "kuchen"), "de")
    assert query_parts("apfelkuchen", ()) == ((), "")


def test_an_index_has_the_stems_of_words_and_of_the_parts_of_compounds_last() -> None:
    assert indexed_words(["Apfelkuchen backen"], "de").split(" ") == [
        *("apfelkuchen", "backen", "¶"),
        *("~apfelkuch", "~back"),
        *("~~apfel", "~~kuch"),
    ]
    assert "~~" not in indexed_words(["Apfelkuchen"], "en")
