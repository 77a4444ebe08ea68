"""Which bundle is active: the shipped one, or one trained in the workspace."""

from __future__ import annotations

from pathlib import Path

from backend.bundles.bundle import Bundle, bundle_name, open_bundle, wanted_encoders
from backend.core.files import write_atomically
from backend.domain import KindredError
from backend.settings import ASSETS, settings

CHOICE = "active-bundle"


def bundle_path(home: Path, name: str) -> Path:
    """Where a bundle lies: a workspace's own before a shipped one of the same name."""
    own = home / "bundles" / name
    return own if own.is_dir() else ASSETS / "bundles" / name


def chosen(home: Path) -> str:
    """The bundle that somebody chose to use in a workspace; empty when nobody did.

    A bundle that the settings name outright counts for more.
    """
    if "bundle" in settings().model_fields_set:
        return ""
    try:
        name = (home / CHOICE).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return name if name and bundle_path(home, name).is_dir() else ""


def choose(home: Path, name: str | None) -> None:
    """Use a bundle from now on; None takes the choice back.

    Raises
    ------
    KindredError
        ``named_bundle`` when the settings name one outright, ``no_bundle``,
        ``damaged``.
    """
    if name is None:
        (home / CHOICE).unlink(missing_ok=True)
        return
    if "bundle" in settings().model_fields_set:
        raise KindredError(
            "named_bundle",
            f"The setting KINDRED_BUNDLE names {settings().bundle}; take it away to choose here.",
        )
    if "/" in name or name.startswith("."):
        raise KindredError("no_bundle", f"There is no bundle {name[:60]!r}.")
    open_bundle(bundle_path(home, name))
    write_atomically(home / CHOICE, name.encode())


def active(home: Path) -> Bundle:
    """Open the bundle that is chosen or named, or the one fitted to the settings' encoders.

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
    named = open_bundle(bundle_path(home, chosen(home) or settings().bundle))
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
