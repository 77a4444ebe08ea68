"""Near-copies among texts."""

from __future__ import annotations

import numpy as np
import pytest

from backend.families import texts

LOST = "Biscuit is missing! Small brown dog, one white ear, very shy, last seen near the quarry."


@pytest.mark.parametrize(
    "other",
    [
        LOST.upper(),
        "Please share: " + LOST + " Call Marge!",
        LOST.replace("near the quarry", "by the old quarry"),
        "Small brown dog, one white ear, very shy, last seen near the quarry",
        "@marge " + LOST + " https://dogs.example/1",
    ],
)
def test_edited_texts_are_copies(other: str) -> None:
    one, two = texts.form(LOST), texts.form(other)
    if one != two:
        assert texts.pairs([one, two]).tolist() == [[0, 1]]


def test_other_texts_are_none() -> None:
    forms = [
        texts.form(text)
        for text in (
            LOST,
            "A cat is missing! It is large and grey, and it was last seen at the harbour.",
            "Our band is looking for a drummer who can count to seven and has a van.",
        )
    ]
    assert not len(texts.pairs(forms))


def test_short_texts_are_compared_with_nothing() -> None:
    assert texts.form("Good morning!") == "" and texts.form(None) == ""


def test_all_edits_of_a_text_among_many_are_found() -> None:
    rng = np.random.default_rng(7)
    words = [f"word{i}" for i in range(400)]
    others = [" ".join(rng.choice(words, 20)) for _ in range(300)]
    first = " ".join(rng.choice(words, 40))
    edited = [" ".join(first.split()[: 40 - k]) for k in range(1, 6)]
    found = texts.pairs([*others, first, *edited])
    assert {int(i) for pair in found for i in pair} == set(range(300, 306))


def test_texts_after_one_template_stay_together_however_many() -> None:
    forms = [
        texts.form(f"The weather at gate {i} today, with more for members") for i in range(400)
    ]
    found = texts.pairs(forms)
    assert len(found) == len(forms) - 1  # as few pairs as connect them all
    assert {int(i) for pair in found for i in pair} == set(range(400))
