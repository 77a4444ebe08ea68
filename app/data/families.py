"""The families of copies as pages show them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from app.data import url_state
from app.data.session import corpus, workspace
from backend.domain import Kind

if TYPE_CHECKING:
    from backend.families.coordinated import Group
    from backend.families.types import Families, Family

FOLD = "fold"  # the parameter of the address
# Seconds of each, and how many there are at least before it is used.
UNITS = (
    ("year", 31_556_952, 2), ("month", 2_629_746, 3), ("day", 86_400, 2), ("hour", 3_600, 2),
    ("minute", 60, 0),
)  # fmt: skip


def families() -> Families:
    """Return the families of the page's corpus.

    Raises
    ------
    backend.domain.KindredError
        ``no_families``.
    """
    return workspace().families.of(corpus())


def coordinated() -> tuple[Group, ...]:
    """Return the groups of users who posted exact copies within minutes."""
    return workspace().families.coordinated(corpus())


def hidden() -> frozenset[str]:
    """Return the posts that are hidden because the visitor folds families."""
    return workspace().families.folded(corpus()) if url_state.get(FOLD) else frozenset()


def unfolded(kind: Kind, ids: np.ndarray) -> np.ndarray:
    """Return which points of a map stay when families are folded, ``(n,)`` bool."""
    away = hidden() if kind is Kind.POST else frozenset()
    if not away:
        return np.ones(len(ids), dtype=bool)
    return ~np.isin(ids.astype(str), np.array(sorted(away), dtype=str))


def can_fold() -> bool:
    """Whether the corpus has families to fold."""
    return bool(workspace().families.folded(corpus()))


def moment(seconds: float) -> str:
    """Write a time, in UTC; empty if it is not known.

    Examples
    --------
    >>> moment(1772709600.0), moment(float("nan"))
    ('5 March 2026, 11:20', '')
    """
    if isnan(seconds):
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y, %H:%M}"


def lasted(seconds: float) -> str:
    """Write how long something took.

    Examples
    --------
    >>> lasted(30), lasted(401), lasted(7200), lasted(16 * 86400), lasted(1104 * 86400)
    ('1 minute', '7 minutes', '2 hours', '16 days', '3 years')
    """
    if isnan(seconds):
        return ""
    for unit, scale, least in UNITS:
        if seconds >= least * scale:
            count = max(1, round(seconds / scale))
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return ""


def sorted_by(found: tuple[Family, ...], by: str, order: str) -> list[Family]:
    """Return the families that are copies in one modality, or all, in an order."""
    shown = [family for family in found if by in ("all", *family.by)]
    if order == "newest":
        return sorted(shown, key=lambda f: (-f.first if not isnan(f.first) else 0.0, f.id))
    if order == "variants":
        return sorted(shown, key=lambda f: (-f.variants, -f.posts, f.id))
    return shown
