"""Calibration of sentiment from every subset of the modalities that people labelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from backend.bundles import active
from backend.evaluation import held_out
from backend.evaluation.metrics import calibration_error
from backend.evaluation.result import Figure, Result
from backend.posts import SENTIMENTS, Affect, Modality
from backend.settings import SEED, settings
from backend.training.affect_fusion import Own

Progress = Callable[[int, int], None]

DRAWS = 500
SUMMARY = "does confidence mean what it says, by modalities"
NOTES = (
    "Expected calibration error (Guo et al. 2017; ten bins) of the confidence in the sentiment",
    "label, three classes, against people's labels, held out: heads, weights and calibration are",
    "refitted without the post and what looks like it. Text: tweets rated by people. Image: emoji",
    "drawings in every style. Both: a tweet and a drawing of the same human sentiment, put",
    "together by us; and OpenMoji's posts, drawing and words, by the sentiment of the emoji.",
    "Intervals: bootstrap over groups.",
)


def measure(encoders: Mapping[Modality, str], progress: Progress | None = None) -> Result:
    """Measure calibration of the active bundle.

    Parameters
    ----------
    encoders : mapping of Modality to str
        Those of the bundle.
    progress : callable, optional

    Returns
    -------
    Result
    """
    held = held_out.compute(active(settings().home), progress)
    part, some = held_out.fusions(held)
    text, image = (Modality.TEXT,), (Modality.IMAGE,)
    human = np.flatnonzero(held.human)
    pairs = held.pairs.take(human)
    paired = Own(human.astype(object), pairs.text, pairs.image, pairs.label, pairs.text_group)
    # A pair is judged by a fusion that has seen neither of its parts.
    places = part(pairs.text_group)
    both = np.flatnonzero(places == part(pairs.image_group))
    paired = paired.take(both)
    figures: list[Figure] = []
    for task, told, subset in (
        ("text: rated tweets", held.tweets, text),
        ("image: emoji drawings", held.drawings, image),
        ("image+text: tweet and drawing", paired, (*text, *image)),
        ("image+text: posts of OpenMoji", held.posts, (*text, *image)),
        ("text: names of OpenMoji", held.posts, text),
        ("image: posts of OpenMoji", held.posts, image),
    ):
        made = held_out.affects(told, subset, part(told.groups), some)
        figures += _figures(task, made, told.label, told.groups)
    if progress is not None:
        progress(4, 4)
    return Result("calibration", SUMMARY, tuple(figures), NOTES)


def _figures(
    task: str, made: Sequence[Affect], label: np.ndarray, groups: np.ndarray
) -> list[Figure]:
    sure = np.array([affect.confidence for affect in made])
    right = np.array([SENTIMENTS.index(affect.sentiment.label) for affect in made]) == label
    rng = np.random.default_rng(SEED)
    names, code = np.unique(groups, return_inverse=True)
    rows = [np.flatnonzero(code == i) for i in range(len(names))]
    gaps, hits = [], []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        gaps.append(calibration_error(sure[drawn], right[drawn]))
        hits.append(right[drawn].mean())
    found = []
    for metric, value, drawn_values in (
        ("ECE", calibration_error(sure, right), gaps),
        ("accuracy", float(right.mean()), hits),
    ):
        low, high = np.quantile(drawn_values, [0.025, 0.975])
        found.append(Figure(task, "bundle", metric, value, float(low), float(high), len(right)))
    return found
