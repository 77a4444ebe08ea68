"""The tables on texts that people labelled, on a few lines in the forms of their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend import evaluation
from backend.domain import EMOTIONS, KindredError
from backend.evaluation import goemotions, meld, people, tweeteval
from backend.evaluation.options import Options
from backend.settings import settings

COMMENTS = (
    "Thank you so much, this made my whole week!\t15\ta1\n"
    "This is disgusting, I feel sick\t11\ta2\n"
    "I am terrified of the dark\t14,19\ta3\n"
    "I hate you, you ruined everything\t2\ta4\n"
    "The bus leaves at nine from platform four\t27\ta5\n"
    "The meeting is on Tuesday\t27\ta6\n"
)
TWEETS = {
    "sentiment": (["Worst day ever", "The shop opens at nine", "I love this song!"], [0, 1, 2]),
    "emotion": (
        ["So angry now", "Best day of my life", "We can do it", "I miss her"],
        [0, 1, 2, 3],
    ),
}
IRONY = (["Great day 😒", "I love this 😍", "It is five"], [1, 0, 0])
LINES = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID\n"
    '1,"Oh no, he is gone!",A,sadness,negative,0\n'
    "2,I am so happy for you!,B,joy,positive,0\n"
    "3,Get out of my house!,A,anger,negative,0\n"
    "4,It is five.,B,neutral,neutral,0\n"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "dev.tsv").write_text(COMMENTS, "utf-8")
    (tmp_path / "train.tsv").write_text("not read\n", "utf-8")
    for task, (texts, labels) in {**TWEETS, "irony": IRONY}.items():
        (tmp_path / task).mkdir()
        for part in ("val", "train"):
            (tmp_path / task / f"{part}_text.txt").write_text("\n".join(texts) + "\n", "utf-8")
        numbers = "\n".join(map(str, labels)) + "\n"
        (tmp_path / task / "val_labels.txt").write_text(numbers, "utf-8")
    (tmp_path / "dev_sent_emo.csv").write_text(LINES, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("table", "tasks"),
    [
        ("goemotions", {"eight emotions, dev", "emotional, dev", "Ekman and neutral, dev"}),
        ("tweeteval", {"sentiment, val", "emotion, four classes, val", "irony, with emoji, val"}),
        ("meld", {"six emotions, dev", "emotional, dev", "sentiment, dev"}),
    ],
)
def test_tables_of_data_that_people_labelled(data: Path, table: str, tasks: set[str]) -> None:
    encoders = people.active(settings().home).encoders
    result = evaluation.run(table, encoders=encoders, options=Options(data=data))
    assert tasks <= {m.task for m in result.measurements}
    assert all(0.0 <= m.value <= 1.0 for m in result.measurements)
    ours = [m for m in result.measurements if m.system == people.OURS]
    assert all(m.n and m.low is not None and m.low <= m.value <= m.high for m in ours)  # type: ignore[operator]
    published = [m for m in result.measurements if "published" in m.system]
    assert bool(published) == (table != "meld") and all(m.n is None for m in published)
    # Nobody mistakes these: a table that reads labels in another order would show it.
    best = {m.task: m.value for m in ours if m.metric in ("AUC", "top-1", "macro recall")}
    assert np.mean(list(best.values())) > 0.6


@pytest.mark.parametrize("table", ["goemotions", "tweeteval", "meld"])
def test_what_is_missing_is_said_with_where_to_get_it(table: str, tmp_path: Path) -> None:
    for options in (Options(), Options(data=tmp_path), Options(data=tmp_path / "none")):
        with pytest.raises(KindredError, match=r"github\.com") as error:
            evaluation.run(table, encoders={}, options=options)
        assert error.value.code == "no_data"
    with pytest.raises(KindredError, match="--data alone"):
        evaluation.run(table, encoders={}, options=Options(data=tmp_path, backbones=("F-VGG",)))


def test_files_that_are_not_what_they_say(data: Path) -> None:
    (data / "dev.tsv").write_text("one column\n", "utf-8")
    with pytest.raises(KindredError, match=r"dev\.tsv: expected lines"):
        goemotions.read(data / "dev.tsv")
    (data / "sentiment" / "val_labels.txt").write_text("0\n3\n1\n", "utf-8")
    with pytest.raises(KindredError, match="from 0 to 2"):
        tweeteval.read(data / "sentiment" / "val_text.txt")
    with pytest.raises(KindredError, match=r"no train_labels\.txt"):
        tweeteval.read(data / "sentiment" / "train_text.txt")
    (data / "dev_sent_emo.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(KindredError, match="columns Utterance"):
        meld.read(data / "dev_sent_emo.csv")
    (data / "dev.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(KindredError, match="UTF-8"):
        goemotions.read(data / "dev.tsv")


def test_flat_folders_are_read_too(tmp_path: Path) -> None:
    for name in ("emotion_val_text.txt", "sentiment_test_text.txt", "hate_val_text.txt"):
        (tmp_path / name).write_text("x\n", "utf-8")
    found = tweeteval.text_files(tmp_path)
    assert [(tweeteval.task_of(p), tweeteval.part_of(p)) for p in found] == [
        ("emotion", "val"),
        ("sentiment", "test"),
    ]


def test_labels_of_goemotions() -> None:
    rows = np.zeros((2, 28), dtype=bool)
    rows[0, [4, 7]] = True  # approval, curiosity
    rows[1, 27] = True
    assert [EMOTIONS[i] for i in np.flatnonzero(goemotions.first_emotions(rows)[0])] == [
        "trust",
        "anticipation",
    ]
    groups = goemotions.ekman_groups(rows)
    names = list(goemotions.EKMAN)
    assert [names[i] for i in np.flatnonzero(groups[0])] == ["joy", "surprise"]
    assert groups[1].tolist() == [name == "neutral" for name in names]
    assert sorted(sum(goemotions.EKMAN.values(), ())) == sorted(goemotions.NAMES)


def test_optimism_is_hope_and_joy_not_one_of_them() -> None:
    eight = np.full((3, len(EMOTIONS)), 0.05)
    columns = [EMOTIONS.index(name) for name in ("anticipation", "trust", "joy")]
    eight[0, columns] = 0.5, 0.5, 0.5  # all three
    eight[1, columns] = 0.05, 0.3, 0.6  # above all joy
    eight[2, EMOTIONS.index("sadness")] = 0.5
    names = ("anger", "joy", "optimism", "sadness")
    odds = tweeteval.tweet_emotions(eight, names)
    assert odds[0, 2] == pytest.approx(0.25) and odds[0].argmax() == 2
    assert [names[i] for i in odds[1:].argmax(axis=1)] == ["joy", "sadness"]


def test_measures() -> None:
    truth, guess = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    assert people.macro_recall(truth, guess) == pytest.approx((2 / 3 + 1) / 2)
    assert people.macro_f1(truth, guess) == pytest.approx((0.8 + 2 / 3) / 2)
    assert people.accuracy(truth, guess) == 0.75
    assert people.auc(truth == 1, np.array([0.1, 0.2, 0.9, 0.5])) == pytest.approx(2 / 3)
    assert np.isnan(people.auc(np.array([True]), np.array([1.0])))
    assert people.vader_labels(np.array([-0.5, 0.0, 0.06])).tolist() == [0, 1, 2]
