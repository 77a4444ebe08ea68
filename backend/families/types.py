"""What is known of the families of a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, slots=True)
class Family:
    """A family in short.

    Attributes
    ----------
    id : str
        Its first post.
    posts, users : int
    variants : int
        Different combinations of text, picture and sound in it.
    by : tuple of str
        Modalities in which its posts are copies, the most frequent first.
    first, last : float
        Seconds since 1970 of the first and last post; NaN without times.
    """

    id: str
    posts: int
    users: int
    variants: int
    by: tuple[str, ...]
    first: float
    last: float


@dataclass(frozen=True, eq=False)
class Families:
    """The posts of all families, by time.

    Attributes
    ----------
    ids, family, users : numpy.ndarray
        ``(n,)`` str: posts, the first post of their family, and who posted (or None).
    seconds : numpy.ndarray
        ``(n,)`` seconds since 1970; NaN without a time.
    by : tuple of tuple of str
        The modalities in which each is a copy.
    variants : mapping of str to numpy.ndarray
        By modality: equal for equal contents, -1 for none; texts that were too short to be
        compared are below that.
    looked_at, unseen : int
        Posts that were compared, and posts that were added since.
    """

    ids: np.ndarray
    family: np.ndarray
    users: np.ndarray
    seconds: np.ndarray
    by: tuple[tuple[str, ...], ...]
    variants: Mapping[str, np.ndarray]
    looked_at: int
    unseen: int

    @cached_property
    def rows(self) -> Mapping[str, np.ndarray]:
        """The rows of each family, by time."""
        names, code = np.unique(self.family.astype(str), return_inverse=True)
        order = np.argsort(code, kind="stable")
        ends = np.searchsorted(code[order], np.arange(len(names) + 1))
        return {
            str(name): order[start:end]
            for name, start, end in zip(names, ends[:-1], ends[1:], strict=True)
        }

    def variant_keys(self, rows: np.ndarray) -> list[tuple[int, ...]]:
        """Return what text, picture and sound each row has, as numbers."""
        columns = [self.variants[name][rows] for name in ("text", "image", "audio")]
        return [tuple(map(int, key)) for key in zip(*columns, strict=True)]

    @cached_property
    def all(self) -> tuple[Family, ...]:
        """All families, the largest first."""
        found = [self._family(name, rows) for name, rows in self.rows.items()]
        return tuple(sorted(found, key=lambda one: (-one.posts, one.id)))

    def _family(self, name: str, rows: np.ndarray) -> Family:
        times = self.seconds[rows]
        known = times[~np.isnan(times)]
        counts: dict[str, int] = {}
        for row in rows:
            for modality in self.by[row]:
                counts[modality] = counts.get(modality, 0) + 1
        return Family(
            id=name,
            posts=len(rows),
            users=len({user for user in self.users[rows] if user}),
            variants=len(set(self.variant_keys(rows))),
            by=tuple(sorted(counts, key=lambda m: (-counts[m], m))),
            first=float(known.min()) if len(known) else float("nan"),
            last=float(known.max()) if len(known) else float("nan"),
        )

    @cached_property
    def folded(self) -> frozenset[str]:
        """The posts that are hidden when families are folded: all but the first of each."""
        return frozenset(
            str(id_) for id_, first in zip(self.ids, self.family, strict=True) if id_ != first
        )
