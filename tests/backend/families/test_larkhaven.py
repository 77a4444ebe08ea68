"""Families and coordinated posting of the synthetic corpus, against what was planted in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.build.larkhaven.__main__ import TRUTH
from backend.corpus import Corpus
from backend.families import coordinated, storage
from backend.families.find import find
from backend.families.types import Families
from backend.settings import SHIPPED_CORPORA, SYNTHETIC_CORPUS, settings


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Families:
    home: Path = tmp_path_factory.mktemp("home")
    corpus = Corpus.import_shipped(SHIPPED_CORPORA[SYNTHETIC_CORPUS], home / SYNTHETIC_CORPUS)
    bundle = settings().bundle
    storage.put(corpus, bundle, find(corpus, bundle))  # found now, not as they were shipped
    found = storage.get(corpus, bundle)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads(TRUTH.read_text("utf-8"))


def test_each_planted_family_is_found(families: Families, truth: dict) -> None:
    found = [set(map(str, families.ids[rows])) for rows in families.rows.values()]
    for name, ids in truth["families"].items():
        planted = set(ids)
        best = max(found, key=lambda one: len(one & planted))
        both = len(best & planted)
        assert both / len(best) >= 0.8 and both / len(planted) >= 0.8, name


def test_hardly_anything_else_is_a_family(families: Families, truth: dict) -> None:
    planted = {id_ for ids in truth["families"].values() for id_ in ids}
    planted |= set(truth["coordinated"]["posts"])
    members = set(map(str, families.ids))
    assert len(members & planted) / len(members) >= 0.8
    assert len(members & planted) / len(planted) >= 0.8


def test_the_coordinated_group_is_found_and_nobody_else(families: Families, truth: dict) -> None:
    (group,) = coordinated.groups(families)
    assert set(group.users) == set(truth["coordinated"]["users"])
    assert set(group.posts) == set(truth["coordinated"]["posts"])
    assert len(group.occasions) == 2 and set(group.times.values()) == {2}


def test_the_first_post_and_the_variants_are_told(families: Families, truth: dict) -> None:
    ids = truth["families"]["the free tickets"]
    family = next(one for one in families.all if one.id == ids[0])  # the truth is in time's order
    assert family.posts == family.variants == len(ids)
    assert family.by == ("text",) and family.last > family.first
