"""Every figure has an address, and every address is a set of posts.

``all``, ``right``, ``wrong``, ``hardest``; ``class:NAME``, ``given:NAME``,
``missed:NAME``, ``mistaken:NAME``; ``cell:LABEL|GIVEN``; ``bin:I`` and
``binwrong:I`` of the calibration curve; ``withheld:T``, ``answered:T`` and
``answeredwrong:T`` of a threshold; ``modalities:image+text``; ``slice:NAME`` and
``slicewrong:NAME``; of two models ``only first``, ``only second``, ``both right``,
``both wrong``, ``differ``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.errors import calibration, suspects
from backend.errors.judged import Judged
from backend.errors.slices import Slices
from backend.errors.versus import versus
from backend.posts import Kind, KindredError, Selection

TWO = ("only first", "only second", "both right", "both wrong", "differ")


def resolve(
    address: str, judged: Judged, other: Judged | None, found: Callable[[], Slices]
) -> Selection:
    """As `backend.diagnosis.Errors.selection`.

    Parameters
    ----------
    address : str
    judged : Judged
    other : Judged or None
    found : callable
        The slices, which take a moment to find.

    Returns
    -------
    Selection
    """
    how, _, what = address.partition(":")
    who = f"{judged.model} on {judged.labelled.label}"
    if how in TWO and other is not None:
        pair = versus(judged, other, draws=1)
        said = how.replace("first", judged.model).replace("second", other.model)
        said += "" if how == "differ" else " right" if how.startswith("only") else ""
        return pair.one.selection(pair.masks[how], f"{judged.labelled.label}: {said}")
    if how in ("slice", "slicewrong"):
        return _slice(how, what, judged, found(), who)
    if how == "hardest":
        return judged.selection(suspects.hardest(judged), f"{who}: wrong, hardest first")
    made = _mask(how, what, judged)
    if made is None:
        raise KindredError("no_selection", f"The address {address!r} names no posts.")
    mask, said = made
    return judged.selection(mask, f"{who}: {said}")


def _mask(how: str, what: str, judged: Judged) -> tuple[np.ndarray, str] | None:
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
    if how in ("bin", "binwrong") and what.isdecimal():
        mine = calibration.places(judged) == int(what)
        mine = mine & ~judged.right if how == "binwrong" else mine
        low = int(what) * 10
        return mine, f"confidence {low} to {low + 10} %" + (", wrong" * (how == "binwrong"))
    if how in ("withheld", "answered", "answeredwrong"):
        return _threshold(how, what, judged)
    if how == "modalities":
        return calibration.modalities(judged) == what, f"posts of {what}"
    return None


def _threshold(how: str, what: str, judged: Judged) -> tuple[np.ndarray, str] | None:
    try:
        at = float(what)
    except ValueError:
        return None
    told = judged.confidence >= at - 1e-9
    if how == "withheld":
        return ~told, f"confidence below {at:.0%}"
    if how == "answered":
        return told, f"confidence of {at:.0%} or more"
    return told & ~judged.right, f"wrong at a confidence of {at:.0%} or more"


def _slice(how: str, what: str, judged: Judged, found: Slices, who: str) -> Selection:
    for one in found.found:
        if one.name == what:
            ids = one.ids[: one.errors] if how == "slicewrong" else one.ids
            said = f"{who}: {what}" + (", wrong" if how == "slicewrong" else "")
            return Selection(Kind.POST, ids, said, judged.labelled.corpus)
    raise KindredError("no_selection", f"No slice {what!r} was found.")
