from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backend.corpus import shipped
from backend.domain import (
    EMOTIONS,
    EMOTIONS_AND_NEUTRAL,
    SENTIMENTS,
    Affect,
    KindredError,
    Modality,
    Sentiment,
)
from backend.search import Filter
from tests.backend.corpus.samples import LANGUAGES, WORDS, make_shipped

Tables = tuple[pa.Table, pa.Table]
START = datetime(2024, 1, 1, tzinfo=UTC)


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


times = st.none() | st.integers(0, 300).map(lambda h: START + timedelta(hours=h))
probabilities = st.none() | st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0])
filters = st.builds(
    Filter,
    users=some([f"art:user{i}" for i in range(7)] + ["nobody"]),
    since=times,
    until=times,
    languages=some([*LANGUAGES, "xx"]),
    emotions=some(EMOTIONS_AND_NEUTRAL),
    min_probability=probabilities,
    sentiments=some(list(SENTIMENTS)),
    sources=some(["art", "beeps"]),
    modalities=some([m.value for m in Modality]),
    tags=some([WORDS[0].upper(), *WORDS]),
    words=some(["STORM", "sea", "дере", "猫", 'said "no"', "Piece 1", "%_"]),
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    made = shipped.read(make_shipped(tmp_path_factory.mktemp("filters")))
    predictions = made.predictions["tiny-1"]
    # What was read in pictures and sounds: every third post has words, of two kinds.
    read = [WORDS[i % len(WORDS)] if i % 3 == 0 else None for i in range(len(made.posts))]
    posts = made.posts
    for name, texts in (("written", read), ("said", read[::-1])):
        if name not in posts.column_names:
            posts = posts.append_column(name, pa.array(texts, pa.string()))
    return posts, predictions.slice(5)  # five posts have none


def by_pandas(conditions: Filter, tables: Tables) -> list[str]:
    posts, predictions = (table.to_pandas() for table in tables)
    frame = posts.merge(predictions, on="id", how="left", suffixes=("", "_p"))
    keep = pd.Series(True, index=frame.index)
    for values, column in (
        (conditions.users, "user"),
        (conditions.languages, "language"),
        (conditions.sources, "source"),
        (conditions.sentiments, "label"),
    ):
        if values:
            keep &= frame[column].isin(values)
    if conditions.since:
        keep &= frame["time"] >= conditions.since
    if conditions.until:
        keep &= frame["time"] < conditions.until
    for modality in conditions.modalities:
        keep &= frame[modality.value].notna()
    if conditions.tags:
        wanted = {tag.lower() for tag in conditions.tags}
        keep &= frame["tags"].map(lambda tags: any(tag.lower() in wanted for tag in tags))
    if conditions.words:
        texts = [frame[name].fillna("") for name in ("text", "title", "written", "said")]
        whole = pd.Series(["\n".join(row) for row in zip(*texts, strict=True)], frame.index)
        keep &= whole.map(lambda t: any(word.lower() in t.lower() for word in conditions.words))
    if conditions.min_probability is not None:
        columns = list(conditions.emotions or EMOTIONS)
        keep &= (frame[columns] >= conditions.min_probability).any(axis=1)
    elif conditions.emotions:
        top = [
            Affect(
                {e: row[e] for e in EMOTIONS}, row["neutral"], Sentiment(0.5, "neutral"), 0.5
            ).top
            for _, row in frame.iterrows()
        ]
        keep &= pd.Series(top).isin(conditions.emotions) & frame["label"].notna()
    return frame.loc[keep, "id"].tolist()


@given(conditions=filters)
@hypothesis_settings(max_examples=80)
def test_the_same_posts_as_with_pandas(tables: Tables, conditions: Filter) -> None:
    posts, predictions = tables
    mask = conditions.mask(posts.select(conditions.columns), predictions)
    assert mask.dtype == bool
    ids = np.array(posts["id"].to_pylist())
    assert ids[mask].tolist() == by_pandas(conditions, tables)


@given(
    conditions=st.builds(
        Filter,
        users=st.lists(st.text(max_size=8), max_size=3).map(tuple),
        words=st.lists(st.sampled_from([",", "\\", "\\,", "", "a,b", "ü"]), max_size=3).map(tuple),
        since=st.none() | st.datetimes(timezones=st.just(UTC)),
        min_probability=st.none() | st.floats(0, 1),
        emotions=some(list(EMOTIONS)),
        modalities=some([m.value for m in Modality]),
    )
)
def test_a_link_carries_the_filter(conditions: Filter) -> None:
    params = conditions.to_params()
    assert all(isinstance(value, str) for value in params.values())
    assert Filter.from_params({**params, "q": "storm"}) == conditions


def test_only_what_is_set_is_in_the_link() -> None:
    assert Filter().to_params() == {} and not Filter()
    conditions = Filter(modalities=(Modality.AUDIO,), emotions=("fear", "joy"))
    assert conditions and conditions.to_params() == {"modalities": "audio", "emotions": "fear,joy"}


@pytest.mark.parametrize(
    "params",
    [
        {"emotions": "happiness"},
        {"sentiments": "good"},
        {"modalities": "video"},
        {"min_probability": "1.5"},
        {"min_probability": "nan"},
        {"min_probability": "much"},
        {"since": "yesterday"},
    ],
)
def test_what_cannot_be_meant_is_refused(params: dict[str, str]) -> None:
    with pytest.raises(KindredError) as error:
        Filter.from_params(params)
    assert error.value.code == "filter"


def test_times_are_compared_across_zones(tables: Tables) -> None:
    posts, _ = tables
    east = timezone(timedelta(hours=5))
    there = Filter(since=datetime(2024, 1, 5, 5, tzinfo=east)).mask(posts)
    naive = Filter(since=datetime(2024, 1, 5)).mask(posts)
    np.testing.assert_array_equal(there, naive)
    assert 0 < naive.sum() < len(posts)


def test_without_predictions_no_post_has_an_emotion(tables: Tables) -> None:
    posts, predictions = tables
    for given_predictions in (None, predictions.slice(0, 0)):
        assert not Filter(emotions=("joy",)).mask(posts, given_predictions).any()


def test_an_empty_corpus_is_fine(tables: Tables, tmp_path: Path) -> None:
    empty = tables[0].slice(0, 0)
    every = Filter(tags=("a",), words=("b",), modalities=(Modality.TEXT,), since=START)
    assert every.mask(empty).shape == (0,)


def test_numbers_among_the_labels() -> None:
    labels = ['{"likes": "7"}', '{"likes": "120"}', None, '{"likes": "many"}', "{}"]
    posts = pa.table({"id": list("abcde"), "user": list("abcde"), "labels": labels})
    for condition, wanted in (("likes>7", "b"), ("likes >= 7", "ab"), ("likes<=7", "a"),
                              ("likes=120", "b"), ("shares>0", "")):  # fmt: skip
        mask = Filter(numbers=(condition,)).mask(posts)
        assert [id_ for id_, passes in zip("abcde", mask, strict=True) if passes] == list(wanted)
    both = Filter(numbers=("likes>5", "likes<100"))
    assert both.mask(posts).tolist() == [True, False, False, False, False]
    assert Filter.from_params(both.to_params()) == both
    assert "labels" in both.columns
    with pytest.raises(KindredError, match="write it as likes>100"):
        Filter(numbers=("likes",))
