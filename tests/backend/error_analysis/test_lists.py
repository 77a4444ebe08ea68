"""Slices, doubtful labels, twins, corrections, noise: on posts whose faults are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backend.domain import EMOTIONS, Affect, Content, KindredError, Picture, Sentiment, Sound
from backend.error_analysis.corruptions import CORRUPTIONS
from backend.error_analysis.explain_post import nearest
from backend.error_analysis.label_issues import conflicts, rank_label_issues
from backend.error_analysis.metadata_groups import candidates
from backend.error_analysis.models import (
    LexiconModel,
    emotion_names,
    from_affects,
    from_sentiment,
    sentiment_places,
)
from backend.error_analysis.prediction_store import PredictionStore
from backend.error_analysis.relabels import Relabels
from backend.error_analysis.robustness import robustness
from backend.error_analysis.slices import find
from tests.backend.error_analysis.samples import CLASSES, ground_truth, scored


def test_a_slice_that_fails_is_found_and_named_once() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 600)
    wrong = rng.random(600) < 0.1
    bad = np.arange(600) % 20 == 3
    users = np.where(bad, "anna", "others").tolist()
    tags = [["storm"] if b else ["calm"] for b in bad]
    wrong |= bad & (rng.random(600) < 0.8)
    of = ground_truth(truth, user=users, tags=tags)
    made = scored(of, np.where(wrong, (truth + 1) % 3, truth))
    found = find(made, candidates(of, {"anna": "Anna"}))
    first = found.slices[0]
    assert first.name == "author Anna" and "tag storm" in first.overlapping
    assert set(first.ids) == set(made.ids[bad]) and first.errors == int((wrong & bad).sum())
    assert set(first.ids[: first.errors]) == set(made.ids[wrong & bad])
    assert first.low <= first.rate <= first.high and first.q <= 0.05
    assert set(first.typical) <= set(made.ids[wrong & bad])
    assert not any(s.name == "tag storm" for s in found.slices)


def test_chance_alone_makes_no_slices() -> None:
    found = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 3, 400)
        of = ground_truth(
            truth,
            user=[f"u{i}" for i in rng.integers(0, 20, 400)],
            tags=[[f"t{i}" for i in rng.integers(0, 60, 3)] for _ in range(400)],
        )
        wrong = rng.random(400) < 0.3
        made = scored(of, np.where(wrong, (truth + 1) % 3, truth))
        found += len(find(made, candidates(of)).slices)
    assert found <= 1


def test_slices_have_ten_posts_at_least() -> None:
    truth = np.arange(100) % 3
    tags = [["few"] if i < 9 else ["ten"] if i < 19 else [] for i in range(100)]
    names = {c.name for c in candidates(ground_truth(truth, tags=tags))}
    assert "tag ten" in names and "tag few" not in names


def test_flipped_labels_come_first() -> None:
    rng = np.random.default_rng(3)
    clean = rng.integers(0, 3, 400)
    flip = rng.choice(400, 20, replace=False)
    truth = clean.copy()
    truth[flip] = (truth[flip] + 1) % 3
    predicted = np.where(rng.random(400) < 0.9, clean, (clean + 2) % 3)
    issues = rank_label_issues(
        [scored(ground_truth(truth), predicted, rng.uniform(0.5, 0.99, 400))]
    )
    top = {int(s.id[1:]) for s in issues[:40]}
    assert len(top & set(flip)) >= 14
    by_id = {s.id: s for s in issues}
    assert all(s.label != s.suggested for s in issues)
    assert by_id[f"p{flip[0]:03d}"].label == CLASSES[truth[flip[0]]]


def test_only_held_out_predictions_doubt_a_label() -> None:
    made = scored(ground_truth([0, 1, 2] * 10), [0, 1, 2] * 10)
    seen = type(made)(
        made.ground_truth, made.model, "", made.rows, made.probability, made.truth, made.predicted,
        np.zeros(30, dtype=bool),
    )  # fmt: skip
    assert rank_label_issues([seen]) == ()


def test_twins_that_contradict_each_other() -> None:
    vectors = np.eye(6, dtype=np.float32)
    vectors[4] = vectors[5]
    texts = ["Same words", "same  WORDS", "a", "b", "c", "d"]
    groups = ["0", "1", "2", "2", "4", "5"]
    of = ground_truth([0, 2, 0, 2, 1, 2], text=texts, group=groups)
    found = {c.ids: c.reason for c in conflicts(of, vectors)}
    assert found == {
        ("p000", "p001"): "same text",
        ("p002", "p003"): "same thing",
        ("p004", "p005"): "close in the joint space",
    }


def test_kin_leave_out_the_same_thing() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1]], dtype=np.float32)
    of = ground_truth([0, 1, 2, 0], group=["a", "a", "b", "c"])
    assert [k.id for k in nearest(of, 0, vectors)] == ["p002", "p003"]


def test_corrections_lie_beside_the_corpus(tmp_path: Path) -> None:
    overlay = Relabels(tmp_path, "mine/../../x", "mood")
    assert overlay.path.resolve().is_relative_to(tmp_path.resolve())
    overlay.write("p1", "a", "b")
    overlay.write("p2", "a", "c")
    overlay.write("p1", "a", "a")
    assert {i: r.label for i, r in overlay.read().items()} == {"p2": "c"}
    lines = overlay.path.read_text().splitlines()
    assert len(lines) == 3 and json.loads(lines[0])["id"] == "p1"
    with pytest.raises(KindredError):
        overlay.write("p1", "a", "  ")


def test_noise_does_what_it_says() -> None:
    sound = Sound(np.linspace(-0.5, 0.5, 4410, dtype=np.float32), 44100)
    picture = Picture((np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8),))
    post = Content("Well done 🎉", picture, sound)
    changed = {n.name: n.change(post) for n in CORRUPTIONS}
    assert all(c is not None for c in changed.values())
    assert changed["emoji stripped"].text == "Well done"
    assert changed["text dropped"].text is None
    assert changed["image cropped"].image.frames[0].shape == (24, 36, 3)
    assert changed["image blurred"].image.frames[0].std() < picture.frames[0].std()
    assert not changed["sound silent"].audio.samples.any()
    noise = changed["noise over the sound"].audio.samples - sound.samples
    assert 0 < np.sqrt((noise**2).mean()) < 0.3
    only = Content("no picture, no emoji")
    assert all(n.change(only) is None for n in CORRUPTIONS)


class Reader:
    """Knows the label from the text's last word, and nothing without a text."""

    name = title = "reader"

    def predict(self, posts: list[Content], places: np.ndarray | None = None) -> np.ndarray:
        rows = np.full((len(posts), 3), np.nan, dtype=np.float32)
        for i, post in enumerate(posts):
            if post.text:
                rows[i] = 0.1
                rows[i, 0 if "🙁" in post.text else 2] = 0.8
        return rows


def test_robustness_counts_what_breaks() -> None:
    of = ground_truth([0, 2] * 20, text=["bad 🙁", "good"] * 20)
    read = {i: Content(t) for i, t in zip(of.ids, of.table["text"].to_pylist(), strict=True)}
    (drop,) = robustness([Reader()], of, lambda ids: [read[i] for i in ids])  # type: ignore[list-item]
    assert (drop.corruption, drop.eligible, drop.before, drop.after) == (
        "emoji stripped",
        40,
        1.0,
        0.0,
    )
    assert drop.low == drop.high == 1.0
    hit = set(of.ids[::2])
    wanted = {"tried": hit, "before": hit, "after": set(), "broken": hit, "mended": set()}
    assert {name: set(posts.ids) for name, posts in drop.posts.items()} == wanted


def test_a_bundle_reads_as_its_label_says() -> None:
    positive, given = np.array([0.9, 0.6, 0.1]), np.array([2, 1, 0])
    probabilities, predicted = from_sentiment(positive, given, np.array([0.8, 0.3, 0.7]), [0, 1, 2])
    assert probabilities.sum(axis=1) == pytest.approx(1.0) and predicted.tolist() == [2, 1, 0]
    assert probabilities[np.arange(3), predicted] == pytest.approx([0.8, 0.3, 0.7])
    both, predicted = from_sentiment(positive, given, np.array([0.8, 0.3, 0.7]), [0, 2])
    assert both[:, 1] == pytest.approx(positive) and predicted.tolist() == [1, 1, 0]


def test_emotions_too() -> None:
    feeling = dict.fromkeys(EMOTIONS, 0.1) | {"fear": 0.7}
    affect = Affect(feeling, 0.2, Sentiment(0.3, "negative"), 0.6)
    probabilities, predicted = from_affects([affect, None], ("Fear", "joy", "neutral"))
    assert predicted[0] == 0 and probabilities[0] == pytest.approx([0.7, 0.1, 0.2])
    assert np.isnan(probabilities[1]).all()
    assert sentiment_places(("pos", "NEG")) == [2, 0] and emotion_names(("joy", "x")) is None
    with pytest.raises(KindredError):
        from_affects([affect], ("cat", "dog"))


def test_vader_reads_texts_only() -> None:
    model = LexiconModel("vader", CLASSES)
    found = model.predict([Content("I love this!"), Content(image=Picture(()))])
    assert found[0].argmax() == 2 and np.isnan(found[1]).all()


def test_predictions_are_kept(tmp_path: Path) -> None:
    of = ground_truth([0, 1, 2] * 4)
    calls = []

    def make():  # type: ignore[no-untyped-def]
        calls.append(1)
        return LexiconModel("vader", CLASSES).predict_labelled(of)

    one, two = (PredictionStore(tmp_path).get(of, "vader", "1", make) for _ in range(2))
    assert len(calls) == 1 and np.array_equal(one.probability, two.probability)
    assert two.note == one.note and np.array_equal(one.predicted, two.predicted)
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(b"half")
    PredictionStore(tmp_path).get(of, "vader", "1", make)
    assert len(calls) == 2
