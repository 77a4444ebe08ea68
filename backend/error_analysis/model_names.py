"""Names of models as readers see them."""

from __future__ import annotations

from backend.error_analysis.fusion_probe import SYSTEMS
from backend.error_analysis.models import LEXICONS
from backend.error_analysis.predictions import ScoredPredictions


def display_name(model: str) -> str:
    """The name of a model as readers see it, from its name in addresses and commands.

    Examples
    --------
    >>> display_name("vader"), display_name("early-fusion"), display_name("commons-1")
    ('VADER', 'early fusion', 'commons-1')
    """
    return {**LEXICONS, **SYSTEMS}.get(model, model)


def name_and_note(scored: ScoredPredictions) -> tuple[str, str]:
    """A model's name, and its note to follow the name; notes that begin with it lose it."""
    name = display_name(scored.model)
    note = scored.note.removeprefix(f"{name} ")
    return (name, f" {note}") if note != scored.note else (name, f": {scored.note}")
