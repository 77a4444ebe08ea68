"""Addresses of figures: each names the set of posts behind a figure.

``all``, ``right``, ``wrong``, ``hardest``; ``labelled``, ``unread`` and ``with:MODALITY``,
which include posts that the model cannot read; ``class:NAME``, ``given:NAME``,
``missed:NAME``, ``mistaken:NAME``; ``cell:LABEL|GIVEN``; ``bin:I`` and
``binwrong:I`` of the calibration curve; ``answered:T``,
``answeredwrong:T`` and ``answeredright:T`` at a threshold, and ``withheld:T`` below it, of
which ``spared:T`` are wrong and ``lost:T`` are correct;
``modalities:image+text``; ``slice:NAME``, ``slicewrong:NAME`` and ``rest:NAME``, all
other posts. Of two models: ``shared``, ``only first``, ``only second``, ``both right``,
``both wrong``, ``differ``, and ``gives:ONE|OTHER``, the class that each predicts.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np

from backend.core.urls import parse_int
from backend.domain import Kind, KindredError, Modality, Selection
from backend.error_analysis import confidence, label_issues
from backend.error_analysis.comparison import masks
from backend.error_analysis.model_names import display_name
from backend.error_analysis.predictions import ScoredPredictions, same_posts
from backend.error_analysis.slices import Slices

PAIR_KINDS = ("only first", "only second", "both right", "both wrong", "differ", "shared", "gives")
_THRESHOLDS = ("withheld", "answered", "answeredwrong", "answeredright", "spared", "lost")


def resolve(
    address: str,
    scored: ScoredPredictions,
    other: ScoredPredictions | None,
    find_slices: Callable[[], Slices],
) -> Selection:
    """As `backend.workspace.error_analysis.ErrorAnalysis.selection`.

    Parameters
    ----------
    address : str
    scored : ScoredPredictions
    other : ScoredPredictions or None
    find_slices : callable
        Return the slices, which take a moment to find.
    """
    kind, _, value = address.partition(":")
    title = f"{display_name(scored.model)} on {scored.ground_truth.label}"
    if kind in PAIR_KINDS and other is not None:
        return _pair(kind, value, scored, other)
    if (kind in ("labelled", "unread") and not value) or (
        kind == "with" and value in set(Modality)
    ):
        return _labelled(kind, value, scored, title)
    if kind in ("slice", "slicewrong", "rest"):
        return _slice(kind, value, scored, find_slices(), title)
    if kind == "hardest":
        return scored.selection(label_issues.hardest(scored), f"{title}: wrong, hardest first")
    resolved = _mask(kind, value, scored)
    if resolved is None:
        raise KindredError("no_selection", f"This link does not lead to any posts: {address!r}.")
    mask, description = resolved
    return scored.selection(mask, f"{title}: {description}")


def _mask(kind: str, value: str, scored: ScoredPredictions) -> tuple[np.ndarray, str] | None:
    if kind in ("all", "right", "wrong"):
        everything = np.ones(len(scored), dtype=bool)
        masks = {"all": everything, "right": scored.correct, "wrong": ~scored.correct}
        return masks[kind], {"all": "all posts", "right": "correct"}.get(kind, kind)
    if kind == "cell":
        label, _, predicted = value.partition("|")
        if label in scored.classes and predicted in scored.classes:
            row, column = scored.classes.index(label), scored.classes.index(predicted)
            mask = (scored.truth == row) & (scored.predicted == column)
            return mask, f"{label} predicted as {predicted}"
    if kind in ("class", "given", "missed", "mistaken") and value in scored.classes:
        k = scored.classes.index(value)
        labelled, predicted_k = scored.truth == k, scored.predicted == k
        return {
            "class": (labelled, f"labelled {value}"),
            "given": (predicted_k, f"predicted as {value}"),
            "missed": (labelled & ~predicted_k, f"labelled {value}, predicted as another class"),
            "mistaken": (predicted_k & ~labelled, f"predicted as {value}, labelled otherwise"),
        }[kind]
    if kind in ("bin", "binwrong") and (number := parse_int(value)) is not None:
        mask = confidence.bin_of(scored) == number
        mask = mask & ~scored.correct if kind == "binwrong" else mask
        low = number * 10
        return mask, f"confidence {low} to {low + 10} %" + (", wrong" * (kind == "binwrong"))
    if kind in _THRESHOLDS:
        return _threshold(kind, value, scored)
    if kind == "modalities":
        return confidence.modalities(scored) == value, f"posts with {value}"
    return None


def _threshold(kind: str, value: str, scored: ScoredPredictions) -> tuple[np.ndarray, str] | None:
    try:
        at = float(value)
    except ValueError:
        return None
    answered = confidence.answered(scored, at)
    return {
        "withheld": (~answered, f"confidence below {at:.0%}"),
        "spared": (~answered & ~scored.correct, f"wrong, withheld below {at:.0%}"),
        "lost": (~answered & scored.correct, f"correct, withheld below {at:.0%}"),
        "answered": (answered, f"confidence of {at:.0%} or more"),
        "answeredwrong": (answered & ~scored.correct, f"wrong at a confidence of {at:.0%} or more"),
        "answeredright": (
            answered & scored.correct,
            f"correct at a confidence of {at:.0%} or more",
        ),
    }[kind]


def _slice(
    kind: str, value: str, scored: ScoredPredictions, found: Slices, title: str
) -> Selection:
    for one in found.slices:
        if one.name == value:
            if kind == "rest":
                return _rest(one.ids, scored, f"{title}: all but {value}, errors first")
            ids = one.ids[: one.errors] if kind == "slicewrong" else one.ids
            description = f"{title}: {value}" + (
                ", wrong" if kind == "slicewrong" else ", errors first"
            )
            return Selection(Kind.POST, ids, description, scored.ground_truth.corpus)
    raise KindredError("no_selection", f"No slice is named {value!r}.")


def _rest(ids: tuple[str, ...], scored: ScoredPredictions, description: str) -> Selection:
    others = ~np.isin(scored.ids, ids)
    parts = (scored.ids[others & ~scored.correct], scored.ids[others & scored.correct])
    return Selection(Kind.POST, tuple(chain(*parts)), description, scored.ground_truth.corpus)


def _labelled(kind: str, value: str, scored: ScoredPredictions, title: str) -> Selection:
    ground_truth = scored.ground_truth
    mask, description = (
        np.ones(len(ground_truth), dtype=bool),
        f"{ground_truth.label}: all labelled posts",
    )
    if kind == "unread":
        mask[scored.rows] = False
        description = f"{title}: posts that it cannot read"
    elif kind == "with":
        mask = np.array([bool(item) for item in ground_truth.table[value].to_pylist()])
        description = f"{ground_truth.label}: labelled posts with {value}"
    return Selection(Kind.POST, tuple(ground_truth.ids[mask]), description, ground_truth.corpus)


def _pair(kind: str, value: str, scored: ScoredPredictions, other: ScoredPredictions) -> Selection:
    one, two = same_posts(scored, other)
    label = scored.ground_truth.label
    first, second = display_name(scored.model), display_name(other.model)
    if kind == "gives":
        by_first, _, by_second = value.partition("|")
        if by_first not in one.classes or by_second not in one.classes:
            raise KindredError("no_selection", f"No class is named {by_first!r} or {by_second!r}.")
        mask = one.predicted == one.classes.index(by_first)
        mask = mask & (two.predicted == one.classes.index(by_second))
        return one.selection(mask, f"{label}: {first} says {by_first}, {second} {by_second}")
    if kind == "shared":
        mask = np.ones(len(one), dtype=bool)
        return one.selection(mask, f"{label}: posts that {first} and {second} can read")
    description = kind.replace("first", first).replace("second", second)
    description = description.replace("right", "correct")
    description += " correct" if kind.startswith("only") else ""
    return one.selection(masks(one, two)[kind], f"{label}: {description}")
