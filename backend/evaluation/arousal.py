"""Arousal of music excerpts against their titles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow.parquet as pq

from backend import encoders as registry
from backend.affect.audio import AudioHead
from backend.evaluation import metrics
from backend.evaluation.result import Figure, Result
from backend.media import read_audio
from backend.posts import KindredError, Modality
from backend.settings import ASSETS, SEED, settings
from backend.training.affect_audio import fit_audio
from backend.training.cache import FeatureCache

Progress = Callable[[int, int], None]

DRAWS = 1000
SUMMARY = "lively against calm music"
NOTES = (
    "Music of Wesnoth; labels by a written rule on titles alone (assets/labels/README.md), made",
    "before anything was listened to. The head sees no labels: it is the tags' names that say",
    "which way they point. Intervals: bootstrap over tracks, excerpts of one track together.",
)


def measure(encoders: Mapping[Modality, str], progress: Progress | None = None) -> Result:
    """Measure arousal.

    Parameters
    ----------
    encoders : mapping of Modality to str
    progress : callable, optional

    Returns
    -------
    Result

    Raises
    ------
    KindredError
        ``no_tags`` when the audio encoder names no tags.
    """
    encoder = registry.get(
        encoders[Modality.AUDIO], modality=Modality.AUDIO, device=settings().device
    )
    tags = list(getattr(encoder, "tags", ()))
    if not tags:
        raise KindredError("no_tags", f"{encoder.name} names no tags, so there is no arousal.")
    rows = pq.read_table(ASSETS / "labels" / "music_arousal.parquet").to_pylist()
    where = {
        row["id"]: ASSETS / "corpus" / "media" / row["audio"]
        for row in pq.read_table(
            ASSETS / "corpus" / "posts.parquet", columns=["id", "audio"]
        ).to_pylist()
        if row["audio"]
    }
    paths = [where[row["post"]] for row in rows]
    vectors = FeatureCache().media(encoder, paths)
    lively = np.array([row["arousal"] == "high" for row in rows])
    tracks = np.array([row["track"] for row in rows])
    config = {"tags": tags}
    probabilities = AudioHead(_nothing(len(tags)), config).probabilities(vectors)
    head = AudioHead(fit_audio(probabilities, tags), config)
    loud = []
    for done, path in enumerate(paths, start=1):
        loud.append(float(np.sqrt(np.mean(read_audio(path).samples ** 2))))
        if progress is not None:
            progress(done, len(paths))
    figures = []
    whole, of_track = np.unique(tracks, return_index=True)
    for system, scores in (("tags", head.arousal(vectors)), ("loudness", np.array(loud))):
        means = np.array([scores[tracks == track].mean() for track in whole])
        for task, truth, values, groups in (
            ("excerpts", lively, scores, tracks),
            ("tracks (mean of excerpts)", lively[of_track], means, whole),
        ):
            low, high = _interval(truth, values, groups)
            auc = metrics.weighted_auc(truth, values)
            figures.append(Figure(task, system, "AUC", auc, low, high, len(truth)))
    return Result("arousal", SUMMARY, tuple(figures), NOTES)


def _nothing(tags: int) -> dict[str, np.ndarray]:
    return {"tag_weight": np.zeros(tags), "tag_mean": np.zeros(tags)}


def _interval(truth: np.ndarray, scores: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    names = np.unique(groups)
    of = [np.flatnonzero(groups == name) for name in names]
    found: list[float] = []
    while len(found) < DRAWS:
        rows = np.concatenate([of[i] for i in rng.integers(0, len(names), len(names))])
        if truth[rows].any() and not truth[rows].all():
            found.append(metrics.weighted_auc(truth[rows], scores[rows]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
