"""Calibration of sentiment from every subset of the modalities that people labelled."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.bundles.active import active
from backend.evaluation import held_out
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.calibration_error import around, by_chance, calibration_error
from backend.metrics.result import Measurement
from backend.settings import ASSETS, SEED, settings

DRAWS = 500
NOTES = (
    "Expected calibration error (Guo et al. 2017; ten bins) of the confidence in the sentiment",
    "label, three classes, against people's labels, held out: heads, weights and calibration are",
    "refitted without the post and its near-duplicates. The bundle keeps these predictions;",
    "`python -m assets.build held_out` refits all and recomputes them. Text: tweets rated by",
    "people; those in the corpus are the ones that the Errors page shows. Image: emoji drawings in",
    "every style. Both: a tweet and a drawing of the same human sentiment, paired by rule; and",
    "OpenMoji's posts, drawing and words, by the sentiment of the emoji. Intervals: bootstrap over",
    "groups, for ECE bias-corrected. By chance: the ECE of a perfectly calibrated model on as many",
    "posts with the same confidences, with its 95 % range. An ECE inside that range may be chance",
    "alone.",
)
# Task, what was labelled, from which modalities; the corpus's own tweets apart.
CORPUS = "tweets of the corpus"
TASKS = (
    ("text: rated tweets", "tweets", "text"),
    (f"text: {CORPUS}", CORPUS, "text"),
    ("text: comments of GoEmotions", "comments", "text"),
    ("image: emoji drawings", "drawings", "image"),
    ("image+text: tweet and drawing", "pairs", "image+text"),
    ("image+text: posts of OpenMoji", "posts", "image+text"),
    ("image: posts of OpenMoji", "posts", "image"),
    ("text: names of OpenMoji", "posts", "text"),
)


def measure(evaluation: Evaluation) -> Measured:
    """Measure calibration of the active bundle."""
    bundle = active(settings().home)
    predictions = held_out.read(bundle)
    if predictions is None:
        predictions = held_out.table(held_out.compute(bundle, evaluation.on_progress))
    kinds = set(predictions["what"].to_pylist()) | {CORPUS}
    measurements = [m for task in TASKS if task[1] in kinds for m in _measure(*task, predictions)]
    evaluation.on_progress(4, 4)
    return measurements, NOTES


def _measure(task: str, what: str, subset: str, predictions: pa.Table) -> list[Measurement]:
    mine = pc.and_(
        pc.equal(predictions["what"], "tweets" if what == CORPUS else what),
        pc.equal(predictions["subset"], subset),
    )
    if what == CORPUS:
        posts = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["id"])["id"]
        mine = pc.and_(mine, pc.is_in(predictions["id"], posts.combine_chunks()))
    tested = predictions.filter(mine)
    confidence = tested["confidence"].to_numpy()
    right = pc.equal(tested["label"], tested["truth"]).to_numpy()
    _, code = np.unique(tested["group"].to_numpy(), return_inverse=True)
    rows = [np.flatnonzero(code == i) for i in range(code.max() + 1)]
    rng = np.random.default_rng(SEED)
    gaps, hits = [], []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        gaps.append(calibration_error(confidence[drawn], right[drawn]))
        hits.append(right[drawn].mean())
    noise = by_chance(confidence, DRAWS)
    measurements = []
    error = calibration_error(confidence, right)
    for metric, value, (low, high) in (
        ("ECE", error, around(error, np.array(gaps))),
        ("ECE by chance", noise.mean(), np.quantile(noise, [0.025, 0.975])),
        ("accuracy", right.mean(), np.quantile(hits, [0.025, 0.975])),
    ):
        n = len(right)
        measurements.append(
            Measurement(task, "bundle", metric, float(value), float(low), float(high), n)
        )
    return measurements
