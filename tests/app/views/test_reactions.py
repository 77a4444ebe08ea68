"""The page of reactions, on the synthetic corpus."""

from __future__ import annotations

import re

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


def test_the_network_is_a_picture_whose_points_lead_to_the_users(open_page: Open) -> None:
    said = shown(open_page("reactions", **WHERE), "html")
    assert re.search(r'alt="Network of 94 users with [\d,]+ links, coloured by community"', said)
    point = r'<a href="user\?user=([^"]+)" target="_self" tabindex="-1" title="([^"]+)"'
    ends = re.findall(point, said)
    assert len(ends) == 94
    assert any("Nina Roth · " in about and about.endswith(" reactions") for _, about in ends)
    assert all(end.endswith("&amp;corpus=larkhaven") for end, _ in ends)


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
