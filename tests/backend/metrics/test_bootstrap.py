"""Our bootstrap measures are scikit-learn's, and their intervals behave."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, roc_auc_score

from backend.metrics.bootstrap import MEASURES, Predictions, interval


def made(n: int = 300, classes: int = 3, good: float = 1.0) -> Predictions:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, classes, n)
    scores = rng.normal(size=(n, classes)).round(1)  # rounded, for ties
    scores[np.arange(n), labels] += good
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return Predictions(labels, shares, np.zeros(n, dtype=int), np.arange(n).astype(str))


def test_values_are_those_of_scikit_learn() -> None:
    given = made()
    guess = given.probabilities.argmax(1)
    wanted = {
        "weighted AUC": roc_auc_score(
            given.labels, given.probabilities, multi_class="ovr", average="weighted"
        ),
        "F1": f1_score(given.labels, guess, average="weighted"),
        "precision": precision_score(given.labels, guess, average="weighted"),
        "accuracy": accuracy_score(given.labels, guess),
    }
    for name in MEASURES:
        assert given.measure(name)[0] == pytest.approx(wanted[name]), name


def test_a_draw_is_the_measure_of_the_drawn_posts() -> None:
    given = made(60)
    times = given.draws[7].astype(int)
    rows = np.repeat(np.arange(60), times)
    drawn = roc_auc_score(
        given.labels[rows], given.probabilities[rows], multi_class="ovr", average="weighted"
    )
    assert given.measure("weighted AUC")[7] == pytest.approx(drawn)
    f1 = f1_score(given.labels[rows], given.probabilities[rows].argmax(1), average="weighted")
    assert given.measure("F1")[7] == pytest.approx(f1)


@pytest.mark.parametrize("name", MEASURES)
def test_the_interval_holds_the_value_and_narrows(name: str) -> None:
    value, low, high = interval(made(200).measure(name))
    assert low < value < high
    _, low_more, high_more = interval(made(2000).measure(name))
    assert high_more - low_more < (high - low) / 2


def test_groups_are_drawn_together() -> None:
    given = made(100)
    twins = Predictions(
        given.labels, given.probabilities, given.runs, np.repeat(np.arange(50), 2).astype(str)
    )
    assert (twins.draws[:, ::2] == twins.draws[:, 1::2]).all()


def test_runs_are_not_compared() -> None:
    given = made(400, classes=2)
    runs = np.arange(400) % 2
    shifted = given.probabilities + np.array([[0.0, 5.0]]) * runs[:, None]
    both = Predictions(given.labels, shifted, runs, given.groups)
    halves = [
        roc_auc_score(given.labels[runs == r], given.probabilities[runs == r, 1]) for r in (0, 1)
    ]
    assert both.measure("weighted AUC")[0] == pytest.approx(np.mean(halves), abs=2e-3)
