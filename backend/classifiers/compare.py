"""Comparison of models on labelled posts: fold by fold, with every subset of modalities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.bundles.bundle import Bundle
from backend.classifiers.catalogue import NAMES, ModelInfo
from backend.classifiers.context import Context
from backend.classifiers.cross_validation import FoldResults
from backend.classifiers.dataset import FOLDS, Fold, LabelledDataset
from backend.classifiers.logistic import has_vector
from backend.classifiers.systems import encoded
from backend.classifiers.unimodal import learn
from backend.domain import KindredError, Modality, subset_name, subsets
from backend.metrics.bootstrap import MEASURES, interval
from backend.metrics.result import Measurement, ResultTable

if TYPE_CHECKING:
    from backend.classifiers.tasks import FusionTask
    from backend.training.loop import Step

TABLE = "train"


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a comparison.

    Attributes
    ----------
    model : str
        The model that is trained.
    done, total : int
        Number of training runs done, and of all.
    run : int
        The fold that is tested.
    step : Step or None
        Progress of this training.
    encoding : tuple of (str, int, int) or None
        While posts are encoded: the modality, how many are done, how many there are.
    """

    model: str
    done: int
    total: int
    run: int = 0
    step: Step | None = None
    encoding: tuple[str, int, int] | None = None


ProgressCallback = Callable[[Progress], None]
Projection = Callable[[Mapping[Modality, np.ndarray]], np.ndarray]  # encoders' vectors -> joint


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonResult:
    """Result of a comparison.

    Attributes
    ----------
    result : ResultTable
    best : str or None
        Name of the fusion model with the best F1 on all modalities; None without one.
    fused : FusionTask or None
        That model, trained in the first run.
    held_out : tuple of numpy.ndarray, optional
        Test rows ``(m,)`` and the model's probabilities for them, ``(m, classes)``.
    """

    result: ResultTable
    best: str | None = None
    fused: FusionTask | None = None
    held_out: tuple[np.ndarray, np.ndarray] | None = None


class ComparisonRun:
    """Train and test models on the same folds.

    Parameters
    ----------
    dataset : LabelledDataset
    context : Context
    models : sequence of ModelInfo
    runs : int
        Number of folds to test, of ten.
    bundle : Bundle
        The bundle whose joint space is compared.
    on_progress : callable, optional
    """

    def __init__(
        self,
        dataset: LabelledDataset,
        context: Context,
        models: Sequence[ModelInfo],
        runs: int,
        bundle: Bundle,
        on_progress: ProgressCallback | None = None,
    ) -> None:
        self.dataset, self.models = dataset, models
        self._bundle, self._on_progress = bundle, on_progress
        self.runs = range(min(runs, FOLDS))
        self.results = FoldResults(dataset)
        self._progress = Progress("", 0, len(self.runs) * len(models))
        self._context = replace(context, on_progress=self._on_step, on_encoding=self._on_encoding)
        self._vectors: dict[Modality, np.ndarray] = {}
        self._fused: dict[str, FusionTask] = {}

    def run(self) -> ComparisonResult:
        """Train and test everything.

        Raises
        ------
        KindredError
            ``few_labels`` when a fold is left with one class to learn.
        """
        for run in self.runs:
            fold = self.dataset.fold(run)
            for model in self.models:
                self._report(model=model.name, run=run, step=None, encoding=None)
                self._train(model, fold)
                self._progress = replace(self._progress, done=self._progress.done + 1)
        self._report(step=None, encoding=None)
        summary = f"models trained on {self.dataset.name}"
        return self._compared(ResultTable(TABLE, summary, self._measurements(), self._notes))

    def _train(self, model: ModelInfo, fold: Fold) -> None:
        if model.group == "fusion":
            self._fuse(model, fold)
        elif model.group == "joint":
            self._joint(model, fold)
        else:
            vectors, _ = learn(model.name, fold, self._context)
            self._classify(f"{model.name}|{model.group}", vectors, vectors, fold)

    def _fuse(self, model: ModelInfo, fold: Fold) -> None:
        from backend.classifiers.multimodal import fuse, fusion_system

        self._require_two_classes(fold)
        vectors = self._encoded()
        modalities = tuple(vectors)
        by_name = {m.value: rows for m, rows in vectors.items()}
        task = fuse(fusion_system(model.name), by_name, fold, self._context)
        self._fused.setdefault(model.name, task)
        for subset in subsets(modalities):
            columns = [modalities.index(m) for m in subset]
            probabilities, rows = task.probabilities(fold.test_rows, columns)
            if len(rows):
                self.results.add(
                    f"{model.name}|{subset_name(subset)}", rows, probabilities, fold.run
                )

    def _joint(self, model: ModelInfo, fold: Fold) -> None:
        vectors = self._encoded()
        project = (
            self._own_space(fold) if model.name == "joint space, own" else self._bundle_space()
        )
        whole = project(vectors)
        for subset in subsets(tuple(vectors)):
            all_of_them = len(subset) == len(vectors)
            part = whole if all_of_them else project({m: vectors[m] for m in subset})
            self._classify(f"{model.name}|{subset_name(subset)}", whole, part, fold)

    def _bundle_space(self) -> Projection:
        """Return the projection of posts into the bundle's joint space."""
        import torch

        from backend.joint_space import model as joint_space

        space = joint_space.load(
            self._bundle.tensors("joint_space"), self._bundle.config["joint_space"]
        )

        def project(vectors: Mapping[Modality, np.ndarray]) -> np.ndarray:
            total = np.zeros((len(self.dataset), space.dim), dtype=np.float32)
            known = np.zeros(len(total), dtype=bool)
            for modality, rows in vectors.items():
                present = ~np.isnan(rows[:, 0])
                known |= present
                with torch.inference_mode():
                    total[present] += space(modality.value, torch.from_numpy(rows[present])).numpy()
            joint = np.full_like(total, np.nan)
            joint[known] = joint_space.join(space.split(torch.from_numpy(total[known]))).numpy()
            return joint

        return project

    def _own_space(self, fold: Fold) -> Projection:
        """Train a space on the training posts and their users; return the projection into it."""
        from backend.joint_space import fit_users
        from backend.joint_space.authored_posts import AuthoredPosts

        encoded = self._encoded()
        sizes = {m: rows.shape[1] for m, rows in encoded.items()}

        def features(
            vectors: Mapping[Modality, np.ndarray], rows: np.ndarray
        ) -> dict[str, np.ndarray]:
            empty = np.full((len(rows), 1), np.nan, dtype=np.float32)
            return {
                m.value: vectors[m][rows]
                if m in vectors
                else np.repeat(empty, sizes.get(m, 2), axis=1)
                for m in Modality
            }

        known = np.any([~np.isnan(rows[:, 0]) for rows in encoded.values()], axis=0)
        train = fold.where(known).train_rows
        names, users = np.unique(self.dataset.groups[train], return_inverse=True)
        authored = AuthoredPosts(
            names=tuple(names.tolist()),
            users=users.astype(np.int64),
            groups=np.arange(len(train)),
            sources=np.full(len(train), "", dtype=object),
            features=features(encoded, train),
            tags=tuple(frozenset[str]() for _ in train),
        )
        config = self._context.capped(fit_users.SCHEDULE)
        space = fit_users.train(authored, None, config=config, on_progress=self._on_step)

        def project(vectors: Mapping[Modality, np.ndarray]) -> np.ndarray:
            joint = space.posts(features(vectors, np.arange(len(self.dataset))))
            joint[np.all([np.isnan(rows[:, 0]) for rows in vectors.values()], axis=0)] = np.nan
            return joint

        return project

    def _classify(self, entry: str, vectors: np.ndarray, tested: np.ndarray, fold: Fold) -> None:
        self._require_two_classes(fold.where(has_vector(vectors)))
        self.results.classify(entry, vectors, fold, tested)

    def _require_two_classes(self, fold: Fold) -> None:
        if len(np.unique(fold.labels[fold.train_rows])) < 2:
            raise KindredError(
                "few_labels",
                f"Too few posts for {self._progress.model}: once a tenth is held out to test on, "
                "one class is left to learn.",
            )

    def _encoded(self) -> dict[Modality, np.ndarray]:
        """Return the frozen encoders' vectors of the modalities that posts have."""
        for modality in self.dataset.modalities:
            if modality not in self._vectors:
                self._vectors[modality] = encoded(self.dataset, modality, self._context)
        return self._vectors

    def _measurements(self) -> tuple[Measurement, ...]:
        """Return all metrics on all modalities, then the F1 on each of their subsets."""
        whole, parts = list[Measurement](), list[Measurement]()
        for model in self.models:
            entries = [e for e in self.results.systems if e.partition("|")[0] == model.name]
            entries.sort(key=lambda entry: -entry.count("+"))
            for i, entry in enumerate(entries):
                predictions = self.results.predictions(entry)
                subset = entry.partition("|")[2]
                for metric in MEASURES if i == 0 else ("F1",):
                    values = predictions.measure(metric)
                    if math.isnan(values[0]):
                        continue  # no area under a curve where one class was tested
                    name = metric if i == 0 else f"{metric}, {subset}"
                    (whole if i == 0 else parts).append(
                        Measurement(
                            self.dataset.name,
                            model.name,
                            name,
                            *interval(values),
                            len(predictions.labels),
                        )
                    )
        # Single modalities first, then pairs.
        order = [subset_name(s) for s in subsets(self.dataset.modalities)]
        parts.sort(key=lambda m: order.index(m.metric.partition(", ")[2]))
        return (*whole, *parts)

    @property
    def _notes(self) -> tuple[str, ...]:
        own = (
            "The joint space was trained on the shipped posts (without their labels), so its row "
            "is optimistic for them.",
        )
        shown = any(m.name == "joint space" for m in self.models)
        return (
            f"{self.dataset.name}: {self.dataset.note}.",
            f"{len(self.dataset):,} posts; {len(self.runs)} of {FOLDS} folds tested, each by "
            "models that saw none of them. AUC, F1 and precision weighted by class.",
            "A model of one modality is tested on the posts that have it (n). 'F1, text': the same "
            "model given text only.",
            "Intervals: 95 %, bootstrap over users. The best of several models looks slightly "
            "better than it is.",
            *(own if shown else ()),
        )

    def _compared(self, result: ResultTable) -> ComparisonResult:
        fusions = [m.name for m in self.models if m.name in self._fused]
        if not fusions:
            return ComparisonResult(result)
        whole = subset_name(self.dataset.modalities)
        predictions = {m: self.results.predictions(f"{m}|{whole}") for m in fusions}
        best = max(fusions, key=lambda m: float(predictions[m].measure("F1")[0]))
        # The rows as they were predicted: some test posts cannot be encoded.
        rows = np.concatenate([rows for rows, _, _ in self.results.parts[f"{best}|{whole}"]])
        held_out = (rows, predictions[best].probabilities)
        return ComparisonResult(result, best, self._fused[best], held_out)

    def _on_step(self, step: Step) -> None:
        self._report(step=step, encoding=None)

    def _on_encoding(self, modality: Modality, done: int, total: int) -> None:
        self._report(encoding=(NAMES[modality], done, total))

    def _report(self, **changes: Any) -> None:
        self._progress = replace(self._progress, **changes)
        if self._on_progress is not None:
            self._on_progress(self._progress)
