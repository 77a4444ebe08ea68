"""Words of a query that name an emotion."""

from __future__ import annotations

import pytest

from backend.domain import EMOTIONS
from backend.text.emotion_words import (
    _WORDS,
    feelings_in_english,
    named_emotion,
    named_feelings,
    without_feelings,
)


@pytest.mark.parametrize(
    ("query", "emotion"),
    [
        ("people ANGRY about trains", "anger"),
        ("gente enojada con el tren", "anger"),
        ("trauriger Clown", "sadness"),
        ("heureux en montagne", "joy"),
        ("猫 悲しい", ""),  # Japanese is read by pairs of characters, which name nothing
        ("happy and sad", ""),
        ("happy", ""),
        ("trains", ""),
    ],
)
def test_an_emotion_is_named_beside_a_topic(query: str, emotion: str) -> None:
    assert named_emotion(query) == emotion


def test_all_named_emotions_exist() -> None:
    assert {feeling.emotion for feeling in _WORDS} - {""} <= set(EMOTIONS)


@pytest.mark.parametrize(
    "text",
    ["zmęczeni po pracy", "Müde nach der Arbeit", "moe van het sporten", "trött efter jobbet"],
)
def test_a_feeling_is_named_in_many_languages_and_with_any_ending(text: str) -> None:
    assert [feeling.adjective for feeling in named_feelings(text)] == ["tired"]
    rest = text.partition(" ")[2]
    assert without_feelings(text) == rest
    assert feelings_in_english(text) == f"tired {rest}"


@pytest.mark.parametrize(
    "text", ["new tires", "großer Hund", "crevettes grillées", "w korku", "emporter un café"]
)
def test_a_word_that_only_looks_like_a_feeling_names_none(text: str) -> None:
    assert not named_feelings(text)
    assert without_feelings(text) == text
