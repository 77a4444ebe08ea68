"""Emotion and sentiment of posts from any subset of their modalities, and why.

Needs numpy only; torch is loaded by the encoders, not here.
"""

from backend.affect.model import AffectModel

__all__ = ["AffectModel"]
