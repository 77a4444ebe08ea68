"""Selections: what a set of posts or users has in common, kept, compared and exported."""

from backend.selections.types import Comparison, Contrast, LegendLine, OverRepresented, Profile

__all__ = ["Comparison", "Contrast", "LegendLine", "OverRepresented", "Profile"]
