"""Kindred without its pages: posts, users and words in one space.

Examples
--------
>>> import tempfile
>>> with tempfile.TemporaryDirectory() as home:  # without a path: KINDRED_HOME
...     open_workspace(home).corpora()
['commons', 'larkhaven']
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

__all__ = ["__version__", "open_workspace"]
__version__ = "0.2.0"


def open_workspace(path: Path | str | None = None) -> Workspace:
    """Open a workspace: its corpora and bundles, and everything that the pages do with them.

    Parameters
    ----------
    path : path, optional
        The workspace directory; the setting ``KINDRED_HOME`` by default.

    Returns
    -------
    Workspace

    Raises
    ------
    KindredError
        ``no_assets`` where the corpus, bundle and weights that come with Kindred are missing.
    """
    from backend.core.assets import check_assets
    from backend.workspace.workspace import Workspace

    check_assets()
    return Workspace(Path(path) if path is not None else None)
