"""Compounds and what they are made of find each other; phrases stay exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.corpus import Corpus
from backend.domain import Kind, Post
from backend.search.hybrid.encoded import EncodedTerm
from backend.search.hybrid.full_text import open_full_text
from backend.search.hybrid.words import WordsFound, find_words

POSTS = {
    "apart": "Heute ein Kuchen mit Äpfeln",
    "whole": "Mein Apfelkuchen ist schwarz",
    "cheese": "Käsekuchen vom Bäcker",
    "apples": "Drei Kilo Äpfel geerntet",
}


def found(path: Path, line: str, compounding: tuple[str, ...] = ("de",)) -> WordsFound:
    corpus = Corpus.create(path, name="baked")
    corpus.add([Post(id_, text=text, language="de") for id_, text in POSTS.items()])
    reader = open_full_text(corpus, "none")
    assert reader is not None
    term = EncodedTerm(Kind.TEXT, 1.0, np.zeros(2), {}, line)
    return find_words(reader, [term], ("de",), 10, compounding=compounding)


def test_a_compound_finds_its_parts_but_not_one_of_them_alone(tmp_path: Path) -> None:
    words = found(tmp_path / "with", "Apfelkuchen")
    assert words.coverage["whole"] > words.coverage["apart"] > 0
    assert max(words.coverage["cheese"], words.coverage["apples"]) == 0
    assert words.matched["apart"] == ["apfel", "kuchen"]  # what is marked
    without = found(tmp_path / "without", "Apfelkuchen", ())
    assert set(without.coverage) == {"whole"}


def test_a_word_finds_compounds_that_it_is_a_part_of_after_itself(tmp_path: Path) -> None:
    words = found(tmp_path, "Kuchen mit Äpfeln")
    assert words.coverage["apart"] > words.coverage["whole"] > words.coverage["cheese"] > 0
    assert "apfelkuchen" in words.matched["whole"]


def test_a_phrase_is_found_as_it_is_written_alone(tmp_path: Path) -> None:
    assert set(found(tmp_path / "one", "Kuchen mit Äpfeln").phrase) == {"apart"}
    assert set(found(tmp_path / "two", "Apfel Kuchen").phrase) == set()
