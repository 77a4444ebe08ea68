"""Which bundle is active: the shipped one, or one trained in the workspace."""

from __future__ import annotations

from pathlib import Path

from backend.bundle import Bundle, bundle_name, open_bundle, wanted_encoders
from backend.posts import KindredError
from backend.settings import ASSETS, settings


def bundle_path(home: Path, name: str) -> Path:
    """Where a bundle lies: a workspace's own before a shipped one of the same name."""
    own = home / "bundles" / name
    return own if own.is_dir() else ASSETS / "bundles" / name


def active(home: Path) -> Bundle:
    """Open the bundle that the settings name, or the one fitted to their encoders.

    Parameters
    ----------
    home : pathlib.Path
        The workspace directory.

    Returns
    -------
    Bundle

    Raises
    ------
    KindredError
        ``not_fitted`` when the settings name encoders that no bundle here was
        trained on; the message says how to train one.
    """
    named = open_bundle(bundle_path(home, settings().bundle))
    wanted = wanted_encoders(named)
    if wanted == named.encoders:
        return named
    path = home / "bundles" / bundle_name(wanted)
    if not path.is_dir():
        changed = ", ".join(n for m, n in wanted.items() if n != named.encoders[m])
        raise KindredError(
            "not_fitted",
            f"No bundle is trained on {changed} yet. Run `python -m backend fit` once: it "
            "encodes the shipped corpus with it and trains the heads.",
        )
    return open_bundle(path)
