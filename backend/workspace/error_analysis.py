"""Error analysis in a workspace: predictions of models scored against the labels of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from backend.core.lru import LRU
from backend.core.progress import Progress
from backend.corpus import Corpus
from backend.corpus.content import picture_of
from backend.domain import Content, Explanation, Kind, KindredError, Selection
from backend.error_analysis import confidence, figure_address, figures, label_issues, slices
from backend.error_analysis import relabels as overlay
from backend.error_analysis.comparison import ModelComparison, compare
from backend.error_analysis.explain_post import PostExplanation, explain_post
from backend.error_analysis.ground_truth import GroundTruth, ScorableLabel, labels_of
from backend.error_analysis.ground_truth import read as read_ground_truth
from backend.error_analysis.label_issues import LabelConflict, LabelIssue
from backend.error_analysis.metadata_groups import Candidate
from backend.error_analysis.model_sources import PROBE, ModelSources, vectors_of
from backend.error_analysis.models import LEXICONS, Model
from backend.error_analysis.prediction_store import PredictionStore
from backend.error_analysis.predictions import ModelPredictions, ScoredPredictions, score_against
from backend.error_analysis.robustness import SAMPLE, AccuracyDrop, robustness
from backend.error_analysis.slice_candidates import groups
from backend.error_analysis.stored_readings import StoredReadings
from backend.error_analysis.vector_groups import error_direction
from backend.settings import settings
from backend.workspace.context import WorkspaceContext
from backend.workspace.corpora import openable, relabels_of

T = TypeVar("T")

MAX_MODELS = 4
_CACHED = 200  # results held in memory


class ErrorAnalysis:
    """Scores models on a labelled corpus, and finds and explains their errors.

    Results are cached. In every method `corpus` is the name of a corpus, by default
    that of the settings, and `corrected` applies the corrections of labels.
    """

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._store = PredictionStore(context.home / "cache" / "errors")
        self._cache: LRU[tuple[Any, ...], Any] = LRU(_CACHED)

    # ---- labels, models, predictions -----------------------------------------

    def labels(self, corpus: str | None = None) -> tuple[ScorableLabel, ...]:
        """The labels that models can be scored against; sentiment and emotion first."""
        opened = self._context.corpus(corpus).snapshot()
        return self._cached(("labels", opened.version), lambda: labels_of(opened))

    def models(self, label: str, corpus: str | None = None) -> dict[str, str]:
        """Titles of the models that can predict a label, by name; the active bundle first."""
        return self._sources().names(self.ground_truth(label, corpus=corpus))

    def ground_truth(
        self, label: str, *, corrected: bool = False, corpus: str | None = None
    ) -> GroundTruth:
        """The posts that carry a label.

        Raises
        ------
        KindredError
            ``no_label``.
        """
        opened = self._context.corpus(corpus).snapshot()
        changes = self._read_relabels(label, opened.name) if corrected else {}
        relabels = {id_: one.label for id_, one in changes.items()}
        key = ("ground_truth", opened.version, label, tuple(sorted(relabels.items())))
        return self._cached(key, lambda: read_ground_truth(opened, label, relabels))

    def predictions(
        self, model: str, label: str, *, corrected: bool = False, corpus: str | None = None
    ) -> ScoredPredictions:
        """Predictions of a model, scored against a label; cached on disk.

        Raises
        ------
        KindredError
            ``no_model``, ``no_label``, ``nothing_predicted``.
        """
        ground_truth = self.ground_truth(label, corrected=corrected, corpus=corpus)
        state = self._sources().state(model) if model in self.models(label, corpus) else ""

        def compute() -> ScoredPredictions:
            def predict() -> ModelPredictions:
                return self._model(model, ground_truth, corpus).predict_labelled(ground_truth)

            return score_against(ground_truth, self._store.get(ground_truth, model, state, predict))

        return self._cached(("predictions", ground_truth, model, state), compute)

    # ---- metrics -------------------------------------------------------------

    def measures(self, scored: ScoredPredictions) -> tuple[figures.Measure, ...]:
        """Accuracy, F1, AUC and calibration error, with intervals."""
        return self._cached(("measures", scored), lambda: figures.measures(scored))

    def confusion(self, scored: ScoredPredictions) -> np.ndarray:
        """Counts ``(classes, classes)``: rows are labels, columns predicted classes."""
        return figures.confusion(scored)

    def by_class(self, scored: ScoredPredictions) -> tuple[figures.ClassRow, ...]:
        """Precision, recall and F1 of each class."""
        return figures.by_class(scored)

    def curve(self, scored: ScoredPredictions) -> tuple[confidence.Bin, ...]:
        """The calibration curve; its counts are the histogram of confidence."""
        return confidence.curve(scored)

    def gaps(self, scored: ScoredPredictions) -> tuple[confidence.CalibrationError, ...]:
        """Calibration error of all posts and by their modalities."""
        return self._cached(("gaps", scored), lambda: confidence.gaps(scored))

    def thresholds(self, scored: ScoredPredictions) -> tuple[confidence.Threshold, ...]:
        """Return errors and withheld predictions at each confidence threshold."""
        return self._cached(("thresholds", scored), lambda: confidence.thresholds(scored))

    def compare(self, one: ScoredPredictions, two: ScoredPredictions) -> ModelComparison:
        """Compare two models on the same posts, with McNemar's test."""
        return self._cached(("versus", one, two), lambda: compare(one, two))

    # ---- where models err ----------------------------------------------------

    def slices(self, scored: ScoredPredictions) -> slices.Slices:
        """Groups of posts on which a model errs more than on the rest."""

        def compute() -> slices.Slices:
            ground_truth = scored.ground_truth
            vectors = self.vectors(ground_truth)
            candidates = [
                *self._groups(ground_truth),
                *error_direction(ground_truth, vectors, scored.rows, ~scored.correct),
            ]
            return slices.find(scored, candidates, vectors)

        return self._cached(("slices", scored), compute)

    def hardest(self, scored: ScoredPredictions) -> Selection:
        """The wrongly predicted posts, lowest probability of the label first."""
        rows = label_issues.hardest(scored)
        return scored.selection(rows, f"{scored.model}: wrong, hardest first")

    def rank_label_issues(self, all_scored: Sequence[ScoredPredictions]) -> tuple[LabelIssue, ...]:
        """Labels that may be wrong, the most doubtful first.

        By the held-out predictions of the models, lexicons excepted (their
        probabilities are not calibrated), and by the probe.
        """
        ground_truth = all_scored[0].ground_truth
        usable = [s for s in all_scored if s.model not in LEXICONS and s.held_out.any()]
        if all(s.model != PROBE for s in usable):
            corrected = bool(ground_truth.relabelled)
            where = ground_truth.corpus
            usable.append(
                self.predictions(PROBE, ground_truth.label, corrected=corrected, corpus=where)
            )
        return self._cached(
            ("label_issues", *usable), lambda: label_issues.rank_label_issues(usable)
        )

    def conflicts(self, ground_truth: GroundTruth) -> tuple[LabelConflict, ...]:
        """Near-duplicates whose labels differ."""
        key = ("conflicts", ground_truth)
        return self._cached(
            key, lambda: label_issues.conflicts(ground_truth, self.vectors(ground_truth))
        )

    def relabel(
        self, id_: str, label: str, value: str, corpus: str | None = None
    ) -> overlay.Relabel:
        """Correct a label, next to the corpus; the original value undoes the correction.

        Raises
        ------
        KindredError
            ``no_post`` when the post does not carry the label.
        """
        ground_truth = self.ground_truth(label, corpus=corpus)
        row = self._row(ground_truth, id_)
        was = ground_truth.classes[ground_truth.truth[row]]
        if settings().demo:
            kept = self._context.visitor_memory.write()
            return kept.relabel(ground_truth.corpus, label, id_, (was, value))
        return relabels_of(self._context, ground_truth.corpus, label).write(id_, was, value)

    def relabels(self, label: str, corpus: str | None = None) -> dict[str, overlay.Relabel]:
        """The current corrections, by post id."""
        return self._read_relabels(label, self._context.corpus(corpus).name)

    def selection(
        self, address: str, scored: ScoredPredictions, other: ScoredPredictions | None = None
    ) -> Selection:
        """The posts behind a figure, by the figure's address.

        Parameters
        ----------
        address : str
            As `backend.error_analysis.figure_address` reads it: ``wrong``,
            ``cell:positive|negative``, ``slice:author Anna``, ...
        scored : ScoredPredictions
        other : ScoredPredictions, optional
            The second of two models that are compared.

        Raises
        ------
        KindredError
            ``no_selection``.
        """
        return figure_address.resolve(address, scored, other, lambda: self.slices(scored))

    # ---- explanations --------------------------------------------------------

    def explain_post(
        self, id_: str, label: str, models: Sequence[str], corpus: str | None = None
    ) -> PostExplanation:
        """Predictions of a post from every subset of its modalities, and similar posts."""
        ground_truth = self.ground_truth(label, corpus=corpus)
        row = self._row(ground_truth, id_)
        loaded = [self._model(name, ground_truth, corpus) for name in models]
        content, vectors = self.content(id_, corpus), self.vectors(ground_truth)
        return explain_post(ground_truth, row, content, loaded, vectors)

    def content(self, id_: str, corpus: str | None = None) -> Content:
        """A post's text and decoded media.

        Raises
        ------
        KindredError
            ``no_post``, or ``unreadable`` when nothing of it can be read.
        """
        post = self._context.corpus(corpus).post(id_)
        names = ("id", "text", "title", "image", "audio", "language")
        content = self.posts(corpus).content({name: getattr(post, name) for name in names})
        if content is None:
            raise KindredError("unreadable", f"Nothing of the post {id_} can be read.")
        return content

    def posts(self, corpus: str | None = None) -> StoredReadings:
        """Decodes the posts of a corpus, and knows what was read in them."""
        return self._sources().posts(self._context.corpus(corpus))

    def explain(self, content: Content, target: str, corpus: str | None = None) -> Explanation:
        """The words, regions and seconds that support a prediction of the active bundle."""
        models = self._context.models
        (features,) = self.posts(corpus).features(models.embedder, [content])
        return models.explain(content, features, target)

    def what_if(
        self,
        contents: Sequence[Content],
        label: str,
        models: Sequence[str],
        corpus: str | None = None,
    ) -> dict[str, np.ndarray]:
        """Predict contents, such as a post before and after an edit.

        Returns
        -------
        dict of str to numpy.ndarray
            By model, ``(contents, classes)``; rows of NaN where it can read nothing.
        """
        ground_truth = self.ground_truth(label, corpus=corpus)
        return {name: self._model(name, ground_truth, corpus).predict(contents) for name in models}

    def robustness(
        self,
        models: Sequence[str],
        label: str,
        *,
        sample: int = SAMPLE,
        progress: Progress | None = None,
        corpus: str | None = None,
    ) -> tuple[AccuracyDrop, ...]:
        """The accuracy that each corruption costs each model."""
        ground_truth = self.ground_truth(label, corpus=corpus)
        content = self.posts(corpus).content
        rows = {row["id"]: row for row in ground_truth.table.to_pylist()}
        states = tuple(self._sources().state(name) for name in models)
        key = ("robustness", ground_truth, tuple(models), states, sample)

        def compute() -> tuple[AccuracyDrop, ...]:
            loaded = [self._model(name, ground_truth, corpus) for name in models]
            return robustness(
                loaded,
                ground_truth,
                lambda ids: [content(rows[i]) for i in ids],
                sample=sample,
                progress=progress,
            )

        return self._cached(key, compute)

    def robustness_known(
        self, models: Sequence[str], label: str, *, sample: int = SAMPLE, corpus: str | None = None
    ) -> bool:
        """Whether `robustness` is cached."""
        ground_truth = self.ground_truth(label, corpus=corpus)
        states = tuple(self._sources().state(name) for name in models)
        return ("robustness", ground_truth, tuple(models), states, sample) in self._cache

    # ---- a report ------------------------------------------------------------

    def report(
        self,
        models: Sequence[str],
        label: str,
        *,
        corrected: bool = False,
        sample: int = SAMPLE,
        progress: Progress | None = None,
        corpus: str | None = None,
    ) -> str:
        """The whole analysis as one self-contained HTML page."""
        from backend.error_analysis.report import write

        all_scored = [
            self.predictions(name, label, corrected=corrected, corpus=corpus) for name in models
        ]
        drops = (
            self.robustness(models, label, sample=sample, progress=progress, corpus=corpus)
            if sample
            else ()
        )
        return write(self, all_scored, drops)

    def picture(self, ground_truth: GroundTruth, id_: str) -> np.ndarray | None:
        """The first frame of a post's image; None when it has none that can be read."""
        opened = self._context.corpus(ground_truth.corpus)
        try:
            image = picture_of(opened, id_)
        except KindredError:
            return None
        return image.frames[0] if image is not None else None

    def vectors(self, ground_truth: GroundTruth) -> np.ndarray:
        """Joint vectors ``(n, dim)`` of labelled posts, rows of NaN where there is none."""
        opened = self._context.corpus(ground_truth.corpus)
        name = self._context.bundle_of(ground_truth.corpus)
        key = ("vectors", ground_truth, name)
        return self._cached(key, lambda: vectors_of(opened, name, Kind.POST, ground_truth.ids))

    # ---- internals -----------------------------------------------------------

    def _sources(self) -> ModelSources:
        models = self._context.models
        bundle = models.bundle
        return self._cached(
            ("sources", bundle.path, bundle.name, id(bundle)),
            lambda: ModelSources(self._context.home, bundle, models.embedder, self._corpora),
        )

    def _corpora(self) -> list[Corpus]:
        return openable(self._context)

    def _model(self, name: str, ground_truth: GroundTruth, corpus: str | None) -> Model:
        opened = self._context.corpus(corpus)
        key = ("model", ground_truth, name, self._sources())
        return self._cached(key, lambda: self._sources().model(name, ground_truth, opened))

    def _groups(self, ground_truth: GroundTruth) -> list[Candidate]:
        opened = self._context.corpus(ground_truth.corpus)
        return self._cached(
            ("candidates", ground_truth),
            lambda: groups(ground_truth, opened, self.vectors(ground_truth), self._context.maps),
        )

    def _read_relabels(self, label: str, corpus: str) -> dict[str, overlay.Relabel]:
        """The stored corrections; in a demo, with the visitor's own."""
        current = relabels_of(self._context, corpus, label).read()
        if settings().demo:
            kept = self._context.visitor_memory.read().relabels
            own = {key[2]: one for key, one in kept.items() if key[:2] == (corpus, label)}
            current = {**current, **own}
        return current

    def _row(self, ground_truth: GroundTruth, id_: str) -> int:
        rows = np.flatnonzero(ground_truth.ids == id_)
        if not len(rows):
            raise KindredError(
                "no_post",
                f"No post {id_!r} of {ground_truth.corpus} carries the label {ground_truth.label}.",
            )
        return int(rows[0])

    def _cached(self, key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        """A result from the cache, else computed; cached keys keep the objects in them alive."""
        result: T = self._cache.get_or_make(key, compute)
        return result
