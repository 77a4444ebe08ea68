"""What was read in the picture of an analysed post, and how sure a reading is."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.common.markup import plain, post_text, show
from app.components.shared.pictures import outline
from backend.domain import Content, Modality
from backend.text.language_names import language
from backend.text.reading import Reading

LINES = 12  # of a text that are shown
FRAMES = 4  # of a video that are shown with their boxes
COLOUR = "#4540A0"


def show_readings(post: Content, readings: Mapping[Modality, Reading]) -> None:
    """Show what is written, where it is, how sure it is, and what could not be read."""
    reading = readings.get(Modality.IMAGE)
    if reading is None or not (reading.text or reading.note):
        return
    show('<div class="k-label">Written in the image</div>')
    if reading.text:
        post_text(reading.text, LINES)
    st.caption(plain(describe(reading)))
    if reading.passages:
        with st.expander("Where it is written", icon=":material/select_all:"):
            _boxes(post, reading)


def _boxes(post: Content, reading: Reading) -> None:
    """Show the frames that have text, with a box around each line."""
    assert post.image is not None
    numbers = sorted({passage.frame for passage in reading.passages})[:FRAMES]
    for column, number in zip(st.columns(max(2, len(numbers))), numbers, strict=False):
        boxes = [p.where for p in reading.passages if p.frame == number]
        alt = f"Frame {number + 1}" if len(post.image.frames) > 1 else "Your image"
        column.image(
            outline(post.image.frames[number], boxes, COLOUR),
            alt=f"{alt} with a box around each line of text",
        )


def describe(reading: Reading) -> str:
    """Say how sure a reading is, in which language, and what could not be read."""
    sentences = []
    if reading.uncertain:
        sentences.append("Uncertain: this may be misread, so it counts for less.")
    elif reading.text:
        sentences.append(f"Read with {min(99, round(100 * reading.confidence))} % confidence.")
    if reading.text and reading.language:
        sentences.append(f"Language: {language(reading.language)}.")
    if reading.note:
        sentences.append(reading.note)
    return " ".join(sentences)
