"""The active bundle of a workspace: the shipped one, or one trained there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from backend.bundles.bundle import (
    Bundle,
    bundle_name,
    older_name,
    open_bundle,
    wanted_encoders,
)
from backend.core.files import write_atomically
from backend.domain import KindredError, Modality
from backend.settings import ASSETS, settings

CHOICE = "active-bundle"


def bundle_path(home: Path, name: str) -> Path:
    """Return the path of a bundle; one of the workspace hides a shipped one of the same name."""
    own = home / "bundles" / name
    return own if own.is_dir() else ASSETS / "bundles" / name


def chosen_bundle(home: Path) -> str:
    """Return the bundle chosen in a workspace; empty if none is.

    A bundle named in the settings overrides the choice.
    """
    if "bundle" in settings().model_fields_set:
        return ""
    try:
        name = (home / CHOICE).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return name if name and bundle_path(home, name).is_dir() else ""


def configured_bundle() -> str:
    """Return the bundle that the settings name."""
    return settings().bundle


def choose_bundle(home: Path, name: str | None) -> None:
    """Choose the bundle to use; None removes the choice.

    Raises
    ------
    KindredError
        ``named_bundle`` when the settings name one, ``no_bundle``,
        ``damaged``.
    """
    if name is None:
        (home / CHOICE).unlink(missing_ok=True)
        return
    if "bundle" in settings().model_fields_set:
        message = f"The setting KINDRED_BUNDLE names {settings().bundle}; unset it to choose here."
        raise KindredError("named_bundle", message)
    if "/" in name or name.startswith("."):
        raise KindredError("no_bundle", f"There is no bundle {name[:60]!r}.")
    open_bundle(bundle_path(home, name))
    write_atomically(home / CHOICE, name.encode())


def fitted_name(home: Path, encoders: Mapping[Modality, str]) -> str:
    """Return the name that the bundle trained for encoders has in a workspace, or will have."""
    name = bundle_name(encoders)
    older = older_name(name)
    return older if (home / "bundles" / older).is_dir() else name


def active(home: Path) -> Bundle:
    """Open the chosen or configured bundle, or the one trained for the configured encoders.

    Parameters
    ----------
    home : pathlib.Path
        The workspace directory.

    Raises
    ------
    KindredError
        ``not_fitted`` when no bundle was trained on the encoders in the settings.
    """
    base = open_bundle(bundle_path(home, chosen_bundle(home) or settings().bundle))
    wanted = wanted_encoders(base)
    if wanted == base.encoders:
        return base
    path = home / "bundles" / fitted_name(home, wanted)
    if not path.is_dir():
        changed = ", ".join(n for m, n in wanted.items() if n != base.encoders[m])
        raise KindredError(
            "not_fitted",
            f"No bundle is trained on {changed} yet. Run `python -m backend fit` once: it "
            "encodes the shipped corpus with it and trains the heads.",
        )
    return open_bundle(path)
