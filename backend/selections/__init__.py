"""Selections: what a set of posts or users has in common, kept, compared and exported."""

from backend.selections.types import Comparison, Contrast, Over, Part, Profile

__all__ = ["Comparison", "Contrast", "Over", "Part", "Profile"]
