"""What was read in the picture and heard in the sound of an analysed post."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.common.markup import plain, post_text, show
from backend.domain import Modality
from backend.text.reading import Reading

TITLES = {Modality.IMAGE: "Written in the image", Modality.AUDIO: "Said in the sound"}
LINES = 12  # of a text that are shown


def show_readings(readings: Mapping[Modality, Reading]) -> None:
    """Show the words, how sure they are, and what could not be read; nothing without either."""
    for modality, title in TITLES.items():
        reading = readings.get(modality)
        if reading is None or not (reading.text or reading.note):
            continue
        show(f'<div class="k-label">{title}</div>')
        if reading.text:
            post_text(reading.text, LINES)
        st.caption(plain(describe(reading)))


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
