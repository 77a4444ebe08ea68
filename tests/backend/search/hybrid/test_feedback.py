"""What the first hits have in common finds what shares no word with the query."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.domain import Hit, Kind, Post
from backend.search import Searcher, VectorIndex
from backend.search.hybrid import feedback
from backend.search.hybrid.dense import DensePart
from backend.search.hybrid.encoded import EncodedQuery, EncodedTerm
from backend.search.hybrid.searcher import HybridSearcher
from backend.workspace.workspace import Workspace

DIM, BUNDLE = 64, "tiny-1"
DOG, CAR, LANGUAGE = np.eye(DIM, dtype=np.float32)[:3]
MADE = {"dog": DOG, "puppy": DOG + 0.2 * LANGUAGE, "car": CAR, "copy": CAR, "hound": DOG - LANGUAGE}
NOWHERE = np.empty((0, DIM))


def part(groups: list[str] | None = None) -> DensePart:
    index = VectorIndex(list(MADE), np.stack(list(MADE.values())), groups=groups)
    return DensePart(index, DOG, 0.5, 1.0)


def test_first_hits_are_compared_with_the_others_alone() -> None:
    ids, odds = ["dog", "puppy", "car", "hound", "nothing"], np.array([2.0, 2.0, 2.0, -9.0, -9.0])
    near = dict(zip(ids, feedback.nearness(part(), ids, odds, NOWHERE), strict=True))
    assert near["car"] == pytest.approx(0.0, abs=0.01)  # although it is one of the first
    assert near["hound"] > 0.7 and near["dog"] > near["hound"]  # although it is none
    assert np.isnan(near["nothing"])


def test_a_copy_of_a_first_hit_gains_no_more_than_that() -> None:
    groups = ["", "", "same", "same", ""]
    groups = [name or id_ for name, id_ in zip(groups, MADE, strict=True)]
    odds = np.array([2.0, 2.0, 2.0, 1.0, -9.0])
    near = feedback.nearness(part(groups), list(MADE), odds, NOWHERE)
    assert near[2] == near[3] == pytest.approx(0.0, abs=0.01)


def test_what_tells_languages_apart_does_not_count() -> None:
    odds = np.array([2.0, 2.0, -9.0, -9.0, -9.0])
    plain = feedback.nearness(part(), list(MADE), odds, NOWHERE)[-1]
    without = feedback.nearness(part(), list(MADE), odds, LANGUAGE[None].astype(np.float64))[-1]
    assert without > plain


def test_the_only_right_hit_is_compared_with_the_query() -> None:
    alone = feedback.nearness(part(), ["dog"], np.array([3.0]), NOWHERE)
    assert alone == pytest.approx([1 / part().spread])
    odds = np.array([3.0, -9.0, -9.0, -9.0])
    among = feedback.nearness(part(), ["dog", "car", "copy", "puppy"], odds, NOWHERE)
    assert among[0] == pytest.approx(alone[0], abs=0.01)


def test_a_query_of_nothing_but_its_language_is_no_failure() -> None:
    found = feedback.nearness(part(), ["dog", "car"], np.array([3.0, 1.0]), np.stack([DOG, CAR]))
    assert np.isfinite(found).all()


def test_posts_without_a_vector_are_near_to_nothing() -> None:
    odds = np.array([1.0, -np.inf])
    assert np.isnan(feedback.nearness(part(), ["x", "y"], odds, NOWHERE)).all()


def found(path: Path, words: str) -> list[Hit]:
    """Search for a happy dog: a car is called happy, and one of two dogs is called otherwise."""
    rng = np.random.default_rng(0)
    texts = {"a": "happy dog", "b": "dog", "c": "dogs", "car": "happy", "far": "cachorro"}
    other, joy, mixed = np.eye(DIM, dtype=np.float32)[3:6]
    made = {
        "a": DOG + joy,
        "b": DOG,
        "c": DOG + 0.3 * joy,
        "car": joy + CAR,
        "far": DOG + 1.4 * other,
    }
    made["other"] = mixed + 0.8 * joy
    texts["other"] = "voiture"
    texts |= {f"{i}": f"x{i}" for i in range(30)}
    made |= {f"{i}": rng.standard_normal(DIM) for i in range(30)}
    rows = np.array([row / np.linalg.norm(row) for row in made.values()], dtype=np.float32)
    corpus = Corpus.create(path, name="dogs")
    posts = [Post(id_, text=text, language="en") for id_, text in texts.items()]
    vectors = dict.fromkeys((Kind.POST, Kind.TEXT, Native.MEANING), (list(made), rows))
    corpus.add(posts, bundle=BUNDLE, vectors=vectors)
    vector = (DOG + joy) / np.float32(np.sqrt(2))
    term = EncodedTerm(Kind.TEXT, 1.0, vector, {Native.MEANING: vector}, words)
    return (
        HybridSearcher(Searcher(corpus, BUNDLE))
        .search(EncodedQuery((term,)), [Kind.POST])
        .hits[Kind.POST]
    )


def test_texts_like_the_first_hits_come_before_those_that_are_as_near_to_the_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = found(tmp_path / "read", "happy dog")
    order = [hit.id for hit in hits]
    assert order.index("far") < order.index("other")
    assert "feedback" not in {name for hit in hits for name in hit.parts}
    monkeypatch.setattr(feedback, "nearness", lambda part, ids, odds, languages: np.zeros(len(ids)))
    order = [hit.id for hit in found(tmp_path / "unread", "happy dog")]
    assert order.index("other") < order.index("far")


def test_images_and_queries_of_anything_else_are_ranked_without_reading(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "nearness", lambda *_: pytest.fail("first hits were read"))
    assert workspace.search("cat", [Kind.IMAGE, Kind.AUDIO, Kind.USER]).hits[Kind.IMAGE]
    post = workspace.search("cat", [Kind.IMAGE], 1).hits[Kind.IMAGE][0].id
    assert workspace.search(f"post:{post}", [Kind.POST]).hits[Kind.POST]
    for line in ("- cat", "people angry about trains"):
        assert workspace.search(line, [Kind.POST]).hits[Kind.POST]


@pytest.mark.parametrize("line", ["perro feliz", "people angry about trains", "happy new year"])
def test_hits_of_a_feeling_and_a_topic_are_in_the_order_of_their_scores(
    workspace: Workspace, line: str
) -> None:
    scores = [hit.score for hit in workspace.search(line, [Kind.POST], 20).hits[Kind.POST]]
    assert scores == sorted(scores, reverse=True)
