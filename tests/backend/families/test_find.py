"""Families of a small corpus: what joins them, and what was added since."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.corpus import Corpus
from backend.domain import Kind, Post
from backend.families import storage
from backend.families.find import find
from backend.families.types import Families
from backend.settings import ASSETS

BUNDLE = "b"
DRAWING, OTHER = sorted((ASSETS / "corpus" / "media" / "openclipart").glob("*.webp"))[:2]
LONG = "The ferry gives every household two free tickets before Friday noon."


def at(day: int) -> datetime:
    return datetime(2026, 5, day, tzinfo=UTC)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    made = Corpus.create(tmp_path / "c")
    media = tmp_path / "c" / "media"
    media.mkdir(exist_ok=True)
    for name, source in (
        ("a.webp", DRAWING),
        ("copy.webp", DRAWING),
        ("other.webp", OTHER),
        ("missing.webp", OTHER),
    ):
        shutil.copy(source, media / name)
    with Image.open(DRAWING) as opened:
        opened.convert("RGB").save(media / "again.webp", quality=15)
    made.add(
        [
            Post("p1", text="One caption.", image="a.webp", user="u1", time=at(3)),
            Post("p2", text="Another caption.", image="copy.webp", user="u2", time=at(2)),
            Post("p3", image="again.webp", user="u3", time=at(5)),
            Post("p4", image="other.webp", user="u3", time=at(1)),
            Post("t1", text=LONG, user="u1", time=at(4)),
            Post("t2", text=LONG.upper() + "!!", user="u2"),
            Post("t3", text="Please share: " + LONG, user="u2", time=at(6)),
            Post("gone", image="missing.webp", user="u2", time=at(6)),
        ]
    )
    (media / "missing.webp").unlink()
    return made


def found(corpus: Corpus) -> Families:
    storage.put(corpus, BUNDLE, find(corpus, BUNDLE))
    families = storage.get(corpus, BUNDLE)
    assert families is not None
    return families


def members(families: Families) -> dict[str, list[str]]:
    return {name: list(families.ids[rows]) for name, rows in families.rows.items()}


def test_families_are_named_by_their_first_post(corpus: Corpus) -> None:
    families = found(corpus)
    assert members(families) == {"p2": ["p2", "p1", "p3"], "t1": ["t1", "t3", "t2"]}
    pictures, texts = sorted(families.all, key=lambda one: one.id)
    assert pictures.by == ("image",) and pictures.users == 3
    assert texts.by == ("text",) and texts.variants == 2  # capitals make no variant
    assert families.folded == {"p1", "p3", "t2", "t3"}
    assert (families.looked_at, families.unseen) == (8, 0)


def test_vectors_decide_whether_pictures_are_the_same(corpus: Corpus) -> None:
    apart = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    corpus.add(bundle=BUNDLE, vectors={Kind.IMAGE: (["p1", "p2", "p3", "p4"], apart)})
    # p1 and p2 are the same file; the vector of p3 says that it shows something else.
    assert "p3" not in found(corpus).ids


def test_posts_that_came_later_are_counted_and_changed_ones_forgotten(corpus: Corpus) -> None:
    found(corpus)
    corpus.add([Post("t4", text=LONG, user="u4", time=at(9))])
    families = storage.get(corpus, BUNDLE)
    assert families is not None and families.unseen == 1 and "t4" not in families.ids
    assert "t4" in found(corpus).ids


def test_nobody_has_looked_yet(corpus: Corpus) -> None:
    assert storage.get(corpus, BUNDLE) is None


def test_short_captions_of_a_picture_are_variants_of_it(corpus: Corpus) -> None:
    families = found(corpus)
    rows = np.array([families.ids.tolist().index(id_) for id_ in ("p1", "p2", "p3")])
    keys = [key[0] for key in families.variant_keys(rows)]
    assert len(set(keys)) == 3, "too short to be compared, but not the same"
    assert keys[2] == -1, "without a text"
