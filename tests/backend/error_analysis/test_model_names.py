"""A model is called the same wherever a reader meets it."""

from __future__ import annotations

import doctest
from dataclasses import replace

from backend.error_analysis import introduced, model_names
from backend.error_analysis.figure_address import resolve
from backend.error_analysis.report import _notes
from backend.error_analysis.slices import Slices
from tests.backend.error_analysis.samples import judged, labelled


def no_slices() -> Slices:
    raise AssertionError("nothing asks for slices")


def test_the_examples_hold() -> None:
    assert doctest.testmod(model_names).failed == 0


def test_a_note_does_not_repeat_the_name_before_it() -> None:
    made = judged(labelled([0, 1, 2]), [0, 1, 1])
    one = replace(made, model="vader", note="VADER reads texts in English.")
    two = replace(made, model="probe", note="Logistic regression.")
    assert introduced(one) == ("VADER", " reads texts in English.")
    assert introduced(two) == ("probe", ": Logistic regression.")
    first, second = _notes([one, two])
    assert "<b>VADER</b> reads texts in English. It read 3 of 3 posts." in first
    assert "<b>probe</b>: Logistic regression. It read 3 of 3 posts." in second


def test_the_posts_behind_a_figure_are_named_after_the_model_as_it_is_called() -> None:
    made = judged(labelled([0, 1, 2]), [0, 1, 1])
    one, two = replace(made, model="vader"), replace(made, model="early-fusion")
    assert resolve("wrong", one, None, no_slices).origin == "VADER on sentiment: wrong"
    said = resolve("only first", one, two, no_slices).origin
    assert said == "sentiment: only VADER right"
    said = resolve("shared", one, two, no_slices).origin
    assert said == "sentiment: VADER and early fusion read these"
