"""A query whose terms have been looked up or encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from backend.corpus.native import Native
from backend.domain import Kind


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTerm:
    """One term of a query.

    Attributes
    ----------
    kind : Kind
    weight : float
    joint : numpy.ndarray
        ``(dim,)``, in the joint space.
    native : mapping of Native to numpy.ndarray
        ``(dim,)``, of the encoders that read the term.
    words : str
        To be found in texts; empty where the term has none.
    authored : numpy.ndarray or None
        ``(dim,)``, in the user space of the corpus, where it has one that reads the term.
    concepts : tuple of str
        What a classifier is sure to see in the image.
    """

    kind: Kind
    weight: float
    joint: np.ndarray
    native: Mapping[Native, np.ndarray] = field(default_factory=dict)
    words: str = ""
    concepts: tuple[str, ...] = ()
    authored: np.ndarray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EncodedQuery:
    """The terms of a query, and what they ask for beside them.

    Attributes
    ----------
    terms : tuple of EncodedTerm
    exclude : tuple of str
        Items that the query names, which are no hits.
    emotion : str
        The emotion that the words of the query name clearly; empty for none.
    aspects : tuple of EncodedTerm
        Where the words of the query name a feeling: the feeling, and what it is about, each by
        itself.
    """

    terms: tuple[EncodedTerm, ...]
    exclude: tuple[str, ...] = ()
    emotion: str = ""
    aspects: tuple[EncodedTerm, ...] = ()
