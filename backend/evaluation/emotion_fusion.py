"""Fusion of modalities, with all there and with each missing (emotion-fusion article 2017)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from backend.classifiers import shipped_datasets, shuttersong
from backend.classifiers.context import Context
from backend.classifiers.cross_validation import FoldResults, counted, gather, runs_of
from backend.classifiers.dataset import LabelledDataset
from backend.classifiers.multimodal import ALONE, FUSIONS, fuse
from backend.classifiers.unimodal import learn, read
from backend.domain import Modality, subset_name, subsets
from backend.evaluation.options import Options
from backend.metrics.bootstrap import interval
from backend.metrics.result import Measurement, ResultTable
from backend.settings import settings

Progress = Callable[[int, int], None]

SUMMARY = "fusion models, with all modalities and with each missing"
TEXTS = {"words": "n-grams", "encoder": "text encoder"}
OTHERS = {Modality.IMAGE: "image encoder", Modality.AUDIO: "convnet"}
SYSTEMS = (*FUSIONS,)
RUNS = 10
NOTES = (
    "F1 weighted by class; a column says which modalities may be looked at in the test. Ten folds:",
    "eight to train, one to stop by, one to test; each post is tested once. 'x alone' is trained",
    "for that modality alone on the same vectors. Text: means of word vectors learnt with their",
    "n-grams (fastText-style, from GloVe), or the frozen text encoder; image and sound: frozen",
    "encoders. 'CommonSpaceFusion minus this' is the paired difference with all modalities.",
    "Intervals: bootstrap, near-duplicates together.",
)


def measure(
    encoders: Mapping[Modality, str],
    progress: Progress | None = None,
    options: Options | None = None,
) -> ResultTable:
    """Train and test every fusion on every benchmark.

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
    context = Context(encoders, device=settings().device, words=options.words)
    sets: list[tuple[LabelledDataset, str]]
    if options.data is not None:
        sets = [(shuttersong.read(options.data), text) for text in TEXTS]
    else:
        pairs, stamps = shipped_datasets.paired(), shipped_datasets.tuxpaint()
        sets = [(pairs, "words"), (pairs, "encoder"), (stamps, "encoder")]
    runs = runs_of(options.runs, RUNS)
    figures: list[Measurement] = []
    notes = [*NOTES]
    for place, (posts, text) in enumerate(sets):
        systems = {m: TEXTS[text] if m is Modality.TEXT else OTHERS[m] for m in posts.modalities}
        work = partial(_run, posts=posts, systems=systems, context=context)
        told = counted(progress, place, len(sets), len(runs))
        read([*systems.values()], posts, context)
        gathered = gather(posts, runs, work, told=told)
        figures += _figures(f"{posts.name}, text: {TEXTS[text]}", gathered, posts)
        notes.append(f"{posts.name}: {posts.note}.")
    return ResultTable("emotion-fusion", SUMMARY, tuple(figures), tuple(dict.fromkeys(notes)))


def _run(
    gathered: FoldResults,
    run: int,
    *,
    posts: LabelledDataset,
    systems: Mapping[Modality, str],
    context: Context,
) -> None:
    seen, stop, test = posts.split(run)
    there = posts.modalities
    vectors = {m.value: learn(systems[m], posts, run, context)[0] for m in there}
    classes, labels = len(posts.classes), posts.labels
    for name, rows in vectors.items():
        alone = fuse(ALONE, {name: rows}, labels, seen, stop, classes, run=run)
        shares, kept = alone.shares(test)
        gathered.add(f"{name} alone|{name}", kept, shares, run)
    for system in SYSTEMS:
        task = fuse(FUSIONS[system], vectors, labels, seen, stop, classes, run=run)
        for subset in subsets(there):
            shares, kept = task.shares(test, [there.index(m) for m in subset])
            gathered.add(f"{system}|{subset_name(subset)}", kept, shares, run)


def _figures(task: str, gathered: FoldResults, posts: LabelledDataset) -> list[Measurement]:
    """A row for each model, a column for each subset."""
    whole = subset_name(posts.modalities)
    best = gathered.predictions(f"CommonSpaceFusion|{whole}").measure("F1")
    found = []
    for name in gathered.systems:
        system, _, subset = name.partition("|")
        said = gathered.predictions(name)
        f1 = said.measure("F1")
        value, low, high = interval(f1)
        found.append(Measurement(task, system, f"F1, {subset}", value, low, high, len(said.labels)))
        if (subset == whole or "alone" in system) and system != "CommonSpaceFusion":
            value, low, high = interval(best - f1)
            found.append(
                Measurement(task, system, "CommonSpaceFusion minus this, F1", value, low, high)
            )
    return found
