"""Kindred from Python: posts, users and words in one space.

Examples
--------
>>> import tempfile
>>> import kindred
>>> with tempfile.TemporaryDirectory() as home:  # without a folder: KINDRED_HOME
...     k = kindred.open(home)
...     k.corpora(), len(k.corpus())
(['commons', 'larkhaven'], 4511)
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend import __version__
from backend.domain import KindredError, Post, User

if TYPE_CHECKING:
    from kindred.corpus import Corpus
    from kindred.results import Analysis, Hit, Hits
    from kindred.workspace import Kindred

__all__ = [
    "Analysis",
    "Corpus",
    "Hit",
    "Hits",
    "Kindred",
    "KindredError",
    "Post",
    "User",
    "__version__",
    "analyse",
    "analyze",
    "corpora",
    "corpus",
    "embed",
    "open",
    "read",
    "search",
    "show",
]

_SHORTCUTS = ("analyse", "analyze", "corpora", "corpus", "embed", "read", "search", "show")
_HOMES = {
    "Analysis": "kindred.results",
    "Corpus": "kindred.corpus",
    "Hit": "kindred.results",
    "Hits": "kindred.results",
    "Kindred": "kindred.workspace",
}


def open(home: Path | str | None = None) -> Kindred:
    """Open a workspace: its corpora, and the models that are loaded when first used.

    Parameters
    ----------
    home : path, optional
        Folder of the workspace, created when something is written; by default the setting
        ``KINDRED_HOME``.

    Raises
    ------
    KindredError
        ``no_assets`` where the corpus and the weights that come with Kindred are missing.
    """
    from kindred.workspace import Kindred

    return Kindred(home)


@lru_cache(maxsize=1)
def _default() -> Kindred:
    return open()


def __getattr__(name: str) -> Any:
    """Give the types, and the methods of the default workspace as functions."""
    if name in _SHORTCUTS:
        return getattr(_default(), name)
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(
        f"kindred has no {name!r}; it has {', '.join(n for n in __all__ if n[0] != '_')}."
    )
