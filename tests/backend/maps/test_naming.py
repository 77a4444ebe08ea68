"""Names of clusters."""

from __future__ import annotations

import numpy as np

from backend.core.vectors import normalize
from backend.maps.labels import Terms
from backend.maps.naming import Meanings, centroids, contrast, name_clusters


def _terms() -> tuple[Terms, np.ndarray]:
    posts = [{"dog", "animal"}, {"dogs", "animal"}, {"dogs", "animal", "red"}] * 5
    posts += [{"car", "vehicle", "red"}, {"car", "vehicle"}] * 8
    posts += [{"red"}] * 3
    labels = np.array([0] * 15 + [1] * 16 + [-1] * 3)
    return Terms(posts, ["en"] * len(posts)), labels


def test_a_name_has_what_only_its_cluster_has() -> None:
    terms, labels = _terms()
    (first, words), (second, _) = name_clusters(terms, labels, 2)
    assert set(first.split(", ")) == {"dogs", "animal"}  # the more frequent form, once
    assert set(second.split(", ")) == {"car", "vehicle"}
    assert "dog" not in words


def test_a_term_is_compared_with_its_share_in_the_other_clusters() -> None:
    shares = np.array([[0.5, 0.2, 0.0], [0.5, 0.6, 0.3], [0.1, 0.0, 0.0]])
    found = contrast(shares, None)
    np.testing.assert_allclose(found, [[0.5, 0.25, 0], [0.5, 0.75, 1], [1 / 6, 0, 0]])
    towards = Meanings(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32))
    np.testing.assert_array_equal(contrast(shares, towards), found)  # three are all rivals


def test_words_of_other_languages_do_not_name() -> None:
    posts = [{"papillon", "butterfly"}] * 4 + [{"butterfly", "insect"}] * 9 + [{"car"}] * 9
    languages = ["fr"] * 4 + ["en"] * 18
    labels = np.array([0] * 13 + [1] * 9)
    name, words = name_clusters(Terms(posts, languages), labels, 2)[0]
    assert set(name.split(", ")) == {"butterfly", "insect"} and "papillon" in words


def test_a_cluster_without_the_main_language_is_named_in_its_own() -> None:
    posts = [{"papillon"}] * 5 + [{"car"}] * 9
    labels = np.array([0] * 5 + [1] * 9)
    assert name_clusters(Terms(posts, ["fr"] * 5 + ["en"] * 9), labels, 2)[0][0] == "papillon"


def test_a_name_tells_its_cluster_from_the_nearest() -> None:
    posts = [{"coffee", "cup"}] * 6 + [{"tea", "cup"}] * 6 + [{"train"}] * 12
    labels = np.array([0] * 6 + [1] * 6 + [2] * 12)
    named = [name for name, _ in name_clusters(Terms(posts, ["en"] * 24), labels, 3)]
    assert [name.split(", ")[0] for name in named] == ["coffee", "tea", "train"]


def test_words_that_mean_the_same_support_each_other_across_languages() -> None:
    """A word of one post names its cluster when the rest says it in other languages."""
    posts = [{"coffee"}, {"kaffee"}, {"caffè"}, {"sorry"}, {"train"}, {"train"}, {"zug"}, {"zug"}]
    languages = ["en", "de", "it", "en", "en", "en", "de", "de"]
    labels = np.array([0] * 4 + [1] * 4)
    terms = Terms(posts, languages, least=1)
    at = {"coffee": (1, 0, 0.1), "kaffee": (1, 0.1, 0), "caffè": (1, 0, 0), "sorry": (0, 0, 1)}
    at |= {"train": (0, 1, 0), "zug": (0, 1, 0.1)}
    vectors = normalize(np.array([at[name] for name in terms.names], dtype=np.float32))
    of_posts = normalize(np.array([at[next(iter(post))] for post in posts], dtype=np.float32))
    meanings = Meanings(vectors, centroids(of_posts, labels, 2))
    named = [name for name, _ in name_clusters(terms, labels, 2, meanings)]
    assert named == ["coffee", "train"]


def test_words_come_before_hashtags_and_emoji() -> None:
    posts = [{"☕", "#coffee", "espresso"}] * 5 + [{"train"}] * 5
    labels = np.array([0] * 5 + [1] * 5)
    name, _ = name_clusters(Terms(posts, ["en"] * 10), labels, 2)[0]
    assert name == "espresso, #coffee, ☕"


def test_nothing_to_say() -> None:
    assert name_clusters(Terms([set(), set()], [None, None]), np.array([0, 0]), 1) == [("", ())]
    assert name_clusters(Terms([{"a"}] * 3), np.full(3, -1), 0) == []
