"""What was read in the picture and heard in the sound of an analysed post."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.common.markup import esc, plain, post_text, show
from app.components.shared.pictures import outline
from backend.domain import Content, Modality
from backend.text.reading import Reading

TITLES = {Modality.IMAGE: "Written in the image", Modality.AUDIO: "Said in the sound"}
LINES = 12  # of a text that are shown
FRAMES = 4  # of a video that are shown with their boxes
COLOUR = "#4540A0"


def show_readings(post: Content, readings: Mapping[Modality, Reading]) -> None:
    """Show the words, where they are, how sure they are, and what could not be read."""
    for modality, title in TITLES.items():
        reading = readings.get(modality)
        if reading is None or not (reading.text or reading.note):
            continue
        show(f'<div class="k-label">{title}</div>')
        if modality is Modality.AUDIO and len(reading.passages) > 1:
            show(timeline(reading))
        elif reading.text:
            post_text(reading.text, LINES)
        st.caption(plain(describe(reading)))
        if modality is Modality.IMAGE and reading.passages:
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


def timeline(reading: Reading) -> str:
    """Write what is said, with the second at which each passage begins."""
    rows = "".join(
        f'<tr><th scope="row">{p.where[0]:.1f} s</th><td dir="auto">{esc(p.text)}</td></tr>'
        for p in reading.passages
    )
    return f'<table class="k-said"><tbody>{rows}</tbody></table>'


def describe(reading: Reading) -> str:
    """Say how sure a reading is, in which language, and what could not be read."""
    sentences = []
    if reading.uncertain:
        sentences.append("Uncertain: this may be misread, so it hardly counts.")
    elif reading.text:
        sentences.append(f"Read with {round(100 * reading.confidence)} % confidence.")
    if reading.text and reading.language:
        sentences.append(f"Language: {reading.language}.")
    if reading.note:
        sentences.append(reading.note)
    return " ".join(sentences)
