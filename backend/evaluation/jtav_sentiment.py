"""Table 1 of JTAV (Liang et al. 2018): each modality's models, each pair, all three."""

from __future__ import annotations

from functools import partial
from itertools import combinations

import numpy as np

from backend.classifiers import shipped_datasets, shuttersong
from backend.classifiers.context import Context
from backend.classifiers.cross_validation import FoldResults
from backend.classifiers.dataset import Fold
from backend.classifiers.multimodal import FUSIONS, fuse
from backend.classifiers.unimodal import learn
from backend.domain import Modality
from backend.evaluation.papers import context_of, cross_validate_all
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.result import Measurement

# What the paper fuses: its best model of each modality.
IMAGE, AUDIO = "F-Lite0", "DCRNN-CQT"
ALONE = {
    Modality.TEXT: ("doc2vec", "n-grams", "lyricsHAN", "BiGRU", "attBiGRU", "text encoder"),
    Modality.IMAGE: ("image encoder", IMAGE),
    Modality.AUDIO: ("MFCC", "convnet", "DCRNN-MelS", AUDIO),
}
NOTES = (
    "As in the paper: each system learns a vector, and a logistic regression classifies it;",
    "80/10/10 in ten folds, each post tested once (the paper: 10 runs). AUC: mean of the folds;",
    "the others: all tested posts. AUC, F1 and precision weighted by class. Intervals: bootstrap,",
    "near-duplicates together. The fusions combine attBiGRU (BiGRU where there is no supporting",
    "text), F-Lite0 (the last --backbone where one is given) and DCRNN-CQT. Word vectors: GloVe,",
    "50 numbers (paper: 300). F-Lite0: EfficientNet-Lite0 with new dense layers; F-VGG, F-ResNet",
    "and F-DenseNet need --backbone, because no package contains their weights. convnet: the sound",
    "encoder, pretrained on other data than the paper's. text encoder: multilingual-e5-small, not",
    "in the paper. 'minus this': the fusion of all modalities minus this row, paired.",
)


def measure(evaluation: Evaluation) -> Measured:
    """Train and test every row on every dataset."""
    options, context = evaluation.options, context_of(evaluation)
    datasets = (
        [shuttersong.read(options.data)]
        if options.data is not None
        else [shipped_datasets.paired(), shipped_datasets.tuxpaint(), shipped_datasets.sounds()]
    )
    work = partial(_run, context=context, backbones=options.backbones)
    jobs = [(d, [s for m in d.modalities for s in ALONE[m]], work) for d in datasets]
    measurements: list[Measurement] = []
    notes = [*NOTES]
    for results in cross_validate_all(evaluation, context, jobs):
        dataset = results.dataset
        all_fused = results.systems[-1] if len(dataset.modalities) > 1 else None
        measurements += results.measurements(dataset.name, reference=all_fused)
        notes.append(f"{dataset.name}: {dataset.note}.")
    return measurements, notes


def _run(results: FoldResults, fold: Fold, *, context: Context, backbones: tuple[str, ...]) -> None:
    dataset = fold.dataset
    supported = any(dataset.supports)
    text = "attBiGRU" if supported else "BiGRU"
    image = backbones[-1] if backbones else IMAGE
    fused = {Modality.TEXT: text, Modality.IMAGE: image, Modality.AUDIO: AUDIO}
    learnt: dict[Modality, np.ndarray] = {}
    for modality in dataset.modalities:
        for system in (*ALONE[modality], *(backbones if modality is Modality.IMAGE else ())):
            if system == "attBiGRU" and not supported:
                continue
            vectors, _ = learn(system, fold, context)
            results.classify(f"{modality.value}: {system}", vectors, fold)
            if system == fused[modality]:
                learnt[modality] = vectors
    for size in range(2, len(learnt) + 1):
        for some in combinations(learnt, size):
            name = "+".join(m.value for m in some)
            together = np.concatenate([learnt[m] for m in some], axis=1)
            results.classify(f"{name}: early fusion", together, fold)
            task = fuse(FUSIONS["CMF-AP"], {m.value: learnt[m] for m in some}, fold)
            rows = np.concatenate([fold.train_rows, fold.val_rows, fold.test_rows])
            found = task.represent(rows)
            vectors = np.full((len(dataset), found.shape[1]), np.nan, dtype=np.float32)
            vectors[rows] = found
            results.classify(f"{name}: CMF-AP", vectors, fold)
