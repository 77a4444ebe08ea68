"""Selections: what a set of posts or users has in common, kept, compared and exported."""

from backend.selecting.selections import Selections
from backend.selecting.types import Comparison, Contrast, Over, Part, Profile

__all__ = ["Comparison", "Contrast", "Over", "Part", "Profile", "Selections"]
