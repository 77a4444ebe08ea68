"""Error analysis as the page sees it: what the address asks for, judged once for all visitors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.data import url_state
from app.data.session import corpus, workspace
from backend.core.urls import parse_int
from backend.domain import Kind, KindredError, Selection
from backend.error_analysis import GroundTruth, ScorableLabel, ScoredPredictions, ground_truth
from backend.workspace.error_analysis import MOST_MODELS, ErrorAnalysis

LABELS = {
    "doubted": "probably wrong labels",
    "doubtable": "all by how much their label is to be doubted",
    "corrected": "corrected labels",
    "twins": "near-duplicates with different labels",
}
SHOWN = 2  # models that are chosen when the address names none


def errors() -> ErrorAnalysis:
    """The part of the facade that holds models against labels."""
    return workspace().error_analysis


@dataclass(frozen=True)
class ErrorPageState:
    """What the address asks to see.

    Attributes
    ----------
    label : str
    labels : sequence of ScorableLabel
        That there are.
    models : tuple of str
        Chosen, the one that is looked at first.
    titles : mapping of str to str
        Of all models that there are.
    corrected : bool
    """

    label: str
    labels: Sequence[ScorableLabel]
    models: tuple[str, ...]
    titles: Mapping[str, str]
    corrected: bool

    @property
    def labelled(self) -> GroundTruth:
        """The labelled posts."""
        return errors().labelled(self.label, corrected=self.corrected, corpus=corpus())

    def judged(self, model: str | None = None) -> ScoredPredictions:
        """The posts with a model's predictions; of the first model when not given."""
        name = model or self.models[0]
        return errors().judged(name, self.label, corrected=self.corrected, corpus=corpus())

    def judgements(self) -> list[ScoredPredictions]:
        """Of all chosen models."""
        return [self.judged(name) for name in self.models]


def asked() -> ErrorPageState | None:
    """Read the address; None when the corpus has no labels."""
    labels = errors().labels(corpus())
    if not labels:
        return None
    names = [info.name for info in labels]
    label = url_state.get("label") if url_state.get("label") in names else names[0]
    titles = errors().models(label, corpus())
    wanted = [name for name in url_state.get("models").split(",") if name in titles]
    models = list(dict.fromkeys(wanted))[:MOST_MODELS] or list(titles)[:SHOWN]
    on = url_state.get("on")
    if on in models:
        models.sort(key=lambda name: name != on)
    return ErrorPageState(
        label, labels, tuple(models), titles, url_state.get("labels") == "corrected"
    )


def lacking() -> tuple[str, ...]:
    """What each label of the corpus lacks that models cannot be held against."""
    return ground_truth.lacking(workspace().corpus(corpus()))


def behind(of: ErrorPageState, address: str) -> Selection:
    """The posts behind a figure of the model that is looked at.

    Raises
    ------
    KindredError
        ``no_selection``.
    """
    how, _, what = address.partition(":")
    if how in LABELS:
        return _labels(of, how, what)
    if address.startswith("of:"):
        _, model, address = address.split(":", 2)
        if model not in of.models:
            raise KindredError("no_selection", f"The model {model!r} is not among those chosen.")
        return errors().selection(address, of.judged(model))
    if address.startswith("drop:"):
        return _spoilt(of, what)
    if address.startswith("pair:"):
        _, other, how = address.split(":", 2)
        if other not in of.models[1:]:
            raise KindredError("no_selection", f"The model {other!r} is not among those chosen.")
        return errors().selection(how, of.judged(), of.judged(other))
    return errors().selection(address, of.judged())


def model_of(of: ErrorPageState, address: str) -> str:
    """The model whose figure an address names."""
    how, _, what = address.partition(":")
    ends = {"of": ":", "drop": "|"}
    model = what.partition(ends[how])[0] if how in ends else of.models[0]
    return model if model in of.models else of.models[0]


def _labels(of: ErrorPageState, how: str, what: str) -> Selection:
    """``doubted``, ``doubtable``, ``corrected``; ``twins``, or one pair of them: ``twins:I``."""
    if how == "corrected":
        ids = tuple(errors().relabels(of.label, corpus()))
    elif how == "twins":
        pairs = errors().conflicts(of.labelled)
        if what:
            which = parse_int(what)
            pairs = () if which is None else pairs[which:][:1]
        ids = tuple(id_ for pair in pairs for id_ in pair.ids)
        if what and not ids:
            raise KindredError("no_selection", f"There is no pair {what[:9]!r} of near-duplicates.")
    else:
        some = errors().suspects(of.judgements())
        ids = tuple(one.id for one in some if one.flagged or how == "doubtable")
    return Selection(Kind.POST, ids, f"{of.label}: {LABELS[how]}", of.labelled.corpus)


def _spoilt(of: ErrorPageState, what: str) -> Selection:
    """``MODEL|NOISE|SET`` as `backend.error_analysis.robustness.SETS` has them."""
    model, noise, which = (*what.split("|"), "", "")[:3]
    if errors().robustness_known(of.models, of.label, corpus=corpus()):
        for drop in errors().robustness(of.models, of.label, corpus=corpus()):
            if (drop.model, drop.noise) == (model, noise) and which in drop.posts:
                return drop.posts[which]
    raise KindredError("no_selection", "Measure robustness first; then its posts can be opened.")
