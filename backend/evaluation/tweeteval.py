"""Sentiment, emotion and irony of tweets that people labelled: TweetEval (Barbieri et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backend.affect import AffectModel
from backend.affect.evidence import logit
from backend.affect.irony import contrasts
from backend.bundles.active import active
from backend.bundles.embedder import Embedder
from backend.domain import EMOTIONS, KindredError
from backend.encoders import lexicons
from backend.evaluation import people
from backend.evaluation.people import OURS, Predicted, measured
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.result import Measurement
from backend.settings import settings

NEEDS = (
    "TweetEval (Barbieri et al. 2020) is the folder datasets of github.com/cardiffnlp/tweeteval,"
    " with sentiment/val_text.txt, sentiment/val_labels.txt and so on; the same files named"
    " sentiment_val_text.txt in one folder are read too."
)
NOTES = (
    "No tweet of it is trained on; val and test are measured, whichever the folder has. Sentiment:",
    "mean recall of negative, neutral and positive, as the benchmark does; AUC of positive against",
    "negative; ECE of the confidence in the label. Emotion: macro F1 of the strongest among the",
    "labels' own, with and without optimism. Ours has none: Plutchik makes it of anticipation and",
    "joy, hope of anticipation and trust, so a mean of their log-odds stands for it, with the",
    "weights by which our outputs best told optimism from anger, joy and sadness in GoEmotions'",
    "dev part. Irony: AUC of two contradictions: the sentiment with the emotions, and the words",
    "with the emoji, on tweets with emoji; precision: the share of ironic tweets among those that",
    "the app would hint at, whose threshold was chosen on val, and of all with emoji. Intervals:",
    "bootstrap over tweets. VADER calls neutral what lies between -.05 and .05. Published: trained",
    "on the task's own tweets and measured on test; fastText and RoBERTa-base by Barbieri et al.",
    "2020, BERTweet (Nguyen et al. 2020) by the benchmark's leaderboard.",
)
# The benchmark's labels, in the order of their numbers, each with the weights of ours in it.
TWEET_EMOTIONS = {
    "anger": {"anger": 1.0},
    "joy": {"joy": 1.0},
    "optimism": {"anticipation": 0.4, "joy": 0.4, "trust": 0.2},
    "sadness": {"sadness": 1.0},
}
OPTIMISM_SHIFT = 0.25  # of its log-odds; chosen with its weights, on GoEmotions' dev part
_THREE = ("anger", "joy", "sadness")
_TASKS = ("sentiment", "emotion", "irony")
PUBLISHED = tuple(
    Measurement(task, f"{system}, published", metric, value)
    for task, metric, values in (
        ("sentiment, test", "macro recall", (0.629, 0.713, 0.734)),
        ("emotion, four classes, test", "macro F1", (0.652, 0.761, 0.793)),
    )
    for system, value in zip(("fastText", "RoBERTa-base", "BERTweet"), values, strict=True)
)


def measure(evaluation: Evaluation) -> Measured:
    """Measure the active bundle on the tasks and parts in the folder of the options."""
    paths = text_files(evaluation.options.data)
    parts = [read(path) for path in paths]
    predictions = people.predict_parts([texts for texts, _ in parts], evaluation.on_progress)
    measurements: list[Measurement] = []
    for path, (texts, labels), predicted in zip(paths, parts, predictions, strict=True):
        task = task_of(path)
        part = part_of(path)
        if task == "sentiment":
            measurements += measure_sentiment(f"sentiment, {part}", texts, labels, predicted)
        elif task == "emotion":
            measurements += _measure_emotion(part, texts, labels, predicted)
        else:
            measurements += _measure_irony(part, texts, labels == 1, predicted)
    return [*measurements, *PUBLISHED], NOTES


def text_files(data: Path | None, tasks: Sequence[str] = _TASKS) -> list[Path]:
    """Return the files of tweets of some tasks.

    Raises
    ------
    KindredError
        ``no_data``.
    """
    patterns = [
        pattern
        for task in tasks
        for pattern in (f"{task}/*_text.txt", f"datasets/{task}/*_text.txt", f"{task}_*_text.txt")
    ]
    return people.files(data, patterns, NEEDS)


def task_of(path: Path) -> str:
    """Name the task of a file of tweets."""
    return path.name.split("_")[0] if path.name.count("_") > 1 else path.parent.name


def part_of(path: Path) -> str:
    """Name the part of a file of tweets: val or test."""
    return path.name.removesuffix("_text.txt").split("_")[-1]


def read(path: Path) -> tuple[list[str], np.ndarray]:
    """Read tweets and the numbers of their labels, ``(n,)`` int64.

    Raises
    ------
    KindredError
        ``bad_data`` when there are no labels for them.
    """
    beside = path.with_name(path.name.replace("_text.txt", "_labels.txt"))
    if not beside.is_file():
        raise KindredError("bad_data", f"There is no {beside.name} next to {path}.")
    texts = people.read_text(path).rstrip("\n").split("\n")
    numbers = people.read_text(beside).split()
    most = {"sentiment": 3, "emotion": 4, "irony": 2}[task_of(path)]
    if len(texts) != len(numbers) or not all(n.isdecimal() and int(n) < most for n in numbers):
        raise KindredError(
            "bad_data",
            f"{beside} must have one number from 0 to {most - 1} a line for each of the"
            f" {len(texts):,} lines of {path.name}.",
        )
    return texts, np.array(numbers, dtype=np.int64)


def measure_sentiment(
    task: str, texts: Sequence[str], labels: np.ndarray, predicted: Predicted
) -> list[Measurement]:
    """Measure labels 0, 1, 2 as negative, neutral, positive: ours and VADER."""
    compound = lexicons.vader(texts)[:, 0]
    clear = labels != 1
    found = []
    for system, label, score in (
        (OURS, predicted.label, predicted.positive),
        ("VADER", people.vader_labels(compound), compound),
    ):
        found += [
            measured(task, system, "macro recall", people.macro_recall, labels, label),
            measured(task, system, "AUC", people.auc, labels[clear] == 2, score[clear]),
        ]
    right = predicted.label == labels
    found.append(measured(task, OURS, "ECE", people.ece, right, predicted.confidence))
    return found


def _measure_emotion(
    part: str, texts: Sequence[str], labels: np.ndarray, predicted: Predicted
) -> list[Measurement]:
    nade = lexicons.nade(texts)
    every = tuple(TWEET_EMOTIONS)
    found = []
    for names, title in ((every, "four classes"), (_THREE, "anger, joy, sadness")):
        numbers = np.array([every.index(name) for name in names])
        rows = np.isin(labels, numbers)
        for system, eight in ((OURS, predicted.outputs[:, : len(EMOTIONS)]), ("NADE", nade)):
            guess = numbers[tweet_emotions(eight, names)[rows].argmax(axis=1)]
            task = f"emotion, {title}, {part}"
            found.append(measured(task, system, "macro F1", people.macro_f1, labels[rows], guess))
    return found


def tweet_emotions(eight: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return log-odds ``(n, len(names))`` of some of `TWEET_EMOTIONS`.

    Parameters
    ----------
    eight : numpy.ndarray
        ``(n, 8)`` probabilities of `EMOTIONS`.
    names : sequence of str
    """
    odds = logit(eight)
    columns = []
    for name in names:
        weights = TWEET_EMOTIONS[name]
        mean = odds[:, [EMOTIONS.index(part) for part in weights]] @ list(weights.values())
        columns.append(mean + OPTIMISM_SHIFT * (name == "optimism"))
    return np.stack(columns, axis=1)


def _measure_irony(
    part: str, texts: Sequence[str], ironic: np.ndarray, predicted: Predicted
) -> list[Measurement]:
    good = predicted.columns(("joy", "trust")).max(axis=1)
    bad = predicted.columns(("fear", "sadness", "disgust", "anger")).max(axis=1)
    against = np.maximum(predicted.positive * bad, (1.0 - predicted.positive) * good)
    task = f"irony, {part}"
    system = "sentiment against emotion"
    found = [measured(task, system, "AUC", people.auc, ironic, against)]
    bundle = active(settings().home)
    embedder = Embedder(bundle, settings().device)
    contrast = contrasts(AffectModel.load(bundle), embedder, texts)
    rows = [i for i, some in enumerate(contrast) if some is not None]
    if not rows:
        return found
    some = ironic[rows]
    gap = np.array([c.words - c.emoji for c in contrast if c is not None])
    hinted = np.array([c.ironic for c in contrast if c is not None])
    task = f"irony, with emoji, {part}"
    found.append(measured(task, "words against emoji", "AUC", people.auc, some, gap))
    for name, which in (("all with emoji", np.ones(len(rows), bool)), ("hint", hinted)):
        if which.any():
            values = some[which].astype(np.float64)
            found.append(
                Measurement.of_mean(f"{task}, {name}", "words against emoji", "precision", values)
            )
    return found
