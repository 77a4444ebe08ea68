"""Table 1 of JTAV (Liang et al. 2018): each modality's models, each pair, all three."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import combinations

import numpy as np

from backend.classifiers import shipped_datasets, shuttersong
from backend.classifiers.context import Context
from backend.classifiers.cross_validation import FoldResults, counted, gather, runs_of
from backend.classifiers.dataset import LabelledDataset
from backend.classifiers.logistic import logistic
from backend.classifiers.multimodal import FUSIONS, fuse
from backend.classifiers.unimodal import SYSTEMS, learn, read
from backend.domain import Modality
from backend.evaluation.options import Options
from backend.metrics.result import Measurement, ResultTable
from backend.settings import settings

Progress = Callable[[int, int], None]

SUMMARY = "JTAV's Table 1: every modality's models, every pair, all three"
RUNS = 10
# What the paper fuses: its best model of each modality.
IMAGE, AUDIO = "F-Lite0", "DCRNN-CQT"
ALONE = {
    Modality.TEXT: ("doc2vec", "n-grams", "lyricsHAN", "BiGRU", "attBiGRU", "text encoder"),
    Modality.IMAGE: ("image encoder", IMAGE),
    Modality.AUDIO: ("MFCC", "convnet", "DCRNN-MelS", AUDIO),
}
NOTES = (
    "As in the paper: every system learns a vector, and logistic regression stands on it; 80/10/10",
    "in ten folds, each post tested once (the paper: 10 runs). AUC: mean of the runs; the others:",
    "all tested posts. AUC, F1 and precision weighted by class. Intervals: bootstrap,",
    "near-duplicates together. Fused are attBiGRU (BiGRU where there is no supporting text),",
    "F-Lite0 and DCRNN-CQT. Word vectors: GloVe, 50 numbers (paper: 300). F-Lite0:",
    "EfficientNet-Lite0 with new dense layers; F-VGG, F-ResNet and F-DenseNet with --backbone,",
    "for their weights are in no package. text encoder: multilingual-e5-small, not in the paper.",
    "'minus this' is the paired difference of the fusion of all and the row.",
)


def measure(
    encoders: Mapping[Modality, str],
    progress: Progress | None = None,
    options: Options | None = None,
) -> ResultTable:
    """Train and test every row.

    Parameters
    ----------
    encoders : mapping of Modality to str
    progress : callable, optional
    options : Options, optional

    Returns
    -------
    ResultTable
    """
    options = options or Options()
    context = Context(
        encoders, device=settings().device, words=options.words, weights=options.weights
    )
    sets = (
        [shuttersong.read(options.data)]
        if options.data is not None
        else [shipped_datasets.paired(), shipped_datasets.tuxpaint(), shipped_datasets.sounds()]
    )
    runs = runs_of(options.runs, RUNS)
    figures: list[Measurement] = []
    notes = [*NOTES]
    for place, posts in enumerate(sets):
        work = partial(_run, posts=posts, context=context, backbones=options.backbones)
        told = counted(progress, place, len(sets), len(runs))
        read([s for modality in posts.modalities for s in ALONE[modality]], posts, context)
        gathered = gather(posts, runs, work, told=told)
        fused = gathered.systems[-1] if len(posts.modalities) > 1 else None
        figures += gathered.figures(posts.name, against=fused)
        notes.append(f"{posts.name}: {posts.note}.")
    return ResultTable("jtav-sentiment", SUMMARY, tuple(figures), tuple(notes))


def _run(
    gathered: FoldResults,
    run: int,
    *,
    posts: LabelledDataset,
    context: Context,
    backbones: tuple[str, ...],
) -> None:
    seen, stop, test = posts.split(run)
    supported = any(posts.supports)
    text = "attBiGRU" if supported else "BiGRU"
    fused = {Modality.TEXT: text, Modality.IMAGE: IMAGE, Modality.AUDIO: AUDIO}
    learnt: dict[Modality, np.ndarray] = {}
    for modality in posts.modalities:
        systems = [*ALONE[modality]]
        if modality is Modality.IMAGE:
            systems += [name for name in backbones if name in SYSTEMS[Modality.IMAGE]]
        for system in systems:
            if system == "attBiGRU" and not supported:
                continue
            vectors, _ = learn(system, posts, run, context)
            _classify(gathered, f"{modality.value}: {system}", posts, vectors, run)
            if system == fused[modality]:
                learnt[modality] = vectors
    for size in range(2, len(learnt) + 1):
        for some in combinations(learnt, size):
            name = "+".join(m.value for m in some)
            together = np.concatenate([learnt[m] for m in some], axis=1)
            _classify(gathered, f"{name}: early fusion", posts, together, run)
            task = fuse(
                FUSIONS["CMF-AP"],
                {m.value: learnt[m] for m in some},
                posts.labels,
                seen,
                stop,
                len(posts.classes),
                run=run,
            )
            everyone = np.concatenate([seen, stop, test])
            found = task.represent(everyone)
            vectors = np.full((len(posts), found.shape[1]), np.nan, dtype=np.float32)
            vectors[everyone] = found
            _classify(gathered, f"{name}: CMF-AP", posts, vectors, run)


def _classify(
    gathered: FoldResults, system: str, posts: LabelledDataset, vectors: np.ndarray, run: int
) -> None:
    """Logistic regression on vectors; posts that lack the modality are not trained on."""
    seen, stop, test = posts.split(run)
    have = ~np.isnan(vectors).all(1)
    shares = logistic(vectors, posts.labels, seen[have[seen]], stop[have[stop]], len(posts.classes))
    rows = test[have[test]]
    gathered.add(system, rows, shares(vectors[rows]), run)
