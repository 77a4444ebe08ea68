"""Kindred without its pages: posts, users and words in one space.

Examples
--------
>>> import backend
>>> workspace = backend.open_workspace()  # doctest: +SKIP
>>> workspace.overview().posts  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.workspace.workspace import Workspace

__all__ = ["__version__", "open_workspace"]
__version__ = "0.2.0"


def open_workspace(path: Path | str | None = None) -> Workspace:
    """Open the workspace: corpora, bundles and all that is done with them.

    Parameters
    ----------
    path : path, optional
        The workspace directory; the setting ``KINDRED_HOME`` when not given.

    Returns
    -------
    Workspace
    """
    from backend.workspace.workspace import Workspace

    return Workspace(Path(path) if path is not None else None)
