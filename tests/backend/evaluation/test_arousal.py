from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from backend.affect.audio import HIGH_AROUSAL, LOW_AROUSAL, AudioHead
from backend.affect.fitting.audio import fit_audio
from backend.domain import KindredError
from backend.evaluation import arousal
from backend.settings import ASSETS

HEARD = ASSETS / "labels" / "music_heard.parquet"
TAGS = json.loads(pq.read_schema(HEARD).metadata[b"names"])


@pytest.fixture(scope="module")
def music() -> list[arousal.Music]:
    return list(arousal.read_tracks(HEARD, TAGS))


def test_every_labelled_track_is_heard_and_no_track_twice(music: list[arousal.Music]) -> None:
    test, validation = music
    labels = pq.read_table(ASSETS / "labels" / "music_arousal.parquet").to_pylist()
    assert set(test.tracks) == {row["track"] for row in labels}
    assert len(set(validation.tracks)) == 56
    assert not set(test.tracks) & set(validation.tracks)
    given = {row["track"]: row["arousal"] == "high" for row in labels}
    assert all(given[t] == lively for t, lively in zip(test.tracks, test.lively, strict=True))
    for split in music:
        assert split.probabilities.shape == (len(split.tracks), len(TAGS))
        assert (split.probabilities >= 0).all() and (split.probabilities <= 1).all()
        assert (split.loudness > 0).all()
        assert np.unique(split.tracks, return_counts=True)[1].max() <= 8


def test_tags_tell_whole_tracks_better_than_loudness(music: list[arousal.Music]) -> None:
    # Scaled on other music: nothing of the tracks that are judged is seen.
    test, validation = music
    head = AudioHead(fit_audio(validation.probabilities, TAGS), {"tags": TAGS})
    pieces, tracks = arousal.aucs(test, "tags", head.arousal(test.probabilities))
    assert (pieces.n, tracks.n) == (len(test.tracks), 22)
    assert tracks.value >= 0.85
    assert tracks.low is not None and tracks.low > 0.7
    assert tracks.value > arousal.aucs(test, "loudness", test.loudness)[1].value + 0.1
    assert tracks.value > pieces.value


def test_other_tags_are_not_read() -> None:
    assert list(arousal.read_tracks(HEARD, TAGS[::-1])) == []


def test_lively_tags_raise_and_calm_tags_lower_arousal(music: list[arousal.Music]) -> None:
    head = AudioHead(fit_audio(music[0].probabilities, TAGS), {"tags": TAGS})
    scores = head.arousal(music[0].probabilities)
    assert scores.mean() == pytest.approx(0, abs=1e-5)
    assert scores.std() == pytest.approx(1, abs=1e-5)
    plain = np.full((1, len(TAGS)), 0.2)
    for names, sign in ((HIGH_AROUSAL, 1), (LOW_AROUSAL, -1)):
        for name in names:
            more = plain.copy()
            more[0, TAGS.index(name)] = 0.8
            assert sign * (head.arousal(more) - head.arousal(plain))[0] > 0, name


def test_without_tags_a_sound_says_nothing() -> None:
    head = AudioHead({}, {"tags": []})
    assert not head.evidence(np.ones((2, 7))).emotion.any()
    assert head.top(np.ones(7)) == []


def test_a_bundle_that_does_not_fit_says_so() -> None:
    for tensors in ({}, {"tag_weight": np.ones(2), "tag_mean": np.ones(3)}):
        with pytest.raises(KindredError, match="Build it again") as error:
            AudioHead(tensors, {"tags": ["fast", "slow", "loud"]})
        assert error.value.code == "old_bundle"


def test_a_perfect_score_and_its_mirror() -> None:
    lively = np.array([True, True, False, False])
    tracks = np.array(["a", "a", "b", "c"])
    some = arousal.Music("some", np.zeros((4, 0)), np.ones(4), lively, tracks)
    assert [f.value for f in arousal.aucs(some, "x", np.array([3.0, 2.0, 1.0, 0.0]))] == [1, 1]
    assert [f.value for f in arousal.aucs(some, "x", np.array([0.0, 1.0, 2.0, 3.0]))] == [0, 0]
