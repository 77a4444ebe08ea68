"""Who reacts next: what is asked, what is hidden, and that reactions help where they should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from backend.domain import KindredError
from backend.evaluation import reaction_scores, reactions, simulated_reactions
from backend.evaluation.reactions import Asked, later_posts
from backend.joint_space.authored_posts import AuthoredPosts


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> tuple[AuthoredPosts, np.ndarray]:
    monkeypatch.setattr(simulated_reactions, "USERS", 24)
    monkeypatch.setattr(simulated_reactions, "POSTS", 400)
    return simulated_reactions.made(1.0)


def test_those_who_reacted_are_ranked_without_the_author_and_each_other() -> None:
    rng = np.random.default_rng(0)
    authored = AuthoredPosts(
        names=tuple("abcdef"),
        users=np.array([0, 1, 5]),
        groups=np.arange(3),
        sources=np.full(3, "made"),
        features={"text": rng.normal(size=(3, 4)).astype(np.float32)},
        tags=(frozenset[str](),) * 3,
    )
    test = np.array([False, True, True])
    asked = Asked(authored, ~test, test, np.array([0, 0, 1]), np.array([2, 4, 0]))
    scores = np.array([[0.9, 5.0, 0.5, 0.6, 0.8, 0.1], [0.2, 0.2, 0.1, 0.0, 0.0, 9.0]])
    # Before c: a and d, as b wrote it and e reacted, too; before e: a. A tie counts against a.
    assert asked.ranks(scores).tolist() == [3, 2, 2]
    values = asked.reacted(scores)
    assert {m: v.mean().round(3) for m, (v, _) in values.items()} == {
        "R@1": 0.0,
        "R@5": 1.0,
        "R@10": 1.0,
        "MRR": round((1 / 3 + 1 / 2 + 1 / 2) / 3, 3),
    }
    assert values["MRR"][1].tolist() == [0, 0, 1]  # of one post, together
    assert asked.wrote(scores)["R@1"][0].tolist() == [1.0, 1.0]


def test_later_posts_are_tested_and_what_looks_alike_is_not(
    small: tuple[AuthoredPosts, np.ndarray],
) -> None:
    authored, _ = small
    order = np.random.default_rng(1).permutation(len(authored))
    mixed = replace(
        authored.take(np.ones(len(authored), dtype=bool)),
        times=authored.times[order],  # type: ignore[index]
        groups=np.where(np.arange(len(authored)) < 50, 0, authored.groups),
    )
    asked = later_posts(mixed)
    assert mixed.times is not None and mixed.reactions is not None
    assert mixed.times[asked.train].max() < mixed.times[asked.test].min()
    assert asked.train.sum() == round(0.7 * len(mixed))
    assert not set(mixed.groups[asked.train]) & set(mixed.groups[asked.test])
    rows = np.flatnonzero(asked.test)[asked.posts]
    assert (mixed.users[rows] != asked.users).all()
    assert (np.asarray(mixed.reactions[rows, asked.users]) > 0).all()
    few = replace(mixed, reactions=sparse.csr_matrix(mixed.reactions.shape, dtype=np.float32))
    with pytest.raises(KindredError) as error:
        later_posts(few)
    assert error.value.code == "too_few"


def test_the_generator_draws_by_its_rates_and_nobody_reads_their_own(
    small: tuple[AuthoredPosts, np.ndarray],
) -> None:
    authored, rates = small
    assert authored.reactions is not None
    there = authored.reactions.toarray() > 0
    assert not there[np.arange(len(authored)), authored.users].any()
    assert rates.sum(axis=1) == pytest.approx(np.full(len(rates), simulated_reactions.READERS))
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 2.0)):
        some = (rates >= low) & (rates < high)
        assert there[some].mean() == pytest.approx((1 - np.exp(-rates[some])).mean(), abs=0.05)
    again, _ = simulated_reactions.made(1.0)
    assert np.array_equal(again.features["text"], authored.features["text"])
    assert set(authored.reactions.data.tolist()) == {0.5, 1.0}


def test_nothing_of_a_tested_post_is_learnt(small: tuple[AuthoredPosts, np.ndarray]) -> None:
    authored, _ = small
    asked = later_posts(authored)
    given = (authored, asked.train, asked.test)
    found = [*reaction_scores.served(*given)]
    counts = reaction_scores.counted(*given)
    first = np.flatnonzero(asked.test)[0]
    assert authored.reactions is not None
    reacted = authored.reactions.toarray()
    reacted[asked.test] = 1.0 - reacted[asked.test]
    text = authored.features["text"].copy()
    text[asked.test & (np.arange(len(text)) != first)] += 3.0
    other = replace(
        authored,
        reactions=sparse.csr_matrix(reacted),
        features={**authored.features, "text": text},
    )
    again = reaction_scores.served(other, asked.train, asked.test)
    for one, two in zip(found, again, strict=True):
        np.testing.assert_allclose(two.by_post[0], one.by_post[0], atol=1e-5)
        np.testing.assert_array_equal(two.by_author, one.by_author)
    for name, scores in reaction_scores.counted(other, asked.train, asked.test).items():
        np.testing.assert_array_equal(scores, counts[name])


def test_reactions_help_where_readers_like_other_things_than_they_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulated_reactions, "USERS", 40)
    monkeypatch.setattr(simulated_reactions, "POSTS", 900)
    authored, rates = simulated_reactions.made(0.0)
    asked = later_posts(authored)
    rows = reactions._measure("made", asked, None, rates, 1, lambda run: None)
    found = {(r.task, r.system, r.metric): r for r in rows}
    gain = found["made: by the post", "joint, with reactions - without", "MRR"]
    assert gain.low is not None and gain.low > 0
    one, other = (found["made: by the post", f"joint, {w}", "MRR"].value for w in
                  ("with reactions", "without"))  # fmt: skip
    assert gain.value == pytest.approx(one - other)
    assert found["made: by the post", "true rates", "MRR"].value > one
    tasks = {"made: by the post", "made: by its author", "made: post -> author"}
    assert {r.task for r in rows} == tasks
