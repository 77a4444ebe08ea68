"""Error analysis for the Errors page: what its address asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.data import url_state
from app.data.session import corpus, workspace
from backend.core.urls import parse_int
from backend.domain import Kind, KindredError, Selection
from backend.error_analysis import GroundTruth, ScorableLabel, ScoredPredictions
from backend.error_analysis.ground_truth import unusable_labels
from backend.workspace.error_analysis import MAX_MODELS, ErrorAnalysis

LABELS = {
    "doubted": "probably wrong labels",
    "doubtable": "all labels, the most doubtful first",
    "corrected": "corrected labels",
    "twins": "near-duplicates with different labels",
}
SHOWN = 2  # models when the address names none


def errors() -> ErrorAnalysis:
    """Error analysis of the workspace."""
    return workspace().error_analysis


@dataclass(frozen=True)
class ErrorPageState:
    """What the address of the page asks for.

    Attributes
    ----------
    label : str
    labels : sequence of ScorableLabel
        Of the corpus.
    models : tuple of str
        The chosen ones; the first is the one that most views show.
    titles : mapping of str to str
        Of all models, by name.
    corrected : bool
    """

    label: str
    labels: Sequence[ScorableLabel]
    models: tuple[str, ...]
    titles: Mapping[str, str]
    corrected: bool

    @property
    def ground_truth(self) -> GroundTruth:
        """The labelled posts."""
        return errors().ground_truth(self.label, corrected=self.corrected, corpus=corpus())

    def predictions(self, model: str | None = None) -> ScoredPredictions:
        """Scored predictions of a model, by default of the first."""
        name = model or self.models[0]
        return errors().predictions(name, self.label, corrected=self.corrected, corpus=corpus())

    def all_predictions(self) -> list[ScoredPredictions]:
        """Scored predictions of all chosen models."""
        return [self.predictions(name) for name in self.models]


def read_state() -> ErrorPageState | None:
    """Read the address; None when the corpus has no label to score models against."""
    labels = errors().labels(corpus())
    if not labels:
        return None
    names = [info.name for info in labels]
    label = url_state.get("label") if url_state.get("label") in names else names[0]
    titles = errors().models(label, corpus())
    wanted = [name for name in url_state.get("models").split(",") if name in titles]
    models = list(dict.fromkeys(wanted))[:MAX_MODELS] or list(titles)[:SHOWN]
    on = url_state.get("on")
    if on in models:
        models.sort(key=lambda name: name != on)
    return ErrorPageState(
        label, labels, tuple(models), titles, url_state.get("labels") == "corrected"
    )


def unusable() -> tuple[str, ...]:
    """Why each label of the corpus cannot be used, a line each."""
    return unusable_labels(workspace().corpus(corpus()))


def selected_posts(state: ErrorPageState, address: str) -> Selection:
    """The posts behind a figure, by the figure's address.

    Raises
    ------
    KindredError
        ``no_selection``.
    """
    kind, _, value = address.partition(":")
    if kind in LABELS:
        return _labels(state, kind, value)
    if address.startswith("of:"):
        _, model, address = address.split(":", 2)
        if model not in state.models:
            raise KindredError("no_selection", f"The model {model!r} is not among those chosen.")
        return errors().selection(address, state.predictions(model))
    if address.startswith("drop:"):
        return _corrupted(state, value)
    if address.startswith("pair:"):
        _, other, kind = address.split(":", 2)
        if other not in state.models[1:]:
            raise KindredError("no_selection", f"The model {other!r} is not among those chosen.")
        return errors().selection(kind, state.predictions(), state.predictions(other))
    return errors().selection(address, state.predictions())


def model_of(state: ErrorPageState, address: str) -> str:
    """The model whose figure an address names."""
    kind, _, value = address.partition(":")
    separators = {"of": ":", "drop": "|"}
    model = value.partition(separators[kind])[0] if kind in separators else state.models[0]
    return model if model in state.models else state.models[0]


def _labels(state: ErrorPageState, kind: str, value: str) -> Selection:
    """Open the posts of a key of `LABELS`; ``twins:I`` is one pair of near-duplicates."""
    if kind == "corrected":
        ids = tuple(errors().relabels(state.label, corpus()))
    elif kind == "twins":
        pairs = errors().conflicts(state.ground_truth)
        if value:
            which = parse_int(value)
            pairs = () if which is None else pairs[which:][:1]
        ids = tuple(id_ for pair in pairs for id_ in pair.ids)
        if value and not ids:
            raise KindredError(
                "no_selection", f"No pair of near-duplicates has the number {value[:9]!r}."
            )
    else:
        issues = errors().rank_label_issues(state.all_predictions())
        ids = tuple(issue.id for issue in issues if issue.flagged or kind == "doubtable")
    return Selection(Kind.POST, ids, f"{state.label}: {LABELS[kind]}", state.ground_truth.corpus)


def _corrupted(state: ErrorPageState, value: str) -> Selection:
    """Open ``MODEL|CORRUPTION|SET``, where SET is a key of `AccuracyDrop.posts`."""
    model, corruption, name = (*value.split("|"), "", "")[:3]
    if errors().robustness_known(state.models, state.label, corpus=corpus()):
        for drop in errors().robustness(state.models, state.label, corpus=corpus()):
            if (drop.model, drop.corruption) == (model, corruption) and name in drop.posts:
                return drop.posts[name]
    raise KindredError("no_selection", "Measure robustness first to open its posts.")
