"""Arousal of music, for excerpts, whole tracks and other games; labels by the titles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.affect.audio import AudioHead
from backend.affect.fitting.audio import fit_audio
from backend.domain import KindredError, Modality
from backend.encoders import Encoder
from backend.evaluation.tables import Evaluation, Measured
from backend.media import read_audio
from backend.metrics import classification
from backend.metrics.result import Measurement
from backend.settings import ASSETS, SEED
from backend.training.feature_cache import FeatureCache

DRAWS = 1000
NOTES = (
    "Labels by a written rule on titles alone (assets/labels/README.md), made before anything was",
    "listened to. The head sees no labels: the tags' names say which way they point, scaled on",
    "Wesnoth's shipped excerpts. Excerpts: the two of each Wesnoth track that are shipped. Whole:",
    "up to eight excerpts of ten seconds, evenly spread; a title describes the whole track, so a",
    "track is classified better the more of it is used. Whole tracks were added after the excerpts",
    "had been measured, with the head unchanged. Other games: the validation split.",
    "Intervals: bootstrap over tracks, all excerpts of a track together.",
)


@dataclass(frozen=True, slots=True, eq=False)
class Music:
    """Pieces of labelled tracks.

    Attributes
    ----------
    name : str
    probabilities : numpy.ndarray
        ``(n, tags)``.
    loudness : numpy.ndarray
        ``(n,)`` root mean square.
    lively : numpy.ndarray
        ``(n,)`` bool: high arousal; the same for every piece of a track.
    tracks : numpy.ndarray
        ``(n,)`` str.
    """

    name: str
    probabilities: np.ndarray
    loudness: np.ndarray
    lively: np.ndarray
    tracks: np.ndarray


def measure(evaluation: Evaluation) -> Measured:
    """Measure arousal; whole tracks and other games only where their tags are the encoder's.

    Raises
    ------
    KindredError
        ``no_tags`` when the audio encoder names no tags.
    """
    encoder = evaluation.encoder(Modality.AUDIO)
    tags = list(getattr(encoder, "tags", ()))
    if not tags:
        raise KindredError("no_tags", f"{encoder.name} names no tags, so there is no arousal.")
    shipped = _shipped(encoder, len(tags), evaluation)
    head = AudioHead(fit_audio(shipped.probabilities, tags), {"tags": tags})
    measurements: list[Measurement] = []
    for music in (shipped, *read_tracks(ASSETS / "labels" / "music_heard.parquet", tags)):
        for system, scores in (
            ("tags", head.arousal(music.probabilities)),
            ("loudness", music.loudness),
        ):
            measurements += aucs(music, system, scores)
    return measurements, NOTES


def _shipped(encoder: Encoder, tags: int, evaluation: Evaluation) -> Music:
    """Encode the excerpts that are posts of the corpus."""
    rows = pq.read_table(ASSETS / "labels" / "music_arousal.parquet").to_pylist()
    posts = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["id", "audio"])
    audio = {row["id"]: row["audio"] for row in posts.to_pylist()}
    paths = [ASSETS / "corpus" / "media" / audio[row["post"]] for row in rows]
    vectors = FeatureCache().media(encoder, paths)
    loudness = []
    for done, path in enumerate(paths, start=1):
        loudness.append(float(np.sqrt(np.mean(read_audio(path).samples ** 2))))
        evaluation.on_progress(done, len(paths))
    return Music(
        "Wesnoth, shipped",
        vectors[:, vectors.shape[1] - tags :],
        np.array(loudness),
        np.array([row["arousal"] == "high" for row in rows]),
        np.array([row["track"] for row in rows]),
    )


def read_tracks(path: Path, tags: Sequence[str]) -> Iterator[Music]:
    """Yield the stored tags of whole tracks: of Wesnoth, then of other games.

    Parameters
    ----------
    path : pathlib.Path
        ``music_heard.parquet``.
    tags : sequence of str
        The encoder's tags; nothing is yielded when the file has others.
    """
    table = pq.read_table(path)
    if json.loads(table.schema.metadata[b"names"]) != list(tags):
        return
    rows = table.to_pylist()
    for split, name in (("test", "Wesnoth, whole"), ("validation", "other games")):
        some = [row for row in rows if row["split"] == split]
        yield Music(
            name,
            np.array([row["tags"] for row in some], dtype=np.float64),
            np.array([row["loudness"] for row in some]),
            np.array([row["arousal"] == "high" for row in some]),
            np.array([row["track"] for row in some]),
        )


def aucs(music: Music, system: str, scores: np.ndarray) -> list[Measurement]:
    """Return the AUC of pieces and of tracks; the score of a track is the mean of its pieces'.

    Parameters
    ----------
    music : Music
    system : str
    scores : numpy.ndarray
        ``(n,)``, higher is livelier.
    """
    whole, of_track = np.unique(music.tracks, return_index=True)
    means = np.array([scores[music.tracks == track].mean() for track in whole])
    found = []
    for kind, truth, values, groups in (
        ("pieces", music.lively, scores, music.tracks),
        ("tracks", music.lively[of_track], means, whole),
    ):
        low, high = _interval(truth, values, groups)
        auc = classification.weighted_auc(truth, values)
        found.append(
            Measurement(f"{music.name}: {kind}", system, "AUC", auc, low, high, len(truth))
        )
    return found


def _interval(truth: np.ndarray, scores: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the AUC over resampled groups, each all lively or all calm."""
    rng = np.random.default_rng(SEED)
    names, of = np.unique(groups, return_inverse=True)
    member = np.zeros((len(names), len(groups)))
    member[of, np.arange(len(groups))] = 1.0
    lively, calm = member[:, truth], member[:, ~truth]
    # The AUC is the fraction of (lively, calm) pairs in the right order. The pairs are
    # summed for each pair of groups once; a draw only weights the sums.
    above = scores[truth][:, None] - scores[~truth]
    right = lively @ (np.sign(above) / 2 + 0.5) @ calm.T
    pairs = lively.sum(1)[:, None] * calm.sum(1)
    found: list[float] = []
    while len(found) < DRAWS:
        times = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        drawn = times @ pairs @ times
        if drawn:
            found.append(float(times @ right @ times / drawn))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
