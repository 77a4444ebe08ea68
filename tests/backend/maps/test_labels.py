"""Labels of clusters."""

from __future__ import annotations

import numpy as np

from backend.maps.labels import Terms, tags_of, terms_of, words_of


def test_terms_have_no_stopwords_numbers_addresses_or_accounts() -> None:
    found = terms_of(
        "The 3 dogs & a CAT, see https://example.org/dogs @anna #rain", "Dogs", ["Small Dog", "2x"]
    )
    assert found == {"dogs", "cat", "small dog"}


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


def test_a_label_has_what_only_its_cluster_has() -> None:
    terms, labels = _terms()
    (first, words), (second, _) = terms.describe(labels, 2)
    assert set(first.split(", ")) == {"dogs", "animal"}  # the more frequent form, once
    assert set(second.split(", ")) == {"car", "vehicle"}
    assert "dog" not in words


def test_words_of_other_languages_do_not_label() -> None:
    posts = [{"papillon", "butterfly"}] * 4 + [{"butterfly", "insect"}] * 9 + [{"car"}] * 9
    languages = ["fr"] * 4 + ["en"] * 18
    labels = np.array([0] * 13 + [1] * 9)
    label, words = Terms(posts, languages).describe(labels, 2)[0]
    assert "butterfly" in label and "papillon" not in words
    assert "papillon" in Terms(posts).names


def test_nothing_to_say() -> None:
    assert Terms([set(), set()], [None, None]).describe(np.array([0, 0]), 1) == [("", ())]
    assert Terms([{"a"}] * 3).describe(np.full(3, -1), 0) == []


def test_counts() -> None:
    terms, labels = _terms()
    counts = dict(zip(terms.names, terms.counts(np.flatnonzero(labels == 0)), strict=True))
    assert counts["dogs"] == 15 and counts["red"] == 5 and counts["car"] == 0
    assert dict(zip(terms.names, terms.frequency, strict=True))["red"] == 16
