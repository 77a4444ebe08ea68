"""The folder of data and weights that comes with Kindred."""

from __future__ import annotations

from backend.domain import KindredError
from backend.settings import ASSETS


def check_assets() -> None:
    """Refuse to start without the corpus, bundle and weights.

    They are in the repository and in an editable install, not in the wheel.

    Raises
    ------
    KindredError
        ``no_assets``.
    """
    if not (ASSETS / "bundles").is_dir():
        raise KindredError(
            "no_assets",
            f"There is no corpus, bundle or weights in {ASSETS}: run Kindred from a clone of its "
            "repository (pip install -e .), or set KINDRED_ASSETS to the folder assets of a clone.",
        )
