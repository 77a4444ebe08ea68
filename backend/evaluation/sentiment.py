"""Sentiment of texts: rated tweets, and domains and languages that training never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from backend.affect.fitting.labelled_texts import read_labelled
from backend.affect.fitting.labels import Texts, polarity
from backend.affect.fitting.text import Judged, Rated, fit_text, folds
from backend.affect.text import TextHead
from backend.domain import Modality
from backend.encoders import lexicons
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics import classification
from backend.metrics.result import Measurement
from backend.settings import ASSETS
from backend.training.feature_cache import FeatureCache

RUNS = 10
NOTES = (
    "Tweets: ten folds, near-duplicates in one fold; models and cut-offs are fitted on the other",
    "nine folds and on the texts written for this project. Values: mean and the range from the",
    "2.5th to the 97.5th percentile of the ten runs. Positive against negative leaves out ratings",
    "within 0.5 of neutral. Other domains and languages: texts written for this project (labels by",
    "their writer, optimistic), each domain or language left out of training in turn. The few",
    "constants of the head were chosen by cross-validation on the same texts.",
)


def measure(evaluation: Evaluation) -> Measured:
    """Measure sentiment."""
    encoder = evaluation.encoder(Modality.TEXT)
    data, vectors, rated, judged = read_labelled(encoder, ASSETS, FeatureCache())
    vader = lexicons.vader(data.texts)[:, 0]
    measurements: list[Measurement] = []
    fit = _Fitter(data, vectors, rated, judged)
    scores = _tweets(fit, evaluation)
    tweets = data.sources == "tweets"
    fold = folds(data.groups, RUNS)
    for name, score in (("ours", scores), ("VADER", vader), ("TF-IDF", _tfidf(data, fold))):
        measurements += _binary("tweets", name, data, score, fold, tweets)
        measurements += _ternary("tweets", name, data, score, fold, tweets)
    measurements += _elsewhere(fit, vader)
    return measurements, NOTES


@dataclass(frozen=True, slots=True, eq=False)
class _Fitter:
    """Train a head on some texts and apply it to others."""

    data: Texts
    vectors: np.ndarray
    rated: Rated
    judged: Judged | None

    def __call__(self, held: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Return the sentiment where `held`, by a head trained without the texts where `out`."""
        tensors, _ = fit_text(
            self.vectors[~out], self.data.take(~out), self.rated, self.judged, hold_out=False
        )
        texts = [self.data.texts[i] for i in np.flatnonzero(held)]
        return TextHead(tensors).evidence(self.vectors[held], texts).sentiment


def _tweets(fit: _Fitter, evaluation: Evaluation) -> np.ndarray:
    data = fit.data
    fold = folds(data.groups, RUNS)
    tweets = data.sources == "tweets"
    scores = np.full(len(data), np.nan)
    for k in range(RUNS):
        held = tweets & (fold == k)
        scores[held] = fit(held, held)
        evaluation.on_progress(k + 1, RUNS)
    return scores


def _tfidf(data: Texts, fold: np.ndarray) -> np.ndarray:
    scores = np.full(len(data), np.nan)
    tweets = data.sources == "tweets"
    for k in range(RUNS):
        held, train = tweets & (fold == k), tweets & (fold != k) & (polarity(data.sentiment) != 1)
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        rows = words.fit_transform([data.texts[i] for i in np.flatnonzero(train)])
        model = LogisticRegression(C=10.0, max_iter=1000).fit(rows, data.sentiment[train] > 0)
        test = words.transform([data.texts[i] for i in np.flatnonzero(held)])
        scores[held] = model.decision_function(test)
    return scores


def _spread(task: str, system: str, metric: str, values: list[float], n: int) -> Measurement:
    low, high = np.quantile(values, [0.025, 0.975])
    return Measurement(task, system, metric, float(np.mean(values)), float(low), float(high), n)


def _binary(
    task: str, system: str, data: Texts, scores: np.ndarray, fold: np.ndarray, mine: np.ndarray
) -> list[Measurement]:
    clear = mine & (polarity(data.sentiment) != 1)
    truth = data.sentiment > 0
    auc, f1 = [], []
    for k in range(RUNS):
        test, other = clear & (fold == k), clear & (fold != k)
        cut = _best_cut(truth[other], scores[other])
        auc.append(classification.weighted_auc(truth[test], scores[test]))
        f1.append(classification.weighted_f1(truth[test], scores[test] > cut))
    n = int(clear.sum())
    return [
        _spread(task, system, "weighted AUC", auc, n),
        _spread(task, system, "weighted F1", f1, n),
    ]


def _best_cut(truth: np.ndarray, scores: np.ndarray) -> float:
    cuts = np.quantile(scores, np.linspace(0.02, 0.98, 97))
    return float(max(cuts, key=lambda cut: classification.weighted_f1(truth, scores > cut)))


def _ternary(
    task: str, system: str, data: Texts, scores: np.ndarray, fold: np.ndarray, mine: np.ndarray
) -> list[Measurement]:
    truth = polarity(data.sentiment)
    macro, r = [], []
    for k in range(RUNS):
        test, other = mine & (fold == k), mine & (fold != k)
        low, high = _best_band(truth[other], scores[other])
        guess = (scores[test] > low).astype(int) + (scores[test] > high)
        macro.append(classification.macro_f1(truth[test], guess))
        r.append(classification.correlation(scores[test], data.rating[test]))
    n = int(mine.sum())
    return [
        _spread(task, system, "macro F1, 3 classes", macro, n),
        _spread(task, system, "r with the raters", r, n),
    ]


def _best_band(truth: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    cuts = np.quantile(scores, np.linspace(0.05, 0.95, 31))
    pairs = [(a, b) for i, a in enumerate(cuts) for b in cuts[i + 1 :]]
    best = max(
        pairs,
        key=lambda p: classification.macro_f1(truth, (scores > p[0]).astype(int) + (scores > p[1])),
    )
    return float(best[0]), float(best[1])


def _elsewhere(fit: _Fitter, vader: np.ndarray) -> list[Measurement]:
    data = fit.data
    written = data.sources == "sentiment"
    english = data.languages == "en"
    measurements = []
    ours = np.full(len(data), np.nan)
    fold = folds(data.groups, 5)
    for k in np.unique(fold[written]):
        held = written & (fold == k)
        ours[held] = fit(held, fold == k)
    languages = sorted(set(data.languages[written & ~english]))
    far = np.full(len(data), np.nan)
    for some in (languages[0::3], languages[1::3], languages[2::3]):
        out = np.isin(data.languages, some)
        far[written & out] = fit(written & out, out)
    clear = written & (polarity(data.sentiment) != 1)
    truth = data.sentiment > 0
    for task, mine, score in (
        ("other domains, English", clear & english, ours),
        ("other languages", clear & ~english, far),
    ):
        for system, values in (("ours", score), ("VADER", vader)):
            auc = classification.weighted_auc(truth[mine], values[mine])
            measurements.append(Measurement(task, system, "weighted AUC", auc, n=int(mine.sum())))
    return measurements
