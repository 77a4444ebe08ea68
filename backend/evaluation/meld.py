"""Emotion and sentiment of spoken lines that people labelled: MELD (Poria et al., ACL 2019)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from backend.domain import EMOTIONS, SENTIMENTS, KindredError
from backend.encoders import lexicons
from backend.evaluation import people
from backend.evaluation.people import OURS, measured
from backend.evaluation.tables import Evaluation, Measured
from backend.evaluation.tweeteval import measure_sentiment
from backend.metrics.result import Measurement

NEEDS = (
    "MELD (Poria et al. 2019) is at github.com/declare-lab/MELD; the folder data/MELD has"
    " dev_sent_emo.csv and test_sent_emo.csv."
)
NOTES = (
    "Lines of a television series, read without the dialogue around them, voice or face; none is",
    "trained on. dev and test are measured, whichever the folder has. Six emotions: lines with an",
    "emotion, macro F1 of the strongest of the six. Emotional: lines with an emotion against",
    "neutral ones. Sentiment: as in the table tweeteval. Intervals: bootstrap over lines. What is",
    "published is of models trained on it that read the dialogue, in another measure.",
)
SIX = ("anger", "disgust", "fear", "joy", "sadness", "surprise")


def measure(evaluation: Evaluation) -> Measured:
    """Measure the active bundle on the parts in the folder of the options."""
    patterns = ["*_sent_emo.csv", "data/MELD/*_sent_emo.csv"]
    paths = people.files(evaluation.options.data, patterns, NEEDS)
    parts = [read(path) for path in paths]
    predictions = people.predict_parts([texts for texts, *_ in parts], evaluation.on_progress)
    measurements: list[Measurement] = []
    for path, (texts, emotions, sentiments), predicted in zip(
        paths, parts, predictions, strict=True
    ):
        part = path.name.split("_")[0]
        rows = np.isin(emotions, SIX)
        truth = np.array([SIX.index(name) for name in emotions[rows]])
        nade = lexicons.nade(texts)[:, [EMOTIONS.index(name) for name in SIX]]
        for system, scores in ((OURS, predicted.columns(SIX)), ("NADE", nade)):
            guess = scores[rows].argmax(axis=1)
            task = f"six emotions, {part}"
            measurements.append(measured(task, system, "macro F1", people.macro_f1, truth, guess))
        some = predicted.emotional
        measurements.append(
            measured(f"emotional, {part}", OURS, "AUC", people.auc, emotions != "neutral", some)
        )
        measurements += measure_sentiment(f"sentiment, {part}", texts, sentiments, predicted)
    return measurements, NOTES


def read(path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read one part.

    Returns
    -------
    texts : list of str
    emotions : numpy.ndarray
        ``(n,)`` str, as in the file.
    sentiments : numpy.ndarray
        ``(n,)`` int64: indices in `SENTIMENTS`.

    Raises
    ------
    KindredError
        ``bad_data``.
    """
    rows = list(csv.DictReader(io.StringIO(people.read_text(path))))
    try:
        texts = [row["Utterance"] for row in rows]
        emotions = np.array([row["Emotion"].strip().lower() for row in rows])
        sentiments = np.array([SENTIMENTS.index(row["Sentiment"].strip().lower()) for row in rows])
    except (KeyError, ValueError, AttributeError):
        texts = []
    known = {*SIX, "neutral"}
    if not texts or not set(emotions) <= known:
        raise KindredError(
            "bad_data",
            f"{path}: expected the columns Utterance, Emotion ({', '.join(sorted(known))}) and"
            f" Sentiment ({', '.join(SENTIMENTS)}).",
        )
    return texts, emotions, sentiments
