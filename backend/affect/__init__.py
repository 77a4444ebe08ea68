"""Emotion and sentiment of posts from any subset of their modalities, with explanations.

Needs NumPy only: the encoders load torch, this package does not.
"""

from backend.affect.model import AffectModel

__all__ = ["AffectModel"]
