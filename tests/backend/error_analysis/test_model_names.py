"""A model has the same name everywhere."""

from __future__ import annotations

import doctest
from dataclasses import replace

from backend.error_analysis import model_names, name_and_note
from backend.error_analysis.figure_address import resolve
from backend.error_analysis.slices import Slices
from tests.backend.error_analysis.samples import ground_truth, scored


def no_slices() -> Slices:
    raise AssertionError("nothing asks for slices")


def test_the_examples_hold() -> None:
    assert doctest.testmod(model_names).failed == 0


def test_a_note_does_not_repeat_the_name_before_it() -> None:
    made = scored(ground_truth([0, 1, 2]), [0, 1, 1])
    one = replace(made, model="vader", note="VADER reads texts in English.")
    two = replace(made, model="probe", note="Logistic regression.")
    assert name_and_note(one) == ("VADER", " reads texts in English.")
    assert name_and_note(two) == ("probe", ": Logistic regression.")


def test_the_posts_behind_a_figure_are_titled_with_the_name_of_the_model() -> None:
    made = scored(ground_truth([0, 1, 2]), [0, 1, 1])
    one, two = replace(made, model="vader"), replace(made, model="early-fusion")
    assert resolve("wrong", one, None, no_slices).origin == "VADER on sentiment: wrong"
    origin = resolve("only first", one, two, no_slices).origin
    assert origin == "sentiment: only VADER correct"
    origin = resolve("shared", one, two, no_slices).origin
    assert origin == "sentiment: posts that VADER and early fusion can read"
