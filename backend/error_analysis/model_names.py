"""How the models that are held against labels are called."""

from __future__ import annotations

from backend.error_analysis.fusion_probe import SYSTEMS
from backend.error_analysis.judgements import ScoredPredictions
from backend.error_analysis.models import LEXICONS


def called(model: str) -> str:
    """What a reader sees of a model that addresses and commands know by its short name.

    Examples
    --------
    >>> called("vader"), called("early-fusion"), called("commons-1")
    ('VADER', 'early fusion', 'commons-1')
    """
    return {**LEXICONS, **SYSTEMS}.get(model, model)


def introduced(judged: ScoredPredictions) -> tuple[str, str]:
    """A model's name, and what goes on after it: many a note begins with that name itself."""
    name = called(judged.model)
    going_on = judged.note.removeprefix(f"{name} ")
    return (name, f" {going_on}") if going_on != judged.note else (name, f": {judged.note}")
