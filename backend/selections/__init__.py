"""Selections of posts or users: profiles, comparison, saving and export."""

from backend.selections.types import Comparison, Contrast, LegendLine, OverRepresented, Profile

__all__ = ["Comparison", "Contrast", "LegendLine", "OverRepresented", "Profile"]
