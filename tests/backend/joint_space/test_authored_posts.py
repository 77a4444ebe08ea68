"""What the tables of users and words learn from, on a corpus of one's own."""

import shutil
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from backend import encoders as registry
from backend.corpus import Corpus
from backend.corpus.model_outputs import REACTIONS
from backend.corpus.schema import REACTIONS as SCHEMA
from backend.domain import KindredError, Modality, Post
from backend.joint_space.authored_posts import of_corpus, with_reactions
from backend.settings import ASSETS
from backend.training.feature_cache import FeatureCache
from backend.word_spaces import word_image_data

NAMES = {
    Modality.TEXT: "multilingual-e5-small",
    Modality.IMAGE: "efficientnet-lite0",
    Modality.AUDIO: "aisfx+musicnn",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    made = Corpus.create(tmp_path_factory.mktemp("own") / "flickr", name="flickr")
    drawing = next((ASSETS / "corpus" / "media" / "openclipart").glob("*.webp"))
    shutil.copyfile(drawing, made.new_media("a.webp"))
    made.add(
        [
            Post(
                "1",
                text="A red kite",
                image="a.webp",
                user="u:b",
                tags=("kite", "red"),
                time=datetime(2026, 3, 1, tzinfo=UTC),
            ),
            Post("2", text="The red sea", user="u:a", tags=("sea",)),
            Post("3", text="Kite surfing by the sea", user="u:b"),
            Post("4", text="Nobody's"),
        ]
    )
    return made


@pytest.fixture(scope="module")
def encoders():
    return {m: registry.get(name, modality=m, device="cpu") for m, name in NAMES.items()}


def test_posts_of_known_authors_are_read(corpus, encoders, tmp_path):
    cache = FeatureCache(tmp_path / "features.sqlite")
    authored = of_corpus(corpus, encoders, cache=cache)
    assert authored.names == ("u:a", "u:b")
    assert authored.users.tolist() == [1, 0, 1]
    assert authored.has("text").all()
    assert authored.has("image").tolist() == [True, False, False]
    assert not authored.has("audio").any()
    assert authored.carries(["sea", "red"]).tolist() == [[False, True], [True, False], [False] * 2]
    assert np.isnan(authored.only("text").features["image"]).all()


def test_reactions_are_read_with_those_who_only_react(corpus, encoders, tmp_path):
    cache = FeatureCache(tmp_path / "features.sqlite")
    with pytest.raises(KindredError) as error:
        with_reactions(corpus, encoders, cache=cache)
    assert error.value.code == "no_reactions"
    rows = [
        {"user": "u:z", "post": "2", "kind": "like"},
        {"user": "u:b", "post": "2", "kind": "reply"},
        {"user": "u:a", "post": "4", "kind": "reply"},  # to nobody's
    ]
    corpus.write_side_tables({REACTIONS: pa.Table.from_pylist(rows, schema=SCHEMA)})
    authored = with_reactions(corpus, encoders, cache=cache)
    assert authored.names == ("u:a", "u:b", "u:z")
    assert authored.reactions.toarray().tolist() == [[0, 0, 0], [0, 1, 0.5], [0, 0, 0]]
    assert authored.times[0] == np.datetime64("2026-03-01") and np.isnat(authored.times[1])
    some = authored.take(np.array([False, True, False]))
    assert some.users.tolist() == [0] and some.tags == (frozenset({"sea"}),)
    assert some.reactions.toarray().tolist() == [[0, 1, 0.5]] and np.isnat(some.times).all()
    assert np.array_equal(some.features["text"], authored.features["text"][1:2])
    assert of_corpus(corpus, encoders, cache=cache).reactions is None


def test_words_and_images_are_read(corpus, encoders, tmp_path):
    cache = FeatureCache(tmp_path / "features.sqlite")
    data = word_image_data.of_corpus(corpus, encoders[Modality.IMAGE], cache=cache)
    assert {"kite", "red", "sea"} <= set(data.words)
    assert data.names.tolist() == ["1"]
    words = {data.words[i] for i in data.group_words[data.image_group[0]]}
    assert {"kite", "red"} <= words
