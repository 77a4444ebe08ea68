"""What a hit is called."""

from __future__ import annotations

import numpy as np

from backend.search.hybrid import fusion


def test_the_very_thing_is_a_strong_match_in_any_space() -> None:
    """In a space of few directions nothing is far from chance, not even a copy."""
    odds = np.array([-1.1, -1.1, 3.0, -4.8])
    lifted = fusion.lift_copies(odds, np.array([1.0, 0.97, 0.99, np.nan]))
    assert [fusion.relevance(o) for o in lifted] == ["strong", "hardly", "strong", "hardly"]
    assert (lifted[1:] == odds[1:]).all()


def test_near_words_count_only_where_the_meaning_agrees() -> None:
    related, meaning = np.ones(4), np.array([2.0, 0.5, -1.0, np.nan])
    adds = fusion.contributions(
        {fusion.SearchPart.RELATED: related, fusion.SearchPart.MEANING: meaning}
    )
    full = fusion.WEIGHTS.related
    assert adds[fusion.SearchPart.RELATED].tolist() == [full, full / 2, 0.0, full]  # NaN: no text
    alone = fusion.contributions({fusion.SearchPart.RELATED: related})
    assert alone[fusion.SearchPart.RELATED].tolist() == [full] * 4
