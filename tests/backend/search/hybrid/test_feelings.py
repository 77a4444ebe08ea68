"""A feeling in a query: it is found in every language, and what has its topic too comes first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.domain import Content, Kind, Modality, Post, User
from backend.search import Searcher, parse
from backend.search.hybrid import fusion
from backend.search.hybrid.encoded import EncodedQuery, EncodedTerm
from backend.search.hybrid.names import name_scores
from backend.search.hybrid.searcher import HybridSearcher
from backend.workspace.query_encoder import QueryEncoder
from backend.workspace.uploads import Uploads
from backend.workspace.workspace import Workspace

DIM, BUNDLE = 8, "tiny-1"
TOPIC, FEELING = np.eye(DIM, dtype=np.float32)[:2]


@pytest.fixture
def encoder(workspace: Workspace, tmp_path: Path) -> QueryEncoder:
    return QueryEncoder(workspace.searcher(), workspace.models, Uploads(tmp_path))


def term(vector: np.ndarray) -> EncodedTerm:
    return EncodedTerm(Kind.TEXT, 1.0, vector, {Native.MEANING: vector})


def test_a_post_with_both_comes_before_one_that_has_the_topic_alone(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "corpus", name="felt")
    rng = np.random.default_rng(0)
    made = {"topic": TOPIC, "both": TOPIC + FEELING, "feeling": FEELING}
    made |= {f"other-{i}": rng.standard_normal(DIM) for i in range(20)}
    rows = np.array([row / np.linalg.norm(row) for row in made.values()], dtype=np.float32)
    posts = [Post(id_, text=id_, language="en") for id_ in made]
    vectors = dict.fromkeys((Kind.POST, Kind.TEXT, Native.MEANING), (list(made), rows))
    corpus.add(posts, bundle=BUNDLE, vectors=vectors)
    hybrid = HybridSearcher(Searcher(corpus, BUNDLE))
    # An encoder that hardly knows the word of the feeling hears the topic.
    heard = term(TOPIC + 0.3 * FEELING)
    plain = hybrid.search(EncodedQuery((heard,)), [Kind.POST]).hits[Kind.POST]
    assert plain[0].id == "topic"
    query = EncodedQuery((heard,), aspects=(term(FEELING), term(TOPIC)))
    found = hybrid.search(query, [Kind.POST]).hits[Kind.POST]
    assert found[0].id == "both"
    assert "aspects" not in {part for hit in found for part in hit.parts}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("zmęczony po pracy", "I am so tired, I could fall asleep"),
        ("wściekły na pociąg", "I am so angry, I could scream"),
        ("uttråkad på kontoret", "I am so bored, nothing to do"),
    ],
)
def test_a_feeling_in_any_language_is_near_to_what_says_it_in_english(
    encoder: QueryEncoder, line: str, said: str
) -> None:
    models = encoder.models
    english = models.native(Content(text=said))[Native.MEANING]
    plain = models.native(Content(text=line))[Native.MEANING]
    encoded = encoder.encode(parse(line)).terms[0].native[Native.MEANING]
    assert encoded @ english > plain @ english + 0.01


def test_a_query_has_aspects_where_its_wanted_texts_name_a_feeling(encoder: QueryEncoder) -> None:
    assert len(encoder.encode(parse("zmęczony po pracy")).aspects) == 2
    assert len(encoder.encode(parse("zmęczony")).aspects) == 1
    assert encoder.encode(parse("po pracy")).aspects == ()
    assert encoder.encode(parse("praca - zmęczony")).aspects == ()


def test_a_feeling_costs_no_more_readings_than_its_name_and_a_translation(
    encoder: QueryEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder.models.feature_memory.clear()  # type: ignore[attr-defined]
    read: list[str] = []
    engine = encoder.models.embedder.encoder(Modality.TEXT)  # type: ignore[attr-defined]
    forward = engine._forward
    monkeypatch.setattr(engine, "_forward", lambda texts: read.extend(texts) or forward(texts))
    encoder.encode(parse("furious about this parking garage"))
    assert read == [
        "furious about this parking garage",
        "angry about this parking garage",
        "I am so angry",
    ]
    encoder.encode(parse("angry about that parking garage"))
    assert read[3:] == ["angry about that parking garage"]


def test_the_topic_beside_a_feeling_is_what_the_query_has_without_it(encoder: QueryEncoder) -> None:
    encoded = encoder.encode(parse("angry about trains"))
    feeling, topic = (aspect.native[Native.MEANING] for aspect in encoded.aspects)
    mean = encoder.searcher.index(Native.MEANING).offset
    assert np.linalg.norm(topic) == pytest.approx(1.0, abs=1e-5)
    assert abs((topic - mean) @ (feeling / np.linalg.norm(feeling) - mean)) < 1e-3
    trains, anger = (
        encoder.models.native(Content(text=text))[Native.MEANING] - mean
        for text in ("the railway", "what a rage")
    )
    assert (topic - mean) @ trains > (topic - mean) @ anger


def test_a_word_for_a_feeling_beside_a_user_asks_for_its_emotion(encoder: QueryEncoder) -> None:
    user = (
        encoder.searcher.index(Kind.USER)
        .search(encoder.models.vector(Content(text="a"), Kind.TEXT), 1)
        .ids[0]
    )
    assert encoder.encode(parse(f"@{user} + joy")).emotion == "joy"
    assert encoder.encode(parse(f"@{user} - joy")).emotion == ""
    assert encoder.encode(parse("joy")).emotion == ""


def test_what_lacks_an_aspect_is_far_and_what_has_no_text_as_far_as_chance() -> None:
    nearness = np.array([[2.0, 2.0, 0.0, np.nan], [1.0, -1.0, 0.0, np.nan]])
    both, topic, neither, untold = fusion.aspects(nearness)
    assert both == 0 > topic and neither == untold < 0


def test_a_feeling_beside_other_terms_is_no_name_of_a_user(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "corpus", name="named")
    corpus.add([Post("one", text="hello", user="u1")], users=[User("u1", "Joy Adams")])

    def named(*words: str) -> set[str]:
        terms = [EncodedTerm(Kind.TEXT, 1.0, TOPIC, {}, each) for each in words]
        return set(name_scores(corpus, terms))

    assert named("joy") == named("storm", "Joy Adams") == {"u1"}
    assert named("storm", "joy") == set()
