"""Emotions of Reddit comments that people labelled: GoEmotions (Demszky et al., ACL 2020)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.affect.fitting.goemotions import LABELS, NAMES, WHERE, Comments, parse
from backend.domain import EMOTIONS, KindredError
from backend.encoders import lexicons
from backend.evaluation import people
from backend.evaluation.people import OURS, Predicted, measured
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.result import Measurement

NOTES = (
    "Labels: three or more readers each; dev.tsv and test.tsv are measured, whichever the folder",
    "has. Our heads are trained on train.tsv and calibrated on dev.tsv: test.tsv is the fair part.",
    "Eight emotions: comments with an emotion; right where the strongest of our eight is the first",
    "of one of its labels (LABELS of backend.affect.fitting.goemotions). Emotional: comments with",
    "an emotion against those with none, by our strongest less neutral; ECE of one minus neutral.",
    "Ekman: comments whose labels fall into one of the authors' groups; ours joins joy, trust and",
    "anticipation. Sentiment: by the authors' groups, ambiguous labels left out. Intervals:",
    "bootstrap over comments. BERT: fine-tuned on train.tsv, as reported for the test part by",
    "monologg/GoEmotions-pytorch on github.com; it may name several groups, we name one.",
)
# The grouping that the authors publish next to the data.
EKMAN = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "joy": (
        *("admiration", "amusement", "approval", "caring", "desire", "excitement"),
        *("gratitude", "joy", "love", "optimism", "pride", "relief"),
    ),
    "sadness": ("disappointment", "embarrassment", "grief", "remorse", "sadness"),
    "surprise": ("confusion", "curiosity", "realization", "surprise"),
    "neutral": ("neutral",),
}
_JOINED = {"joy": ("joy", "trust", "anticipation")}  # of ours, for one of Ekman's
PUBLISHED = (Measurement("Ekman and neutral, test", "BERT, published", "macro F1", 0.615),)


def measure(evaluation: Evaluation) -> Measured:
    """Measure the active bundle on the parts in the folder of the options."""
    needs = f"{WHERE}; their folder is what --data wants."
    paths = people.files(evaluation.options.data, ["*.tsv", "data/*.tsv"], needs)
    parts = [read(path) for path in paths]
    predicted = people.predict_parts([part.texts for part in parts], evaluation.on_progress)
    measurements: list[Measurement] = []
    for path, comments, found in zip(paths, parts, predicted, strict=True):
        measurements += _measure(path.stem, comments, found)
    return [*measurements, *PUBLISHED], NOTES


def read(path: Path) -> Comments:
    """Read one part.

    Raises
    ------
    KindredError
        ``bad_data``.
    """
    try:
        comments = parse(people.read_text(path))
    except (ValueError, IndexError):
        comments = None
    if comments is None or not len(comments):
        raise KindredError(
            "bad_data", f"{path}: expected lines of text, label numbers and id, split by tabs."
        )
    return comments


def _measure(part: str, comments: Comments, predicted: Predicted) -> list[Measurement]:
    emotional = np.asarray(comments.labels[:, :-1].any(axis=1))
    plain = ~emotional & comments.labels[:, -1]
    eight = first_emotions(comments.labels)
    nade = lexicons.nade([comments.texts[i] for i in np.flatnonzero(emotional)])
    found = []
    for system, scores in ((OURS, predicted.outputs[emotional, :8]), ("NADE", nade)):
        hit = eight[emotional, :][np.arange(len(scores)), scores.argmax(axis=1)].astype(np.float64)
        found.append(Measurement.of_mean(f"eight emotions, {part}", system, "top-1", hit))
    known = emotional | plain
    task, truth = f"emotional, {part}", emotional[known]
    found += [
        measured(task, OURS, "AUC", people.auc, truth, predicted.emotional[known]),
        measured(task, OURS, "ECE", people.ece, truth, 1.0 - predicted.outputs[known, 8]),
    ]
    groups = ekman_groups(comments.labels)
    single = groups.sum(axis=1) == 1
    guess = ekman_scores(predicted)[single].argmax(axis=1)
    truth = groups[single].argmax(axis=1)
    task = f"Ekman and neutral, {part}"
    found.append(measured(task, OURS, "macro F1", people.macro_f1, truth, guess))
    return found + _sentiment(f"sentiment, {part}", comments, predicted)


def first_emotions(labels: np.ndarray) -> np.ndarray:
    """Return which of the eight the labels ``(n, 28)`` stand for first, ``(n, 8)`` bool."""
    table = np.zeros((len(NAMES), len(EMOTIONS)), dtype=bool)
    for row, (emotions, _) in enumerate(LABELS.values()):
        if emotions:
            table[row, EMOTIONS.index(emotions[0])] = True
    return labels @ table


def ekman_groups(labels: np.ndarray) -> np.ndarray:
    """Return the groups of `EKMAN` that the labels ``(n, 28)`` name, ``(n, 7)`` bool."""
    table = np.array([[name in group for group in EKMAN.values()] for name in NAMES])
    return labels @ table


def ekman_scores(predicted: Predicted) -> np.ndarray:
    """Return the score of each group of `EKMAN`, ``(n, 7)``."""
    columns = [predicted.columns(_JOINED.get(name, (name,))).max(axis=1) for name in EKMAN]
    return np.stack(columns, axis=1)


def _sentiment(task: str, comments: Comments, predicted: Predicted) -> list[Measurement]:
    signs = np.array(
        [{"negative": -1, "positive": 1}.get(sign or "", 0) for _, sign in LABELS.values()]
    )
    has = {sign: (comments.labels & (signs == sign)).any(axis=1) for sign in (-1, 1)}
    clear = has[-1] ^ has[1]
    truth = has[1][clear]
    vader = lexicons.vader([comments.texts[i] for i in np.flatnonzero(clear)])
    return [
        measured(task, OURS, "AUC", people.auc, truth, predicted.positive[clear]),
        measured(task, "VADER", "AUC", people.auc, truth, vader[:, 0]),
    ]
