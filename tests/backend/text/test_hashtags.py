from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.text.hashtags import split_hashtag


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("#MondayMotivation2024", "Monday Motivation 2024"),
        ("#NYTimesBestOf", "NY Times Best Of"),
        ("#customerservicefail", "customer service fail"),
        ("#bad_day", "bad day"),
        ("#iPhone", "iPhone"),
        ("#Feierabend", "Feierabend"),
        ("#ÜberCool", "Über Cool"),
        ("#bahnstreik", "bahnstreik"),
        ("#kindred", "kindred"),
    ],
)
def test_hashtags_are_split_into_words(tag: str, words: str) -> None:
    assert " ".join(split_hashtag(tag)) == words


@given(
    st.text(alphabet=st.sampled_from("aAbEéÜ1_-#日"))
    | st.from_regex(r"[a-z]{1,50}", fullmatch=True)
)
def test_every_letter_is_kept(tag: str) -> None:
    words = split_hashtag(tag)
    kept = tag.lstrip("#").replace("_", "").replace("-", "")
    assert "".join(words) == kept and all(words)
