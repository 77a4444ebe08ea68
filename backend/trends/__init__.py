"""Posts over time: steps, shares with intervals, bursts and changes of feeling."""

from backend.trends.lines import FEWEST
from backend.trends.steps import Steps
from backend.trends.types import Burst, Change, Line, Shift

__all__ = ["FEWEST", "Burst", "Change", "Line", "Shift", "Steps"]
