"""Whether anything may be stored: asked where bytes reach the disk, not by callers."""

from __future__ import annotations

from pathlib import Path

from backend.domain import KindredError
from backend.settings import settings


def check_writable(path: Path | None = None) -> None:
    """Check that this is not a demo.

    Parameters
    ----------
    path : pathlib.Path, optional
        Where something is to be written; outside the workspace everything may be.

    Raises
    ------
    KindredError
        ``read_only``.
    """
    if settings().demo and (path is None or path.absolute().is_relative_to(_home())):
        raise KindredError("read_only", "This is a demo: nothing is stored.")


def _home() -> Path:
    return settings().home.absolute()
