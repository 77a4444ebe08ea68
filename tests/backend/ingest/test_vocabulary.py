"""The words of a corpus that get a vector."""

from __future__ import annotations

import pyarrow as pa

from backend.ingest.vocabulary import words


def _posts(*posts: tuple[str, str]) -> pa.Table:
    texts, languages = zip(*posts, strict=True)
    tags = pa.array([["Rail"], *[["rail"]] * (len(posts) - 1)], pa.list_(pa.string()))
    return pa.table({"text": texts, "language": languages, "tags": tags})


def test_stopwords_of_every_language_are_none() -> None:
    chosen = words([_posts(*[("Alguien dijo que con el tren no", "es")] * 5, ("the train", "en"))])
    assert "tren" in chosen
    assert not {"alguien", "que", "con", "the"} & set(chosen)


def test_hashtags_emoji_tags_and_phrases_are_words() -> None:
    chosen = words([_posts(*[("Oat milk again ☕ #GoodMorning", "en")] * 3)])
    assert {"oat milk", "☕", "#goodmorning", "rail", "joy"} <= set(chosen)


def test_words_that_meet_by_chance_are_no_phrase() -> None:
    texts = [("green tea", "en")] * 9 + [("green tree", "en")] * 2 + [("tree", "en")] * 30
    assert "green tea" in words([_posts(*texts)]) and "green tree" not in words([_posts(*texts)])


def test_a_rare_word_counts_if_people_use_it_elsewhere() -> None:
    chosen = words([_posts(("an espresso", "en"), ("an esprezzzo", "en"))])
    assert "espresso" in chosen and "esprezzzo" not in chosen
