from __future__ import annotations

import numpy as np
import pytest

from backend.domain import Picture
from backend.recognition.image_text import UNREAD, TextReader
from backend.recognition.plausible import is_readable, tidy
from tests.backend.recognition.drawn import DEJAVU, frame, landscape, picture


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def test_lines_with_their_boxes(reader: TextReader) -> None:
    reading = reader.read(picture("Meeting moved to Friday,", "please bring snacks."))
    assert reading.text == "Meeting moved to Friday, please bring snacks."
    assert reading.confidence > 0.8
    assert not reading.note
    first, second = reading.passages
    left, top, right, bottom = first.where
    assert 0 <= left < 40 / 640 < 400 / 640 < right <= 1
    assert 0.05 < top < 50 / 320 < bottom < second.where[3]


def test_no_text_no_words(reader: TextReader) -> None:
    reading = reader.read(landscape())
    assert (reading.text, reading.passages, reading.note) == ("", (), "")


@pytest.mark.skipif(not DEJAVU.is_file(), reason=f"there is no font {DEJAVU}")
@pytest.mark.parametrize("line", ["Сегодня мне грустно", "МОСКВА", "Σήμερα είμαι πολύ"])
def test_other_scripts_are_said_and_not_guessed(reader: TextReader, line: str) -> None:
    reading = reader.read(Picture((frame([line], font=DEJAVU),)))
    assert reading.text == ""
    assert reading.note == UNREAD


def test_a_video_gives_each_line_once(reader: TextReader) -> None:
    one, two = frame(["I love this song"]), frame(["Goodbye my friend"])
    reading = reader.read(Picture((one, one, landscape().frames[0], two)))
    assert [(p.text, p.frame) for p in reading.passages] == [
        ("I love this song", 0),
        ("Goodbye my friend", 3),
    ]


def test_the_same_picture_gives_the_same_reading(reader: TextReader) -> None:
    page = picture("Same every time")
    assert reader.read(page) == reader.read(page)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1024), (1024, 2), (33, 17)])
def test_odd_sizes(reader: TextReader, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert reader.read(Picture((noise,))).text == ""


def test_capitals_get_their_spaces_back() -> None:
    assert tidy("THE END OFEVENING") == "THE END OF EVENING"
    assert tidy("#THROWBACKTHURSDAY @OFEVENING") == "#THROWBACKTHURSDAY @OFEVENING"


def test_what_looks_alike_is_not_readable() -> None:
    assert not is_readable("MOCKBA", 1.0, 3.8)
    assert not is_readable("ι φ α σεα", 0.85, 8.7)
    assert not is_readable("Ujuon u 2ın ınunı", 0.79, 7.4)
    assert is_readable("今天很难过", 0.9, 5.0)
