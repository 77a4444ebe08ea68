"""Posts that are nearly the same become one hit."""

from __future__ import annotations

from backend.search.hybrid.alike import first_of_alike

SPAM = "win a free phone today by following this account now"


def _rows(texts: list[str], groups: list[int] | None = None, limit: int = 10) -> list:
    ids = [f"p{i}" for i in range(len(texts))]
    tokens = dict(zip(ids, texts, strict=True))
    return first_of_alike(ids, groups or list(range(len(texts))), tokens, limit)


def test_copies_that_differ_in_accounts_tags_and_numbers_are_alike() -> None:
    copies = [SPAM, f"{SPAM} @anna #win 🎁", f"12 {SPAM} ~phon", f"hello {SPAM}"]
    other = "the train to the north is late again because of snow on the line"
    assert _rows([copies[0], other, *copies[1:]]) == [(0, ("p2", "p3", "p4")), (1, ())]


def test_short_texts_and_half_of_the_words_are_not_enough() -> None:
    assert len(_rows(["good morning", "good morning"])) == 2
    assert len(_rows([SPAM, "win a free phone today at the fair in our town hall on sunday"])) == 2


def test_a_duplicate_group_is_one_hit_whatever_its_words_and_counts_beyond_the_limit() -> None:
    assert _rows(["a", "b", "c", "d"], [1, 2, 1, 1], limit=1) == [(0, ("p2", "p3"))]


def test_what_the_query_names_is_no_hit() -> None:
    assert first_of_alike(["a", "b"], [7, 8], {}, 10, {7}) == [(1, ())]
