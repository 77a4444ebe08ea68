"""Kinds of vectors that no search may return, but that find posts."""

from __future__ import annotations

from enum import StrEnum


class Native(StrEnum):
    """Vectors of an encoder itself, stored beside those of the joint space."""

    MEANING = "meaning"  # of the text
    LOOK = "look"  # of the image
    SOUND = "sound"  # of the audio
