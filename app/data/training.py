"""What the address of the Train page asks for, and the answers of a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app.data import url_state
from app.data.session import corpus, workspace
from backend.classifiers import BUDGETS, MODELS, ModelInfo, TrainableLabel
from backend.domain import Content

# Ticked if the address names no models: these train within about a minute.
FIRST = ("text-encoder", "n-grams", "image-encoder", "late-fusion", "commonspacefusion")


@dataclass(frozen=True)
class TrainPageState:
    """What the address asks to train.

    Attributes
    ----------
    label : TrainableLabel
    labels : sequence of TrainableLabel
        Labels of the corpus that can be trained on.
    others : sequence of TrainableLabel
        Labels that cannot.
    models : tuple of ModelInfo
        Chosen models, all of which can be trained.
    unfit : mapping of str to str
        Models that cannot be trained on this label, with the reason.
    budget : str
    problems : tuple of str
        What the address asks for and cannot be done, a sentence each.
    """

    label: TrainableLabel
    labels: Sequence[TrainableLabel]
    others: Sequence[TrainableLabel]
    models: tuple[ModelInfo, ...]
    unfit: Mapping[str, str]
    budget: str
    problems: tuple[str, ...] = ()


def labels() -> tuple[Sequence[TrainableLabel], Sequence[TrainableLabel]]:
    """Return the labels of the corpus that can be trained on, and those that cannot."""
    every = workspace().training.labels(corpus())
    return [label for label in every if not label.problem], [x for x in every if x.problem]


def requested() -> TrainPageState | None:
    """Read the address; None if no label of the corpus can be trained on."""
    usable, others = labels()
    if not usable:
        return None
    problems = []
    name, by_name = url_state.get("label"), {label.name: label for label in usable}
    if name and name not in by_name:
        reasons = {label.name: label.problem for label in others}
        problems.append(reasons.get(name) or f"This corpus has no label “{name[:60]}”.")
    label = by_name.get(name, usable[0])
    unfit = workspace().training.problems(label)
    by_key = {model.key: model for model in MODELS}
    keys = [key for key in url_state.get("models").split(",") if key]
    if keys == ["none"]:  # the visitor unticked the last one
        wanted = []
    else:
        wanted = [by_key[key] for key in keys or FIRST if key in by_key]
        problems += [f"There is no model “{key[:60]}”." for key in keys if key not in by_key]
        problems += [unfit[model.name] for model in wanted if keys and model.name in unfit]
    models = tuple(m for m in MODELS if m in wanted and m.name not in unfit)
    budget = url_state.get("budget") if url_state.get("budget") in BUDGETS else "quick"
    return TrainPageState(label, usable, others, models, unfit, budget, tuple(problems))


@st.cache_data(max_entries=200, show_spinner=False)
def answer(
    _content: Content, text: str, image: str, sound: str, bundle: str
) -> tuple[str, str, dict[str, float]] | None:
    """Return label, model and probability of each class from the active bundle's classifier.

    None if the bundle has no classifier. The other arguments are only the cache key.
    """
    return workspace().training.classify(_content)
