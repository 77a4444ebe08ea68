"""The part of the facade for error analysis: models held against the labels of a corpus."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from backend.corpus import Corpus
from backend.domain import Content, Explanation, Kind, KindredError, Modality, Selection
from backend.error_analysis import (
    calibration,
    figure_address,
    figures,
    ground_truth,
    label_issues,
    regions,
    slices,
)
from backend.error_analysis import (
    relabels as overlay,
)
from backend.error_analysis.candidates import Candidate
from backend.error_analysis.comparison import ModelComparison, versus
from backend.error_analysis.explain_post import PostExplanation, why
from backend.error_analysis.ground_truth import GroundTruth, ScorableLabel
from backend.error_analysis.groups import groups
from backend.error_analysis.judgements import ScoredPredictions, score_against
from backend.error_analysis.label_issues import LabelConflict, LabelIssue
from backend.error_analysis.model_sources import PROBE, ModelSources, content_of, vectors_of
from backend.error_analysis.models import LEXICONS, Model
from backend.error_analysis.prediction_store import PredictionStore
from backend.error_analysis.robustness import SAMPLE, AccuracyDrop, Progress, robustness
from backend.media import read_media
from backend.workspace.context import WorkspaceContext

T = TypeVar("T")

MOST_MODELS = 4
_KEPT = 200  # results held in memory


class ErrorAnalysis:
    """Where models fail on a labelled corpus, why, and what to do next.

    Every method takes the name of a corpus last; the one of the settings when
    not given. `corrected` asks for the labels with their corrections.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host
        self._stored = PredictionStore(host.home / "cache" / "errors")
        self._lock = threading.RLock()
        self._known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    # ---- what there is -------------------------------------------------------

    def labels(self, corpus: str | None = None) -> tuple[ScorableLabel, ...]:
        """The labels that models can be held against; sentiment and emotion first."""
        opened = self._host.corpus(corpus)
        return self._once(("labels", opened.version), lambda: ground_truth.labels_of(opened))

    def models(self, label: str, corpus: str | None = None) -> dict[str, str]:
        """Names and titles of the models that can predict a label, the active bundle first."""
        return self._sources().names(self.labelled(label, corpus=corpus))

    def labelled(
        self, label: str, *, corrected: bool = False, corpus: str | None = None
    ) -> GroundTruth:
        """The posts that carry a label.

        Raises
        ------
        KindredError
            ``no_label``.
        """
        opened = self._host.corpus(corpus)
        changes = self._overlay(label, opened.name).read() if corrected else {}
        relabels = {id_: one.label for id_, one in changes.items()}
        key = ("labelled", opened.version, label, tuple(sorted(relabels.items())))
        return self._once(key, lambda: ground_truth.read(opened, label, relabels))

    def judged(
        self, model: str, label: str, *, corrected: bool = False, corpus: str | None = None
    ) -> ScoredPredictions:
        """A model's predictions against a label, kept on disk once they are made.

        Raises
        ------
        KindredError
            ``no_model``, ``no_label``, ``nothing_predicted``.
        """
        labelled = self.labelled(label, corrected=corrected, corpus=corpus)
        state = self._sources().state(model) if model in self.models(label, corpus) else ""

        def make() -> ScoredPredictions:
            def fresh() -> Any:
                return self._model(model, labelled, corpus).predicted(labelled)

            return score_against(labelled, self._stored.get(labelled, model, state, fresh))

        return self._once(("judged", labelled, model, state), make)

    # ---- how good ------------------------------------------------------------

    def measures(self, judged: ScoredPredictions) -> tuple[figures.Measure, ...]:
        """Accuracy, F1, area under the curve and calibration error, with intervals."""
        return self._once(("measures", judged), lambda: figures.measures(judged))

    def confusion(self, judged: ScoredPredictions) -> np.ndarray:
        """Counts ``(classes, classes)``: a row is a label, a column what was given."""
        return figures.confusion(judged)

    def by_class(self, judged: ScoredPredictions) -> tuple[figures.ClassRow, ...]:
        """Precision, recall and F1 of each class."""
        return figures.by_class(judged)

    def curve(self, judged: ScoredPredictions) -> tuple[calibration.Bin, ...]:
        """The calibration curve, which is the histogram of confidence too."""
        return calibration.curve(judged)

    def gaps(self, judged: ScoredPredictions) -> tuple[calibration.Gap, ...]:
        """Calibration error of all posts and by their modalities."""
        return self._once(("gaps", judged), lambda: calibration.gaps(judged))

    def thresholds(self, judged: ScoredPredictions) -> tuple[calibration.Threshold, ...]:
        """What it costs to answer only from some confidence on."""
        return self._once(("thresholds", judged), lambda: calibration.thresholds(judged))

    def versus(self, one: ScoredPredictions, two: ScoredPredictions) -> ModelComparison:
        """Two models on the same posts, with McNemar's test."""
        return self._once(("versus", one, two), lambda: versus(one, two))

    # ---- where ---------------------------------------------------------------

    def slices(self, judged: ScoredPredictions) -> slices.Slices:
        """Groups of posts on which a model does worse than on the rest."""

        def make() -> slices.Slices:
            labelled = judged.labelled
            vectors = self.vectors(labelled)
            some = [
                *self._candidates(labelled),
                *regions.sought(labelled, vectors, judged.rows, ~judged.right),
            ]
            return slices.find(judged, some, vectors)

        return self._once(("slices", judged), make)

    def hardest(self, judged: ScoredPredictions) -> Selection:
        """The wrongly judged posts, those with least probability on their label first."""
        places = label_issues.hardest(judged)
        return judged.selection(places, f"{judged.model}: wrong, hardest first")

    def suspects(self, judgements: Sequence[ScoredPredictions]) -> tuple[LabelIssue, ...]:
        """Posts by how much their label is to be doubted, the most doubtful first.

        Judged by those of the models whose probabilities are calibrated and held
        out, and by the probe.
        """
        labelled = judgements[0].labelled
        some = [j for j in judgements if j.model not in LEXICONS and j.held_out.any()]
        if all(j.model != PROBE for j in some):
            corrected = bool(labelled.relabelled)
            where = labelled.corpus
            some.append(self.judged(PROBE, labelled.label, corrected=corrected, corpus=where))
        return self._once(("suspects", *some), lambda: label_issues.suspects(some))

    def conflicts(self, labelled: GroundTruth) -> tuple[LabelConflict, ...]:
        """Near-duplicates whose labels differ."""
        key = ("conflicts", labelled)
        return self._once(key, lambda: label_issues.conflicts(labelled, self.vectors(labelled)))

    def relabel(
        self, id_: str, label: str, value: str, corpus: str | None = None
    ) -> overlay.Relabel:
        """Correct a label, beside the corpus; the source's own value takes that back.

        Raises
        ------
        KindredError
            ``no_post`` when the post does not carry the label.
        """
        labelled = self.labelled(label, corpus=corpus)
        place = self._place(labelled, id_)
        was = labelled.classes[labelled.truth[place]]
        return self._overlay(label, labelled.corpus).write(id_, was, value)

    def relabels(self, label: str, corpus: str | None = None) -> dict[str, overlay.Relabel]:
        """The corrections that hold, by post id."""
        return self._overlay(label, self._host.corpus(corpus).name).read()

    def selection(
        self, address: str, judged: ScoredPredictions, other: ScoredPredictions | None = None
    ) -> Selection:
        """The posts behind a figure, by the figure's address.

        Parameters
        ----------
        address : str
            As `backend.error_analysis.figure_address` reads it: ``wrong``,
            ``cell:positive|negative``, ``slice:author Anna``, ...
        judged : ScoredPredictions
        other : ScoredPredictions, optional
            The second of two models that are compared.

        Raises
        ------
        KindredError
            ``no_selection``.
        """
        return figure_address.resolve(address, judged, other, lambda: self.slices(judged))

    # ---- why, and what if ----------------------------------------------------

    def why(
        self, id_: str, label: str, models: Sequence[str], corpus: str | None = None
    ) -> PostExplanation:
        """A post from every subset of its modalities, and its labelled kin."""
        labelled = self.labelled(label, corpus=corpus)
        place = self._place(labelled, id_)
        some = [self._model(name, labelled, corpus) for name in models]
        return why(labelled, place, self.content(id_, corpus), some, self.vectors(labelled))

    def content(self, id_: str, corpus: str | None = None) -> Content:
        """A post's words and media, decoded.

        Raises
        ------
        KindredError
            ``no_post``, or ``unreadable`` when nothing of it can be read.
        """
        opened = self._host.corpus(corpus)
        post = opened.post(id_)
        row = {name: getattr(post, name) for name in ("text", "title", "image", "audio")}
        content = content_of(opened, row)
        if content is None:
            raise KindredError("unreadable", f"Nothing of the post {id_} can be read.")
        return content

    def explain(self, content: Content, target: str | None = None) -> Explanation:
        """Which words, regions and seconds speak for a prediction of the active bundle."""
        from backend.affect.explain import explain

        features = self._host.embedder.features([content])[0]
        return explain(self._host.affect, content, features, self._host.embedder, target)

    def what_if(
        self,
        contents: Sequence[Content],
        label: str,
        models: Sequence[str],
        corpus: str | None = None,
    ) -> dict[str, np.ndarray]:
        """Predict posts as they are and as they might be.

        Returns
        -------
        dict of str to numpy.ndarray
            By model, ``(contents, classes)``; rows of NaN where it can read nothing.
        """
        labelled = self.labelled(label, corpus=corpus)
        return {name: self._model(name, labelled, corpus).predict(contents) for name in models}

    def robustness(
        self,
        models: Sequence[str],
        label: str,
        *,
        sample: int = SAMPLE,
        progress: Progress | None = None,
        corpus: str | None = None,
    ) -> tuple[AccuracyDrop, ...]:
        """What it costs each model when something happens to the posts."""
        labelled = self.labelled(label, corpus=corpus)
        opened = self._host.corpus(corpus)
        rows = {row["id"]: row for row in labelled.table.to_pylist()}
        states = tuple(self._sources().state(name) for name in models)
        key = ("robustness", labelled, tuple(models), states, sample)

        def make() -> tuple[AccuracyDrop, ...]:
            some = [self._model(name, labelled, corpus) for name in models]
            return robustness(
                some,
                labelled,
                lambda ids: [content_of(opened, rows[i]) for i in ids],
                sample=sample,
                progress=progress,
            )

        return self._once(key, make)

    def robustness_known(
        self, models: Sequence[str], label: str, *, sample: int = SAMPLE, corpus: str | None = None
    ) -> bool:
        """Whether `robustness` would answer at once."""
        labelled = self.labelled(label, corpus=corpus)
        states = tuple(self._sources().state(name) for name in models)
        with self._lock:
            return ("robustness", labelled, tuple(models), states, sample) in self._known

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
        """All of it as one HTML page that needs nothing else."""
        from backend.error_analysis.report import write

        judgements = [
            self.judged(name, label, corrected=corrected, corpus=corpus) for name in models
        ]
        drops = (
            self.robustness(models, label, sample=sample, progress=progress, corpus=corpus)
            if sample
            else ()
        )
        return write(self, judgements, drops)

    def picture(self, labelled: GroundTruth, id_: str) -> bytes | None:
        """A post's image, small, as WebP; None when it has none that can be read."""
        from backend.error_analysis.report_parts import small

        opened = self._host.corpus(labelled.corpus)
        try:
            image = read_media(opened.media_of(id_, Modality.IMAGE))[0]
        except KindredError:
            return None
        return small(image.frames[0]) if image is not None else None

    def vectors(self, labelled: GroundTruth) -> np.ndarray:
        """Joint vectors ``(n, dim)`` of labelled posts, rows of NaN where there is none."""
        opened = self._host.corpus(labelled.corpus)
        name = self._host.bundle.name
        key = ("vectors", labelled, name)
        return self._once(key, lambda: vectors_of(opened, name, Kind.POST, labelled.ids))

    # ---- within --------------------------------------------------------------

    def _sources(self) -> ModelSources:
        bundle = self._host.bundle
        return self._once(
            ("sources", bundle.path, bundle.name, id(bundle)),
            lambda: ModelSources(self._host.home, bundle, self._host.embedder, self._corpora),
        )

    def _corpora(self) -> list[Corpus]:
        return [self._host.corpus(name) for name in self._host.corpora()]

    def _model(self, name: str, labelled: GroundTruth, corpus: str | None) -> Model:
        opened = self._host.corpus(corpus)
        key = ("model", labelled, name, self._sources())
        return self._once(key, lambda: self._sources().model(name, labelled, opened))

    def _candidates(self, labelled: GroundTruth) -> list[Candidate]:
        opened = self._host.corpus(labelled.corpus)
        return self._once(
            ("candidates", labelled),
            lambda: groups(labelled, opened, self.vectors(labelled), self._host.maps),
        )

    def _overlay(self, label: str, corpus: str) -> overlay.Relabels:
        return overlay.Relabels(self._host.home / "relabels", corpus, label)

    def _place(self, labelled: GroundTruth, id_: str) -> int:
        found = np.flatnonzero(labelled.ids == id_)
        if not len(found):
            raise KindredError(
                "no_post",
                f"No post {id_!r} of {labelled.corpus} carries the label {labelled.label}.",
            )
        return int(found[0])

    def _once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """A result, made once; keys name objects that results keep alive."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key][1]
        made = make()
        with self._lock:
            self._known[key] = (key, made)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return made
