"""Which vectors a corpus is shown by, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.workspace.corpus_models import OWN

if TYPE_CHECKING:
    from backend.workspace.overview import Overview


def encoded_with(loaded: Overview) -> str:
    """Return the sentence."""
    if loaded.encoded_with == OWN:
        return f"Posts by the vectors that came with them ({loaded.own_vectors:,} numbers each)"
    if loaded.encoded_with == loaded.bundle:
        return f"Posts encoded with {loaded.bundle}"
    return (
        f"Posts encoded with {loaded.encoded_with}; the page Corpora encodes them with "
        f"{loaded.bundle}"
    )
