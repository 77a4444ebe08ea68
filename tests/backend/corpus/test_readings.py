from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.corpus import Corpus, readings
from backend.domain import KindredError, Modality, Post
from backend.search import Filter
from backend.text.reading import Passage, Reading

IMAGE, AUDIO = Modality.IMAGE, Modality.AUDIO
SCREENSHOT = Reading(
    "Meeting moved to Friday",
    (
        Passage("Meeting moved", (0.1, 0.1, 0.6, 0.2), 0.98),
        Passage("to Friday", (0.1, 0.3, 0.5, 0.4), 0.97, 2),
    ),
    0.95,
    0.12,
)
VOICE = Reading(
    "She cried about the house.",
    (Passage("She cried about the house.", (0.5, 2.5), 0.8),),
    0.7,
    0.9,
    "en",
)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    made = Corpus.create(tmp_path / "own", name="own")
    for name in ("a.jpg", "b.ogg", "c.jpg"):
        made.new_media(name).write_bytes(b"media")
    posts = [
        Post("a", text="look", image="a.jpg"),
        Post("b", audio="b.ogg"),
        Post("c", image="c.jpg"),
    ]
    made.add(posts, read={"a": {IMAGE: SCREENSHOT}, "b": {AUDIO: VOICE}})
    return made


def test_what_is_stored_comes_back(corpus: Corpus) -> None:
    assert corpus.readings(["a", "b", "c"]) == {"a": {IMAGE: SCREENSHOT}, "b": {AUDIO: VOICE}}
    assert corpus.unread({IMAGE, AUDIO}) == ["c"]
    assert corpus.unread({AUDIO}) == []


def test_columns_of_posts(corpus: Corpus) -> None:
    table = corpus.table(["said", "id", "written"]).sort_by("id")
    assert table.column_names == ["said", "id", "written"]
    assert table["written"].to_pylist() == ["Meeting moved to Friday", None, None]
    assert table["said"].to_pylist() == [None, "She cried about the house.", None]
    assert corpus.table(["written"], ids=["a"]).to_pydict() == {
        "written": ["Meeting moved to Friday"]
    }
    with pytest.raises(KindredError, match="written, said"):
        corpus.table(["spoken"])


def test_words_are_found(corpus: Corpus) -> None:
    def found(word: str) -> list[str]:
        filters = Filter(words=(word,))
        posts = corpus.table(filters.columns)
        return sorted(np.array(posts["id"].to_pylist())[filters.mask(posts)])

    assert found("friday") == ["a"]
    assert found("CRIED") == ["b"]
    assert found("look") == ["a"]
    assert found("tuesday") == []


def test_a_corpus_without_readings_opens_as_before(tmp_path: Path) -> None:
    old = Corpus.create(tmp_path / "old", name="old")
    with old._store.transaction() as change:
        change.put("posts", change.read("posts"))
    old.refresh()
    assert readings.READINGS not in old._view.snapshot
    assert old.readings(["a"]) == {}
    assert old.table(["id", "written", "said"]).column_names == ["id", "written", "said"]


def test_a_replaced_post_loses_what_was_read(corpus: Corpus) -> None:
    corpus.add([Post("a", text="new")], replace=True)
    assert corpus.readings(["a", "b"]) == {"b": {AUDIO: VOICE}}


def test_reading_again_replaces(corpus: Corpus) -> None:
    again = Reading()
    corpus.add(read={"a": {IMAGE: again}, "c": {IMAGE: SCREENSHOT}})
    assert corpus.readings(["a", "c"]) == {"a": {IMAGE: again}, "c": {IMAGE: SCREENSHOT}}
    assert corpus.unread({IMAGE}) == []


shares = st.integers(0, 1000).map(lambda n: n / 1000)
passages = st.builds(
    Passage, st.text(max_size=20), st.tuples(shares, shares), shares, st.integers(0, 7)
)


@given(
    st.builds(
        Reading,
        text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        passages=st.lists(passages, max_size=3).map(tuple),
        confidence=shares,
        share=shares,
        language=st.sampled_from([None, "en", "zh"]),
        note=st.sampled_from(["", "Some of it."]),
    )
)
def test_any_reading_survives(reading: Reading) -> None:
    table = readings.to_table({"x": {IMAGE: reading}})
    assert readings.from_table(table) == {"x": {IMAGE: reading}}
