"""Labels of clusters."""

from __future__ import annotations

import numpy as np

from backend.maps.labels import Terms, tags_of, terms_of, words_of


def test_terms_have_no_stopwords_numbers_addresses_or_accounts() -> None:
    found = terms_of(
        "The 3 dogs & a CAT, see https://example.org/dogs @anna #rain", "Dogs", ["Small Dog", "2x"]
    )
    assert found == {"dogs", "cat", "small dog", "#rain"}


def test_stopwords_are_those_of_the_language() -> None:
    assert words_of("die Katze und der Hund", None, "de") == {"katze", "hund"}
    assert "der" in words_of("die Katze und der Hund", None, "en")
    assert words_of("Бабочка и я", None, "ru") == {"бабочка"}
    assert words_of("the lighthouse", None, "xx") == {"lighthouse"}
    assert tags_of(None) == set()


def _terms() -> tuple[Terms, np.ndarray]:
    posts = [{"dog", "animal"}, {"dogs", "animal"}, {"dogs", "animal", "red"}] * 5
    posts += [{"car", "vehicle", "red"}, {"car", "vehicle"}] * 8
    posts += [{"red"}] * 3
    labels = np.array([0] * 15 + [1] * 16 + [-1] * 3)
    return Terms(posts, ["en"] * len(posts)), labels


def test_phrases_are_terms_where_words_follow_one_another() -> None:
    assert terms_of("oat milk, please", None, None) == {"oat", "milk", "oat milk"}
    assert "milk sugar" not in terms_of("oat milk, sugar", None, None)


def test_terms_know_which_words_most_readers_cannot_read() -> None:
    posts = [{"papillon", "film"}] * 4 + [{"butterfly", "film", "#art", "🦋"}] * 9
    terms = Terms(posts, ["fr"] * 4 + ["en"] * 9)
    foreign = set(terms.names[terms.is_foreign])
    assert foreign == {"papillon"}


def test_a_usual_word_tells_less() -> None:
    terms = Terms([{"time", "espresso"}] * 5, ["en"] * 5)
    telling = dict(zip(terms.names, terms.telling, strict=True))
    assert telling["time"] < telling["espresso"] == 1.0


def test_counts() -> None:
    terms, labels = _terms()
    counts = dict(zip(terms.names, terms.counts(np.flatnonzero(labels == 0)), strict=True))
    assert counts["dogs"] == 15 and counts["red"] == 5 and counts["car"] == 0
    assert dict(zip(terms.names, terms.frequency, strict=True))["red"] == 16
