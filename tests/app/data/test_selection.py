"""What one visitor draws never makes another's selection go."""

from __future__ import annotations

import pytest

from app.data import selection
from backend.domain import Kind, Selection


def drawn(number: int) -> Selection:
    return Selection(Kind.POST, (f"p{number}",), "drawn", "commons")


def test_each_visitor_has_room_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    who = ["anna"]
    monkeypatch.setattr(selection, "visitor", lambda: who[0])
    unsaved = selection._Unsaved()
    token = unsaved.put(drawn(0))
    who[0] = "greedy"
    tokens = [unsaved.put(drawn(number)) for number in range(1, 200)]
    assert unsaved.get(token) == drawn(0)
    assert unsaved.get(tokens[-1]) == drawn(199)
    assert unsaved.get(tokens[0]) is None  # their own oldest went
    large = Selection(Kind.POST, tuple(map(str, range(selection._MEMBERS))), "drawn", "commons")
    unsaved.put(large)
    assert unsaved.get(tokens[-1]) is None and unsaved.get(token) == drawn(0)
