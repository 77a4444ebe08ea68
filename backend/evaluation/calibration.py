"""Calibration of sentiment from every subset of the modalities that people labelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.bundles.active import active
from backend.domain import Modality
from backend.evaluation import held_out
from backend.metrics.calibration import around, by_chance, calibration_error
from backend.metrics.result import Measurement, ResultTable
from backend.settings import ASSETS, SEED, settings

Progress = Callable[[int, int], None]

DRAWS = 500
SUMMARY = "does confidence mean what it says, by modalities"
NOTES = (
    "Expected calibration error (Guo et al. 2017; ten bins) of the confidence in the sentiment",
    "label, three classes, against people's labels, held out: heads, weights and calibration are",
    "refitted without the post and what looks like it. The bundle keeps these predictions;",
    "`python -m assets.build held_out` refits all and makes them anew. Text: tweets rated by",
    "people; those in the corpus are the ones that the Errors page shows. Image: emoji drawings in",
    "every style. Both: a tweet and a drawing of the same human sentiment, put together by us; and",
    "OpenMoji's posts, drawing and words, by the sentiment of the emoji. Intervals: bootstrap over",
    "groups, for ECE with its bias taken off. By chance: what exactly right confidence would show",
    "on as many posts of these confidences, labels drawn from them, and the range of 95 % of the",
    "draws: an ECE within it may be noise and nothing else.",
)
# Task, what was labelled, from which modalities; the corpus's own tweets apart.
CORPUS = "tweets of the corpus"
TASKS = (
    ("text: rated tweets", "tweets", "text"),
    (f"text: {CORPUS}", CORPUS, "text"),
    ("image: emoji drawings", "drawings", "image"),
    ("image+text: tweet and drawing", "pairs", "image+text"),
    ("image+text: posts of OpenMoji", "posts", "image+text"),
    ("image: posts of OpenMoji", "posts", "image"),
    ("text: names of OpenMoji", "posts", "text"),
)


def measure(encoders: Mapping[Modality, str], progress: Progress | None = None) -> ResultTable:
    """Measure calibration of the active bundle.

    Parameters
    ----------
    encoders : mapping of Modality to str
        Those of the bundle.
    progress : callable, optional

    Returns
    -------
    ResultTable
    """
    bundle = active(settings().home)
    found = held_out.kept(bundle)
    if found is None:
        found = held_out.table(held_out.compute(bundle, progress))
    figures = [figure for task in TASKS for figure in _figures(*task, found)]
    if progress is not None:
        progress(4, 4)
    return ResultTable("calibration", SUMMARY, tuple(figures), NOTES)


def _figures(task: str, what: str, subset: str, found: pa.Table) -> list[Measurement]:
    mine = pc.and_(
        pc.equal(found["what"], "tweets" if what == CORPUS else what),
        pc.equal(found["subset"], subset),
    )
    if what == CORPUS:
        posts = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["id"])["id"]
        mine = pc.and_(mine, pc.is_in(found["id"], posts.combine_chunks()))
    some = found.filter(mine)
    sure = some["confidence"].to_numpy()
    right = pc.equal(some["label"], some["truth"]).to_numpy()
    _, code = np.unique(some["group"].to_numpy(), return_inverse=True)
    rows = [np.flatnonzero(code == i) for i in range(code.max() + 1)]
    rng = np.random.default_rng(SEED)
    gaps, hits = [], []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        gaps.append(calibration_error(sure[drawn], right[drawn]))
        hits.append(right[drawn].mean())
    noise = by_chance(sure, DRAWS)
    made = []
    error = calibration_error(sure, right)
    for metric, value, (low, high) in (
        ("ECE", error, around(error, np.array(gaps))),
        ("ECE by chance", noise.mean(), np.quantile(noise, [0.025, 0.975])),
        ("accuracy", right.mean(), np.quantile(hits, [0.025, 0.975])),
    ):
        n = len(right)
        made.append(Measurement(task, "bundle", metric, float(value), float(low), float(high), n))
    return made
