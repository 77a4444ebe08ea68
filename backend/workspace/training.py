"""Training on the labels of a corpus, for the command ``train`` and its page."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from backend.bundles import active
from backend.bundles.bundle import Bundle, open_bundle
from backend.classifiers import catalogue, predict
from backend.classifiers.label_columns import TrainableLabel, labelled_info, labels_of
from backend.classifiers.training_job import BUDGETS, FOLDER, Request, encoders_digest
from backend.core.lru import LRU
from backend.core.shared_property import shared_property
from backend.core.writable import check_writable
from backend.domain import Content, KindredError
from backend.settings import settings
from backend.workspace.model_comparison import Plan, compare, write_bundle
from backend.workspace.training_runs import TrainingRuns
from backend.workspace.usable_bundle import check_usable

if TYPE_CHECKING:
    from backend.classifiers.compare import ProgressCallback
    from backend.metrics.result import ResultTable
    from backend.workspace.context import WorkspaceContext

RUNS = 3
_CACHED = 8  # corpora whose labels are cached


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What to train here and now.

    Attributes
    ----------
    task : str
        A group of models (`catalogue.GROUPS`), or all.
    corpus, label : str, optional
        The default corpus and its first label when not given.
    models : sequence of str
        A few quick ones of the task when empty.
    data : pathlib.Path, optional
        JTAV's own data in the ShutterSong layout, instead of a corpus.
    runs : int
        Folds that are tested, of ten.
    epochs : int, optional
        Maximum epochs of a training run.
    backbones : sequence of str
        Models whose pretrained weights are downloaded where there is no file.
    weights : mapping of str to pathlib.Path
        Files of weights by model, next to those in the folder ``weights`` of the workspace.
    name : str, optional
        The name of the bundle's directory.
    """

    task: str = catalogue.ALL
    corpus: str | None = None
    label: str | None = None
    models: Sequence[str] = ()
    data: Path | None = None
    runs: int = RUNS
    epochs: int | None = None
    backbones: Sequence[str] = ()
    weights: Mapping[str, Path] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """The outcome of a training run.

    Attributes
    ----------
    result : ResultTable
    bundle : Bundle or None
        That of the best fusion model, trained on all folds but two; None without one.
    """

    result: ResultTable
    bundle: Bundle | None


class Training:
    """Trains the papers' models on labelled posts, here or in a separate process."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._labels: LRU[str, tuple[TrainableLabel, ...]] = LRU(_CACHED)

    @shared_property
    def runs(self) -> TrainingRuns:
        """Training runs in separate processes."""
        return TrainingRuns(self._context.home)

    # ---- labels and models ---------------------------------------------------

    @property
    def weights(self) -> Path:
        """The folder of files of pretrained weights."""
        return self._context.home / "weights"

    def labels(self, corpus: str | None = None) -> tuple[TrainableLabel, ...]:
        """Return all labels of a corpus, with their classes and posts."""
        opened = self._context.corpus(corpus).snapshot()
        return self._labels.get_or_make(opened.version, lambda: labels_of(opened))

    def problems(self, label: TrainableLabel, weighted: Collection[str] = ()) -> dict[str, str]:
        """Return the models that cannot be trained on a label, each with the reason.

        Parameters
        ----------
        label : TrainableLabel
        weighted : collection of str
            Models whose weights come from elsewhere than the folder `weights`.
        """
        problems = {
            m.name: catalogue.problem(m, label, self.weights, weighted) for m in catalogue.MODELS
        }
        return {name: problem for name, problem in problems.items() if problem}

    # ---- here and now --------------------------------------------------------

    def train(
        self, options: TrainOptions, *, report: ProgressCallback | None = None
    ) -> TrainedModel:
        """Train models, compare them on held-out posts, and write the best fusion as a bundle.

        Killed and called again, it continues from the last epoch and gives the same result.

        Parameters
        ----------
        options : TrainOptions
        report : callable, optional
            Called with the progress.

        Raises
        ------
        KindredError
            ``no_task``, ``no_system``, ``no_label``, ``few_labels``, ``not_trainable``,
            ``not_shuttersong``.
        """
        from backend.classifiers import corpus_dataset, shuttersong

        names = tuple(m.name for m in catalogue.resolve(options.models, options.task))
        if options.data is None:
            posts, label = None, self._label(options.corpus, options.label)
        else:
            posts = shuttersong.read(options.data)
            label = labelled_info(posts, "mood")
        weighted = {*options.backbones, *options.weights}
        if not options.models:
            problems = self.problems(label)
            names = tuple(name for name in names if name not in problems) or names
        self._check(label, names, weighted)
        posts = posts or corpus_dataset.read(self._context.corpus(options.corpus), label.name)
        checkpoints = self._context.home / FOLDER / f"checkpoints-{self._digest(options.epochs)}"
        plan = Plan(names, options.runs, options.epochs, checkpoints, options.weights)
        compared = compare(self._context, posts, plan, report)
        if compared.best is None:
            return TrainedModel(compared.result, None)
        bundle = write_bundle(self._context, compared, posts, label.name, options.name)
        return TrainedModel(compared.result, bundle)

    def _digest(self, epochs: int | None) -> str:
        """Return a digest of what checkpoints depend on besides posts, model and fold."""
        encoders = sorted(self._context.bundle.encoders.items())
        return hashlib.sha256(repr((encoders, epochs)).encode()).hexdigest()[:8]

    def _label(self, corpus: str | None, label: str | None) -> TrainableLabel:
        known = {info.name: info for info in self.labels(corpus)}
        name = label or next(iter(known), None)
        if name is None or name not in known:
            labels = (
                f"Its labels: {', '.join(known)}." if known else "None of its posts is labelled."
            )
            title = self._context.corpus(corpus).name
            raise KindredError("no_label", f"{title} has no label {name!r}. {labels}")
        return known[name]

    def _check(
        self, label: TrainableLabel, models: Sequence[str], weighted: Collection[str] = ()
    ) -> None:
        if label.problem:
            raise KindredError("few_labels", label.problem)
        if not models:
            raise KindredError("no_models", "Choose at least one model.")
        problems = self.problems(label, weighted)
        if reasons := [problems[m] for m in models if m in problems]:
            raise KindredError("not_trainable", " ".join(reasons))

    def request(
        self, corpus: str | None, label: str | None, models: Sequence[str], budget: str = "quick"
    ) -> Request:
        """Return the request of a page, checked.

        Raises
        ------
        KindredError
            As `train`; ``no_budget``.
        """
        if budget not in BUDGETS:
            known = ", ".join(BUDGETS)
            raise KindredError("no_budget", f"There is no budget {budget!r}; there are {known}.")
        opened = self._context.corpus(corpus)
        trainable = self._label(corpus, label)
        names = tuple(m.name for m in catalogue.resolve(models)) if models else ()
        self._check(trainable, names)
        bundle = self._context.bundle
        return Request(
            corpus or settings().corpus,
            trainable.name,
            names,
            budget,
            opened.version,
            bundle.name,
            encoders_digest(bundle),
        )

    # ---- the bundle ----------------------------------------------------------

    @property
    def active(self) -> str:
        """The name of the directory of the active bundle."""
        return self._context.bundle.path.name

    def activate_bundle(self, name: str | None) -> None:
        """Make a bundle of this workspace the active one, for all users.

        Parameters
        ----------
        name : str or None
            The name of its directory; None returns to the bundle of the settings.

        Raises
        ------
        KindredError
            ``read_only``, ``no_bundle``, ``damaged``.
        """
        check_writable()
        if name is not None and self.has_bundle(name):
            check_usable(open_bundle(active.bundle_path(self._context.home, name)))
        active.choose_bundle(self._context.home, name)
        self._context.reload()

    @property
    def chosen_bundle(self) -> str:
        """The bundle that `activate_bundle` made the active one; empty when none was."""
        return active.chosen_bundle(self._context.home)

    def has_bundle(self, name: str) -> bool:
        """Whether a bundle exists in this workspace."""
        return bool(name) and active.bundle_path(self._context.home, name).is_dir()

    def classify(self, content: Content) -> tuple[str, str, dict[str, float]] | None:
        """Return the prediction of the active bundle's classifier for a post.

        Returns
        -------
        tuple or None
            The label, the model, and the probability of each class, highest first; None
            when the bundle has no classifier or the post no modality that it reads.
        """
        models = self._context.models
        bundle = models.bundle
        trained = bundle.config.get(predict.STEM)
        if trained is None:
            return None
        features = models.embedder.features([content])[0]
        vectors = {
            m: v[None]
            for m, v in features.vectors.items()
            if m.value in dict(trained["shape"]["inputs"])
        }
        if not vectors:
            return None
        classes, probabilities = predict.classify(bundle, vectors)
        ranked = sorted(
            zip(classes, map(float, probabilities[0]), strict=True), key=lambda pair: -pair[1]
        )
        return trained["label"], trained["model"], dict(ranked)
