"""Words of a query that name an emotion."""

from __future__ import annotations

import pytest

from backend.domain import EMOTIONS
from backend.text.emotion_words import _emotions, named_emotion


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
    assert set(_emotions().values()) <= set(EMOTIONS)
