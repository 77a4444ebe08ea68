"""Who reacts to whom, from the reactions that exports carry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from backend.corpus import Corpus
from backend.corpus.model_outputs import REACTIONS
from backend.corpus.reactions import WEIGHTS
from backend.corpus.schema import REACTIONS as SCHEMA
from backend.domain import KindredError, Post, User
from backend.reactions.communities import communities
from backend.reactions.network import Network, network

Made = Callable[..., Network]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(*reactions: tuple[str, str, str], kinds: tuple[str, ...] | None = None) -> Network:
        corpus = Corpus.create(tmp_path / "c")
        users = "abcdefgh"
        posts = [Post(f"p{u}", text="x", user=u, url=f"https://x.example/{u}") for u in users]
        corpus.add(posts, users=[User("a", "Anna B."), *(User(u, u) for u in users[1:])])
        rows = [dict(zip(SCHEMA.names, one, strict=True)) for one in reactions]
        corpus.write_side_tables({REACTIONS: pa.Table.from_pylist(rows, schema=SCHEMA)})
        return network(corpus, kinds) if kinds else network(corpus)

    return make


def links(found: Network) -> dict[tuple[str, str], int]:
    return {
        (found.users[a], found.users[b]): int(w)
        for (a, b), w in zip(found.pairs, found.weights, strict=True)
    }


def test_links_have_a_direction_and_a_weight(made: Made) -> None:
    found = made(("a", "pb", "like"), ("a", "pb", "reply"), ("b", "pa", "share"))
    assert links(found) == {("a", "b"): 2, ("b", "a"): 1}


def test_only_some_kinds_may_count(made: Made) -> None:
    found = made(("a", "pb", "like"), ("a", "pc", "reply"), kinds=("reply",))
    assert links(found) == {("a", "c"): 1} and found.counts == {"reply": 1, "like": 1}


def test_posts_are_known_by_address_and_users_by_handle_or_name(made: Made) -> None:
    found = made(
        ("b", "https://x.example/c", "reply"), ("b", "@D", "mention"), ("b", "@anna b.", "mention")
    )
    assert links(found) == {("b", "c"): 1, ("b", "d"): 1, ("b", "a"): 1}


def test_own_posts_and_what_is_outside_are_no_links(made: Made) -> None:
    found = made(("a", "pa", "reply"), ("a", "elsewhere", "reply"), ("a", "@nobody", "mention"))
    assert not links(found) and (found.own, found.outside) == (1, 2)
    assert communities(found).all == ()


def test_a_corpus_without_reactions_says_so(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "c")
    with pytest.raises(KindredError) as error:
        network(corpus)
    assert error.value.code == "no_reactions"


def test_two_circles_with_one_link_are_two_communities(made: Made) -> None:
    circle = [(a, f"p{b}", "reply") for g in ("abcd", "efgh") for a in g for b in g if a != b]
    found = communities(made(*circle, ("a", "pe", "reply")))
    assert sorted("".join(sorted(one.users)) for one in found.all) == ["abcd", "efgh"]
    assert {bridge.user for bridge in found.bridges} == {"a", "e"}
    assert all(bridge.carried == 1.0 for bridge in found.bridges)
    assert found.between.sum() == len(circle) + 1


def test_reactions_between_two_users_count_both_ways(made: Made) -> None:
    found = made(
        ("b", "pa", "like"),
        ("b", "https://x.example/a", "share"),
        ("a", "pb", "reply"),
        ("a", "pa", "like"),
        ("c", "pb", "like"),
        ("a", "@c", "mention"),
        kinds=tuple(WEIGHTS),
    )
    assert found.between("a", ["b", "c", "nobody"]) == {"b": 3, "c": 0, "nobody": 0}
    assert found.between("nobody", ["b"]) == {"b": 0}
