"""The page of reactions, on the synthetic corpus."""

from __future__ import annotations

import pytest

from tests.app.pages import Open, messages, prose, shown

WHERE = {"corpus": "larkhaven"}


def test_the_page_shows_communities_a_bridge_and_what_draws_reactions(open_page: Open) -> None:
    at = open_page("reactions", **WHERE)
    assert messages(at, "exception", "error", "warning") == []
    assert [h.value for h in at.header] == [
        "Bridges", "Communities", "Which emotion draws which reaction",
    ]  # fmt: skip
    said = shown(at, "html")
    assert said.count("reactions stay inside") >= 3
    assert "<b>Community 4: terminal, cruise, future</b>" in said
    assert "<td>2: delays, stand " in said  # in the table of bridges
    first = said.index("Nina Roth</a></td>")
    assert first < said.index("</td></tr>", first)
    assert "Words that set their posts apart: " in said and "terminal" in said
    assert "Likes a post" in said and "Shares a post" in said
    assert "(modularity 0." in prose(at) and "Synthetic corpus" in prose(at)


@pytest.mark.parametrize("kinds", ["reply", "like|share", "nonsense"])
@pytest.mark.parametrize("colour", ["community", "cluster"])
def test_kinds_and_colours_from_a_link(open_page: Open, kinds: str, colour: str) -> None:
    at = open_page("reactions", **WHERE, kinds=kinds, colour=colour)
    assert messages(at, "exception", "error", "warning") == []
    assert "links between them" in prose(at)


def test_a_corpus_without_reactions_says_what_carries_them(open_page: Open) -> None:
    at = open_page("reactions")
    assert messages(at, "exception", "error") == []
    assert "came without reactions" in shown(at, "info")
