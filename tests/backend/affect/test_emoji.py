"""Ratings of emoji beside the words of texts that are not English."""

from __future__ import annotations

import numpy as np
import pytest

from backend.affect.emoji import EmojiRatings, with_emoji
from backend.affect.fitting.emoji import LEAST, fit_emoji
from backend.affect.fitting.labels import Texts, rated_words, read_texts

RATINGS = EmojiRatings(
    {"emoji_codes": np.array([0x1F621, 0x1F60D]), "emoji_odds": np.array([-2.0, 3.0])}
)


def test_each_emoji_counts_once_and_english_has_features_of_its_own() -> None:
    texts = ["zu spät 😡😡😡", "schön 😍😡", "sans rien", None, "late 😡", "tarde ❤️"]
    found = RATINGS(texts, np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]))
    assert found.tolist() == [-2.0, 0.5, 0.0, 0.0, 0.0, 0.0]
    assert not EmojiRatings({})(texts, np.zeros(6)).any()


def test_odds_move_the_poles_and_nothing_else() -> None:
    raw = np.random.default_rng(0).normal(size=(2, 12))
    moved = with_emoji(raw, np.array([1.5, 0.0]))
    assert (moved[1] == raw[1]).all() and (moved[:, :-3] == raw[:, :-3]).all()
    change = moved[0] - raw[0]
    assert change[-1] - change[-3] == pytest.approx(1.5) and change[-2] == 0.0


def other_languages(count: int = 200) -> Texts:
    texts = read_texts()
    rows = np.flatnonzero((texts.languages != "en") & (np.abs(texts.sentiment) > 0.5))
    return texts.take(rows[np.random.default_rng(1).permutation(len(rows))[:count]])


def test_the_weight_is_learnt_from_texts_with_emoji() -> None:
    data = other_languages(2_000)
    words, rating = rated_words()
    unsure = np.random.default_rng(0).normal(size=(len(data), 12))
    unsure[:, -1] += np.sign(data.sentiment)  # what the words say is right more often than not
    english = np.zeros(len(data))
    fitted = fit_emoji(unsure, data, english, words, rating)
    odds = EmojiRatings(fitted)(["😡", "😍", "🎉", "und"], np.zeros(4))
    assert odds[0] < 0.0 < min(odds[1], odds[2]) and odds[3] == 0.0
    found = EmojiRatings(fitted)(data.texts, english)
    with_some = found != 0
    assert with_some.sum() >= LEAST
    before, after = (
        (np.sign(raw[:, -1] - raw[:, -3]) == np.sign(data.sentiment))[with_some].mean()
        for raw in (unsure, with_emoji(unsure, found))
    )
    assert after > before + 0.05


def test_too_few_texts_or_ratings_that_mislead_teach_nothing() -> None:
    data = other_languages(2_000)
    words, rating = rated_words()
    raw = np.random.default_rng(0).normal(size=(len(data), 12))
    raw[:, -1] += np.sign(data.sentiment)
    few = data.take(np.arange(5))
    assert fit_emoji(raw[:5], few, np.zeros(5), words, rating) == {}
    assert fit_emoji(raw, data, np.zeros(len(data)), words, -rating) == {}
