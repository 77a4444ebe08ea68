"""Training on a corpus's own labels: the part of the facade behind ``train`` and its page."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backend.bundles.active import bundle_path, choose_bundle, chosen_bundle
from backend.bundles.bundle import Bundle
from backend.classifiers import catalogue, predict
from backend.classifiers.job import BUDGETS, FOLDER, Request, encoders_digest
from backend.classifiers.label_columns import TrainableLabel, labelled_info, labels_of
from backend.domain import Content, KindredError
from backend.settings import settings
from backend.workspace.guards import check_writable
from backend.workspace.train_corpus import compare, keep
from backend.workspace.training_runs import TrainingRuns

if TYPE_CHECKING:
    from backend.classifiers.compare import ProgressCallback
    from backend.metrics.result import ResultTable
    from backend.workspace.context import WorkspaceContext

RUNS = 3


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a training came to.

    Attributes
    ----------
    result : ResultTable
        The table.
    bundle : Bundle or None
        Of the best fusion model, trained on all folds but two; None without one.
    """

    result: ResultTable
    bundle: Bundle | None


class Training:
    """Trains the papers' models on labelled posts, here or in a process of its own.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host
        self._labels: dict[tuple[str, str], tuple[TrainableLabel, ...]] = {}

    @cached_property
    def runs(self) -> TrainingRuns:
        """Trainings in processes of their own."""
        return TrainingRuns(self._host.home)

    # ---- what there is -------------------------------------------------------

    @property
    def weights(self) -> Path:
        """The folder in which files of pretrained weights are looked for."""
        return self._host.home / "weights"

    def labels(self, corpus: str | None = None) -> tuple[TrainableLabel, ...]:
        """All labels of a corpus, with what there is to learn from each."""
        opened = self._host.corpus(corpus)
        key = (opened.name, opened.version)
        if key not in self._labels:
            self._labels = {k: v for k, v in self._labels.items() if k[0] != key[0]}
            self._labels[key] = labels_of(opened)
        return self._labels[key]

    def problems(self, label: TrainableLabel, given: Collection[str] = ()) -> dict[str, str]:
        """Models that cannot be trained on a label, each with the reason in a sentence.

        Parameters
        ----------
        label : TrainableLabel
        given : collection of str
            Models whose weights are not looked for in `weights`.
        """
        found = {m.name: catalogue.problem(m, label, self.weights, given) for m in catalogue.MODELS}
        return {name: said for name, said in found.items() if said}

    # ---- here and now --------------------------------------------------------

    def train(
        self,
        task: str = catalogue.ALL,
        *,
        corpus: str | None = None,
        label: str | None = None,
        models: Sequence[str] = (),
        data: Path | None = None,
        runs: int = RUNS,
        epochs: int | None = None,
        backbones: Sequence[str] = (),
        weights: Mapping[str, Path] | None = None,
        name: str | None = None,
        tell: ProgressCallback | None = None,
    ) -> TrainedModel:
        """Train models, compare them on held-out posts, and keep the best fusion as a bundle.

        Killed and asked again it goes on from the last epoch, and ends the same.

        Parameters
        ----------
        task : str
            A group of models (`catalogue.GROUPS`), or all.
        corpus, label : str, optional
            The default corpus; its first label.
        models : sequence of str, optional
            A sensible few of the task when not given.
        data : pathlib.Path, optional
            JTAV's own data in the ShutterSong layout, in the place of a corpus.
        runs : int
            Folds that are tested, of ten.
        epochs : int, optional
            No training lasts longer.
        backbones : sequence of str
            Of `models`, those whose weights are asked of the hub where there is no file.
        weights : mapping of str to pathlib.Path, optional
            Files of weights by model, beside those in the folder `weights`.
        name : str, optional
            Of the bundle's directory.
        tell : callable, optional

        Returns
        -------
        TrainedModel

        Raises
        ------
        KindredError
            ``no_task``, ``no_system``, ``no_label``, ``few_labels``, ``not_trainable``,
            ``not_shuttersong``.
        """
        from backend.classifiers import corpus_dataset, shuttersong

        picked = tuple(m.name for m in catalogue.resolve(models, task))
        posts = None if data is None else shuttersong.read(data)
        info = self._label(corpus, label) if posts is None else labelled_info(posts, "mood")
        given = {*backbones, *(weights or {})}
        if not models:
            unfit = self.problems(info)
            picked = tuple(m for m in picked if m not in unfit) or picked
        self._check(info, picked, given)
        posts = posts or corpus_dataset.read(self._host.corpus(corpus), info.name)
        compared = compare(
            self._host,
            posts,
            picked,
            runs=runs,
            epochs=epochs,
            weights=weights,
            folder=self._host.home / FOLDER / f"checkpoints-{self._settings(epochs)}",
            tell=tell,
        )
        if compared.best is None:
            return TrainedModel(compared.result, None)
        return TrainedModel(compared.result, keep(self._host, compared, posts, info.name, name))

    def _settings(self, epochs: int | None) -> str:
        """Names what checkpoints depend on beside posts, model and fold."""
        said = repr((sorted(self._host.bundle.encoders.items()), epochs))
        return hashlib.sha256(said.encode()).hexdigest()[:8]

    def _label(self, corpus: str | None, label: str | None) -> TrainableLabel:
        known = {info.name: info for info in self.labels(corpus)}
        name = label or next(iter(known), None)
        if name is None or name not in known:
            told = f"There are: {', '.join(known)}." if known else "No post of it has a label."
            where = self._host.corpus(corpus).name
            raise KindredError("no_label", f"{where} has no label {name!r}. {told}")
        return known[name]

    def _check(
        self, info: TrainableLabel, models: Sequence[str], given: Collection[str] = ()
    ) -> None:
        if info.problem:
            raise KindredError("few_labels", info.problem)
        if not models:
            raise KindredError("no_models", "Choose at least one model.")
        unfit = self.problems(info, given)
        if said := [unfit[m] for m in models if m in unfit]:
            raise KindredError("not_trainable", " ".join(said))

    def request(
        self, corpus: str | None, label: str | None, models: Sequence[str], budget: str = "quick"
    ) -> Request:
        """What a page asks for, checked.

        Raises
        ------
        KindredError
            As `train`; ``no_budget``.
        """
        if budget not in BUDGETS:
            known = ", ".join(BUDGETS)
            raise KindredError("no_budget", f"There is no budget {budget!r}; there are {known}.")
        opened = self._host.corpus(corpus)
        info = self._label(corpus, label)
        picked = tuple(m.name for m in catalogue.resolve(models)) if models else ()
        self._check(info, picked)
        name = corpus or settings().corpus
        bundle = self._host.bundle
        return Request(
            name, info.name, picked, budget, opened.version, bundle.name, encoders_digest(bundle)
        )

    # ---- the bundle ----------------------------------------------------------

    @property
    def active(self) -> str:
        """The name of the directory of the bundle in use."""
        return self._host.bundle.path.name

    def use(self, name: str | None) -> None:
        """Make a bundle of this workspace the active one, for everybody and for good.

        Parameters
        ----------
        name : str or None
            Of its directory; None takes back the choice.

        Raises
        ------
        KindredError
            ``read_only``, ``no_bundle``, ``damaged``.
        """
        check_writable()
        choose_bundle(self._host.home, name)
        self._host.reload()

    @property
    def picked(self) -> str:
        """The bundle that somebody chose to use; empty when nobody did."""
        return chosen_bundle(self._host.home)

    def trained(self, name: str) -> bool:
        """Whether a bundle is there to be used."""
        return bool(name) and bundle_path(self._host.home, name).is_dir()

    def answer(self, content: Content) -> tuple[str, str, dict[str, float]] | None:
        """What the active bundle's classifier says of a post.

        Returns
        -------
        tuple or None
            The label, the model, and the probability of each class, highest first; None
            when the bundle has no classifier or the post nothing that it reads.
        """
        bundle = self._host.bundle
        trained = bundle.config.get(predict.STEM)
        if trained is None:
            return None
        features = self._host.embedder.features([content])[0]
        vectors = {
            m: v[None]
            for m, v in features.vectors.items()
            if m.value in dict(trained["shape"]["inputs"])
        }
        if not vectors:
            return None
        classes, shares = predict.classify(bundle, vectors)
        order = sorted(zip(classes, map(float, shares[0]), strict=True), key=lambda pair: -pair[1])
        return trained["label"], trained["model"], dict(order)
