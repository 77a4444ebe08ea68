"""Copies by many users within minutes."""

from __future__ import annotations

import numpy as np

from backend.families.coordinated import groups
from backend.families.types import Families


def posted(*rows: tuple[str, float, int]) -> Families:
    """User, minute and number of the text of each post."""
    users, minutes, texts = zip(*rows, strict=True)
    n = len(rows)
    none = np.full(n, -1, dtype=np.int32)
    return Families(
        ids=np.array([f"p{i}" for i in range(n)], dtype=object),
        family=np.array([f"t{t}" for t in texts], dtype=object),
        users=np.array(users, dtype=object),
        seconds=np.array(minutes, dtype=np.float64) * 60,
        by=(("text",),) * n,
        variants={"text": np.array(texts, dtype=np.int32), "image": none, "audio": none},
        looked_at=n,
        unseen=0,
    )


def burst(users: str, start: float, text: int) -> list[tuple[str, float, int]]:
    return [(user, start + i, text) for i, user in enumerate(users)]


def test_five_users_within_ten_minutes_are_a_group() -> None:
    (group,) = groups(posted(*burst("abcde", 0, 1)))
    assert group.users == ("a", "b", "c", "d", "e") and len(group.occasions) == 1


def test_four_users_or_hours_between_are_none() -> None:
    assert not groups(posted(*burst("abcd", 0, 1)))
    assert not groups(posted(*((user, 60.0 * i, 1) for i, user in enumerate("abcdefgh"))))


def test_one_user_who_repeats_is_none() -> None:
    assert not groups(posted(*(("a", float(i), 1) for i in range(9))))


def test_the_same_users_again_are_one_group_and_others_another() -> None:
    found = groups(posted(*burst("abcde", 0, 1), *burst("abcdf", 500, 2), *burst("vwxyz", 900, 3)))
    assert [len(group.occasions) for group in found] == [2, 1]
    assert found[0].times == {"a": 2, "b": 2, "c": 2, "d": 2, "e": 1, "f": 1}
    assert set(found[1].users) == set("vwxyz")


def test_posts_outside_the_minutes_are_left_out() -> None:
    (group,) = groups(posted(*burst("abcde", 0, 1), ("late", 400, 1)))
    assert "late" not in group.users
