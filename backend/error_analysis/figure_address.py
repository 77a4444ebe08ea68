"""Every figure has an address, and every address is a set of posts.

``all``, ``right``, ``wrong``, ``hardest``; ``labelled``, ``unread`` and ``with:MODALITY``,
which count posts that the model cannot read, too; ``class:NAME``, ``given:NAME``,
``missed:NAME``, ``mistaken:NAME``; ``cell:LABEL|GIVEN``; ``bin:I`` and
``binwrong:I`` of the calibration curve; ``answered:T``,
``answeredwrong:T`` and ``answeredright:T`` of a threshold, ``withheld:T`` and of these
``spared:T`` (wrong) and ``lost:T`` (right);
``modalities:image+text``; ``slice:NAME``, ``slicewrong:NAME`` and ``rest:NAME``, all
other posts; of two models ``shared``, ``only first``, ``only second``, ``both right``,
``both wrong``, ``differ``, and ``gives:ONE|OTHER`` for what each gives.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np

from backend.core.urls import parse_int
from backend.domain import Kind, KindredError, Modality, Selection
from backend.error_analysis import calibration, label_issues
from backend.error_analysis.comparison import masks
from backend.error_analysis.judgements import ScoredPredictions, same_posts
from backend.error_analysis.model_names import called
from backend.error_analysis.slices import Slices

TWO = ("only first", "only second", "both right", "both wrong", "differ", "shared", "gives")
_AT = ("withheld", "answered", "answeredwrong", "answeredright", "spared", "lost")


def resolve(
    address: str,
    judged: ScoredPredictions,
    other: ScoredPredictions | None,
    found: Callable[[], Slices],
) -> Selection:
    """As `backend.workspace.error_analysis.ErrorAnalysis.selection`.

    Parameters
    ----------
    address : str
    judged : ScoredPredictions
    other : ScoredPredictions or None
    found : callable
        The slices, which take a moment to find.

    Returns
    -------
    Selection
    """
    how, _, what = address.partition(":")
    who = f"{called(judged.model)} on {judged.labelled.label}"
    if how in TWO and other is not None:
        return _of_two(how, what, judged, other)
    if (how in ("labelled", "unread") and not what) or (how == "with" and what in set(Modality)):
        return _labelled(how, what, judged, who)
    if how in ("slice", "slicewrong", "rest"):
        return _slice(how, what, judged, found(), who)
    if how == "hardest":
        return judged.selection(label_issues.hardest(judged), f"{who}: wrong, hardest first")
    made = _mask(how, what, judged)
    if made is None:
        raise KindredError("no_selection", f"The address {address!r} names no posts.")
    mask, said = made
    return judged.selection(mask, f"{who}: {said}")


def _mask(how: str, what: str, judged: ScoredPredictions) -> tuple[np.ndarray, str] | None:
    if how in ("all", "right", "wrong"):
        every = np.ones(len(judged), dtype=bool)
        masks = {"all": every, "right": judged.right, "wrong": ~judged.right}
        return masks[how], "all posts" if how == "all" else how
    if how == "cell":
        label, _, given = what.partition("|")
        if label in judged.classes and given in judged.classes:
            row, column = judged.classes.index(label), judged.classes.index(given)
            return (judged.truth == row) & (judged.guess == column), f"{label} given as {given}"
    if how in ("class", "given", "missed", "mistaken") and what in judged.classes:
        k = judged.classes.index(what)
        mine, given_k = judged.truth == k, judged.guess == k
        return {
            "class": (mine, f"labelled {what}"),
            "given": (given_k, f"given as {what}"),
            "missed": (mine & ~given_k, f"labelled {what}, given something else"),
            "mistaken": (given_k & ~mine, f"given as {what}, labelled something else"),
        }[how]
    if how in ("bin", "binwrong") and (place := parse_int(what)) is not None:
        mine = calibration.places(judged) == place
        mine = mine & ~judged.right if how == "binwrong" else mine
        low = place * 10
        return mine, f"confidence {low} to {low + 10} %" + (", wrong" * (how == "binwrong"))
    if how in _AT:
        return _threshold(how, what, judged)
    if how == "modalities":
        return calibration.modalities(judged) == what, f"posts of {what}"
    return None


def _threshold(how: str, what: str, judged: ScoredPredictions) -> tuple[np.ndarray, str] | None:
    try:
        at = float(what)
    except ValueError:
        return None
    told = calibration.answered(judged, at)
    return {
        "withheld": (~told, f"confidence below {at:.0%}"),
        "spared": (~told & ~judged.right, f"wrong, held back below {at:.0%}"),
        "lost": (~told & judged.right, f"right, held back below {at:.0%}"),
        "answered": (told, f"confidence of {at:.0%} or more"),
        "answeredwrong": (told & ~judged.right, f"wrong at a confidence of {at:.0%} or more"),
        "answeredright": (told & judged.right, f"right at a confidence of {at:.0%} or more"),
    }[how]


def _slice(how: str, what: str, judged: ScoredPredictions, found: Slices, who: str) -> Selection:
    for one in found.found:
        if one.name == what:
            if how == "rest":
                return _rest(one.ids, judged, f"{who}: all but {what}, errors first")
            ids = one.ids[: one.errors] if how == "slicewrong" else one.ids
            said = f"{who}: {what}" + (", wrong" if how == "slicewrong" else ", errors first")
            return Selection(Kind.POST, ids, said, judged.labelled.corpus)
    raise KindredError("no_selection", f"No slice {what!r} was found.")


def _rest(ids: tuple[str, ...], judged: ScoredPredictions, said: str) -> Selection:
    others = ~np.isin(judged.ids, ids)
    parts = (judged.ids[others & ~judged.right], judged.ids[others & judged.right])
    return Selection(Kind.POST, tuple(chain(*parts)), said, judged.labelled.corpus)


def _labelled(how: str, what: str, judged: ScoredPredictions, who: str) -> Selection:
    of = judged.labelled
    mask, said = np.ones(len(of), dtype=bool), f"{of.label}: all labelled posts"
    if how == "unread":
        mask[judged.rows] = False
        said = f"{who}: posts that it left out"
    elif how == "with":
        mask = np.array([bool(value) for value in of.table[what].to_pylist()])
        said = f"{of.label}: labelled posts with {what}"
    return Selection(Kind.POST, tuple(of.ids[mask]), said, of.corpus)


def _of_two(how: str, what: str, judged: ScoredPredictions, other: ScoredPredictions) -> Selection:
    one, two = same_posts(judged, other)
    label = judged.labelled.label
    first, second = called(judged.model), called(other.model)
    if how == "gives":
        given, _, instead = what.partition("|")
        if given not in one.classes or instead not in one.classes:
            raise KindredError("no_selection", f"No class {given!r} or {instead!r} is there.")
        mask = one.guess == one.classes.index(given)
        mask = mask & (two.guess == one.classes.index(instead))
        return one.selection(mask, f"{label}: {first} gives {given}, {second} {instead}")
    if how == "shared":
        mask = np.ones(len(one), dtype=bool)
        return one.selection(mask, f"{label}: {first} and {second} read these")
    said = how.replace("first", first).replace("second", second)
    said += " right" if how.startswith("only") else ""
    return one.selection(masks(one, two)[how], f"{label}: {said}")
