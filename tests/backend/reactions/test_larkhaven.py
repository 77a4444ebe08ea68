"""Communities and the bridge of the synthetic corpus, against what was planted in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.build.larkhaven.__main__ import TRUTH
from backend.corpus import Corpus
from backend.reactions.by_emotion import reactions_by_emotion
from backend.reactions.communities import Communities, communities
from backend.reactions.network import Network, network
from backend.settings import SHIPPED_CORPORA, SYNTHETIC_CORPUS, settings


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    home: Path = tmp_path_factory.mktemp("home")
    return Corpus.import_shipped(SHIPPED_CORPORA[SYNTHETIC_CORPUS], home / SYNTHETIC_CORPUS)


@pytest.fixture(scope="module")
def whole(corpus: Corpus) -> Network:
    return network(corpus)


@pytest.fixture(scope="module")
def found(whole: Network) -> Communities:
    return communities(whole)


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads(TRUTH.read_text("utf-8"))


def test_both_planted_communities_are_found(found: Communities, truth: dict) -> None:
    assert found.modularity > 0.3
    for name, users in truth["communities"].items():
        planted = set(users)
        best = max((set(one.users) for one in found.all), key=lambda one: len(one & planted))
        both = len(best & planted)
        assert both / len(best) >= 0.8 and both / len(planted) >= 0.8, name


def test_the_planted_bridge_comes_first(found: Communities, truth: dict) -> None:
    first = found.bridges[0]
    assert first.user == truth["bridge"]
    joined = set()
    for number in first.communities:
        users = set(found.all[number].users)
        joined |= {name for name, of in truth["communities"].items() if len(users & set(of)) > 10}
    assert joined == set(truth["communities"])
    assert first.carried > 0.5


def test_communities_hardly_react_to_each_other(found: Communities, truth: dict) -> None:
    numbers = []
    for users in truth["communities"].values():
        numbers.append(max(found.all, key=lambda one: len(set(one.users) & set(users))).id)
    one, other = numbers
    across = int(found.between[one, other] + found.between[other, one])
    assert across < found.between[one, one] / 4 and across < found.between[other, other] / 4


def test_joy_draws_likes_and_fear_draws_shares(corpus: Corpus) -> None:
    ratio = {
        (one.emotion, one.kind): one.ratio
        for one in reactions_by_emotion(corpus, settings().bundle)
    }
    assert ratio["joy", "like"] > 1 > ratio["joy", "share"]
    assert ratio["fear", "share"] > 1 > ratio["fear", "like"]


def test_reactions_are_all_counted(whole: Network, corpus: Corpus) -> None:
    assert int(whole.weights.sum()) + whole.own + whole.outside == sum(whole.counts.values())
    assert list(whole.counts) == ["reply", "share", "like", "mention"]
