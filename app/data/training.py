"""Trainings of the one workspace, as the pages see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.data import url_state
from app.data.session import corpus, workspace
from backend.classifiers import (
    ACTIVE,
    BUDGETS,
    MODELS,
    EpochPoint,
    Job,
    ModelInfo,
    State,
    TrainableLabel,
)
from backend.domain import KindredError

if TYPE_CHECKING:
    from backend.domain import Content
    from backend.workspace.training import Training

# What is ticked when the address names nothing: it ends within about a minute.
FIRST = ("text-encoder", "n-grams", "image-encoder", "late-fusion", "commonspacefusion")


def trainer() -> Training:
    """The part of the facade that trains."""
    return workspace().training


@dataclass(frozen=True)
class TrainPageState:
    """What the address asks to train.

    Attributes
    ----------
    label : TrainableLabel
    labels : sequence of TrainableLabel
        Those that can be trained on.
    others : sequence of TrainableLabel
        Those that cannot.
    models : tuple of ModelInfo
        Chosen, all of which can be trained.
    unfit : mapping of str to str
        Models that cannot be trained on this label, with the reason.
    budget : str
    told : tuple of str
        What of the address cannot be done, a sentence each.
    """

    label: TrainableLabel
    labels: Sequence[TrainableLabel]
    others: Sequence[TrainableLabel]
    models: tuple[ModelInfo, ...]
    unfit: Mapping[str, str]
    budget: str
    told: tuple[str, ...] = ()


def labels() -> tuple[Sequence[TrainableLabel], Sequence[TrainableLabel]]:
    """The labels of the corpus: those that can be trained on, and those that cannot."""
    found = trainer().labels(corpus())
    return [i for i in found if not i.problem], [i for i in found if i.problem]


def asked() -> TrainPageState | None:
    """Read the address; None when no label of the corpus can be trained on."""
    usable, others = labels()
    if not usable:
        return None
    told = []
    name, known = url_state.get("label"), {i.name: i for i in usable}
    if name and name not in known:
        problems = {i.name: i.problem for i in others}
        told.append(problems.get(name) or f"This corpus has no label “{name[:60]}”.")
    label = known.get(name, usable[0])
    unfit = trainer().problems(label)
    keys = {m.key: m for m in MODELS}
    named = [key for key in url_state.get("models").split(",") if key]
    nothing = named == ["none"]  # somebody unticked the last one
    named = [] if nothing else named
    wanted = [keys[key] for key in named if key in keys]
    told += [f"There is no model “{key[:60]}”." for key in named if key not in keys]
    told += [unfit[m.name] for m in wanted if m.name in unfit]
    if not named and not nothing:
        wanted = [keys[key] for key in FIRST]
    chosen = tuple(m for m in MODELS if m in wanted and m.name not in unfit)
    budget = url_state.get("budget") if url_state.get("budget") in BUDGETS else "quick"
    return TrainPageState(label, usable, others, chosen, unfit, budget, tuple(told))


def begin(of: TrainPageState) -> Job:
    """Train what is asked for, in the background.

    Raises
    ------
    KindredError
        When it cannot be trained, with the reason.
    """
    names = [m.name for m in of.models]
    request = trainer().request(corpus(), of.label.name, names, of.budget)
    job = trainer().runs.plan(request)
    trainer().runs.start(job)
    return job


def jobs() -> list[tuple[Job, State]]:
    """All trainings, newest first."""
    return trainer().runs.jobs()


def found(id: str) -> tuple[Job, State] | None:
    """A training and how far it is; None when it is not here any more."""
    try:
        job = trainer().runs.job(id)
    except KindredError:
        return None
    return job, trainer().runs.state(job)


def ahead(of: State) -> int:
    """How many trainings come before one that waits."""
    states = [now for _, now in jobs()]
    earlier = sum(now.stage == "waiting" and now.queued < of.queued for now in states)
    return earlier + sum(now.stage in ACTIVE and now.stage != "waiting" for now in states)


def pause(id: str) -> None:
    """Stop a training for now."""
    trainer().runs.pause(id)


def resume(id: str) -> None:
    """Go on with a training."""
    trainer().runs.resume(id)


def cancel(id: str) -> None:
    """Forget a training, finished or not."""
    trainer().runs.cancel(id)


def use(name: str | None) -> None:
    """Make a trained bundle the active one; None goes back."""
    trainer().use(name)


@st.cache_data(max_entries=200, show_spinner=False)
def answer(
    _given: Content, text: str, image: str, sound: str, bundle: str
) -> tuple[str, str, dict[str, float]] | None:
    """What the classifier of the bundle in use says of a post; None when it has none.

    Parameters
    ----------
    _given : Content
        What the next three name.
    text, image, sound : str
    bundle : str
        Another bundle, another answer.
    """
    return trainer().answer(_given)


def stepless(job: Job, curves: Sequence[EpochPoint]) -> list[str]:
    """Models of a training that have no curve, being fitted in one step."""
    drawn = {point.model for point in curves}
    return [m.name for m in MODELS if m.name in job.request.models and not m.epochs
            and m.name not in drawn]  # fmt: skip


__all__ = ["ACTIVE", "BUDGETS", "MODELS"]
