"""Fusion of modalities, with all present and with each missing (emotion-fusion article 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from backend.classifiers import emotion_pairs, shipped_datasets, shuttersong
from backend.classifiers.context import Context
from backend.classifiers.cross_validation import FoldResults
from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.multimodal import ALONE, FUSIONS, RESTRAINED, VARIANTS, fuse
from backend.classifiers.unimodal import learn
from backend.domain import Modality, subset_name, subsets
from backend.evaluation.papers import context_of, cross_validate_all
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.bootstrap import interval
from backend.metrics.result import Measurement

TEXTS = {"words": "n-grams", "encoder": "text encoder"}
OTHERS = {Modality.IMAGE: "image encoder", Modality.AUDIO: "convnet"}
BEST = "CommonSpaceFusion"  # the other systems are compared with it
NOTES = (
    "F1 weighted by class; columns name the modalities given at test time. Ten folds: eight for",
    "training, one for early stopping, one for testing; each post is tested once. 'x alone' is",
    "trained for that modality alone on the same vectors. Text: means of word vectors learnt with",
    "their n-grams (fastText-style, from GloVe), or the frozen text encoder; image and sound:",
    "frozen encoders. JointFusion, CommonSpaceFusion and CMF-AP start at random; 'warm start': at",
    "logistic regressions of the single modalities, which stay where training does not improve on",
    "them. Early and late fusion are logistic regressions, whose optimum no start changes.",
    "'CommonSpaceFusion minus this' is the paired difference with all modalities.",
    "Intervals: bootstrap, near-duplicates together.",
)


def measure(evaluation: Evaluation) -> Measured:
    """Train and test every fusion system on every dataset."""
    context, chosen = context_of(evaluation), datasets(evaluation.options.data)
    jobs = []
    for dataset, text in chosen:
        systems = {m: TEXTS[text] if m is Modality.TEXT else OTHERS[m] for m in dataset.modalities}
        work = partial(_run, systems=systems, context=context)
        jobs.append((dataset, [*systems.values()], work))
    measurements: list[Measurement] = []
    notes = [*NOTES]
    results = cross_validate_all(evaluation, context, jobs)
    for (dataset, text), found in zip(chosen, results, strict=True):
        measurements += _measurements(f"{dataset.name}, text: {TEXTS[text]}", found)
        notes.append(f"{dataset.name}: {dataset.note}.")
    return measurements, tuple(dict.fromkeys(notes))


def datasets(folder: Path | None) -> list[tuple[LabelledDataset, str]]:
    """Return the datasets, each with the kind of text model that is fused.

    A folder of GoEmotions, as the table `goemotions` reads it, is paired with drawings of the
    same emotions; any other has the ShutterSong layout.
    """
    if folder is None:
        pairs, stamps = shipped_datasets.paired(), shipped_datasets.tuxpaint()
        return [(pairs, "words"), (pairs, "encoder"), (stamps, "encoder")]
    comments = emotion_pairs.home(folder)
    dataset = shuttersong.read(folder) if comments is None else emotion_pairs.read(comments)
    return [(dataset, text) for text in TEXTS]


def _run(
    results: FoldResults, fold: Fold, *, systems: Mapping[Modality, str], context: Context
) -> None:
    modalities = fold.dataset.modalities
    vectors = {m.value: learn(systems[m], fold, context)[0] for m in modalities}
    for name, rows in vectors.items():
        alone = fuse(ALONE, {name: rows}, fold)
        probabilities, tested = alone.probabilities(fold.test_rows)
        results.add(f"{name} alone|{name}", tested, probabilities, fold.run)
    tried = RESTRAINED.values() if systems[Modality.TEXT] == TEXTS["encoder"] else ()
    for system in (*FUSIONS.values(), *VARIANTS.values(), *tried):
        task = fuse(system, vectors, fold)
        for subset in subsets(modalities):
            columns = [modalities.index(m) for m in subset]
            probabilities, tested = task.probabilities(fold.test_rows, columns)
            results.add(f"{system.name}|{subset_name(subset)}", tested, probabilities, fold.run)


def _measurements(task: str, results: FoldResults) -> list[Measurement]:
    """Return the F1 of each model, a row, on each subset, a column."""
    whole = subset_name(results.dataset.modalities)
    best = results.predictions(f"{BEST}|{whole}").measure("F1")
    rows = []
    for name in results.systems:
        system, _, subset = name.partition("|")
        predictions = results.predictions(name)
        f1 = predictions.measure("F1")
        n = len(predictions.labels)
        rows.append(Measurement(task, system, f"F1, {subset}", *interval(f1), n))
        if (subset == whole or "alone" in system) and system != BEST:
            metric = f"{BEST} minus this, F1"
            rows.append(Measurement(task, system, metric, *interval(best - f1)))
    return rows
