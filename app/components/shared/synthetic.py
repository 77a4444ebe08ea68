"""The note that a corpus is synthetic, on every page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.data.session import corpus
from backend.settings import SYNTHETIC_CORPUS, settings

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

MADE = (
    "an invented harbour town: its texts were written, its pictures drawn and its voices "
    "synthesised for this project. Nobody said any of it."
)


def corpus_title(name: str) -> str:
    """Return the name under which a corpus is chosen.

    Examples
    --------
    >>> corpus_title("larkhaven"), corpus_title("mine")
    ('larkhaven (synthetic)', 'mine')
    """
    return f"{name} (synthetic)" if name == SYNTHETIC_CORPUS else name


def show_synthetic(place: DeltaGenerator) -> None:
    """Say in `place` that the corpus of the page is synthetic, or leave it empty."""
    if (corpus() or settings().corpus) == SYNTHETIC_CORPUS:
        place.caption(f":material/science: **Synthetic corpus:** {SYNTHETIC_CORPUS} is {MADE}")
    else:
        place.empty()
