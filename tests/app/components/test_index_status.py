from __future__ import annotations

import doctest

from app.components.search import index_status
from app.components.search.index_status import search_status
from backend.domain import Kind
from backend.search import IndexChoice


def test_the_examples_hold() -> None:
    assert doctest.testmod(index_status).failed == 0


def test_several_kinds_in_one_line() -> None:
    choices = [
        IndexChoice(Kind.TEXT, 10**6, "lists", True, 0.991),
        IndexChoice(Kind.POST, 10**6, "lists", True, 0.9934),
        IndexChoice(Kind.IMAGE, 10**5, "lists", False),
        IndexChoice(Kind.USER, 900, "exact"),
        IndexChoice(Kind.WORD, 900, "exact"),
    ]
    assert search_status(choices) == (
        "Search: texts and posts approximate (finds at least 99.1% of the ten nearest), "
        "images exact until their index is built, users and words exact"
    )
    assert search_status([]) == ""


def test_the_stores_own_index_must_be_asked_for() -> None:
    sentence = search_status([IndexChoice(Kind.POST, 10**8, "store", False)])
    assert "slow" in sentence and "`python -m backend index`" in sentence
    assert "index`" not in search_status([IndexChoice(Kind.POST, 10**8, "store", True)])
