"""Two sets of posts on one map: before and after, two values of a column, two corpora."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.core.lru import LRU
from backend.domain import EMOTIONS_AND_POSITIVE, Kind, KindredError, Selection
from backend.maps import Map, graph, place
from backend.metrics.significance import ALPHA, corrected
from backend.selections.contrasts import contrasts, over_represented, without_repeated_tags
from backend.selections.item_table import ItemTable
from backend.selections.types import Contrast, OverRepresented
from backend.settings import SEED
from backend.trends.growth import Growth, growth_of
from backend.workspace.context import WorkspaceContext

_DRAWS, _LEAST = 199, 12
_PICTURES = 8
_CACHED = 8


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two sets of posts.

    Attributes
    ----------
    selection : Selection
        Its posts, in the order of the arrays.
    xy : numpy.ndarray
        ``(n, 2)`` float32: places on the shared map.
    labels : numpy.ndarray
        ``(n,)`` int: clusters of the shared map, -1 for none.
    missing : int
        Posts without a vector, which have no place.
    tags, words : tuple of OverRepresented
        More frequent here than on the other side.
    images : tuple of str
        Posts with an image, most like this side and least like the other.
    """

    selection: Selection
    xy: np.ndarray
    labels: np.ndarray
    missing: int
    tags: tuple[OverRepresented, ...]
    words: tuple[OverRepresented, ...]
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """How far the content of a cluster is from one side to the other.

    Attributes
    ----------
    group : int
    distance : float
        One minus the cosine of the mean vectors of its posts on both sides.
    usual : float
        Mean of the same for random halves of its posts.
    p : float
        Of a permutation test, adjusted over all clusters.
    """

    group: int
    distance: float
    usual: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class TwoSides:
    """Two sets of posts compared on the map of the first one's corpus.

    Attributes
    ----------
    map : Map
    one, two : Side
    growth : tuple of Growth
        Of each cluster from the first to the second side.
    moved : tuple of Moved
        Clusters whose content differs significantly, the farthest first.
    emotions : tuple of Contrast
        Of the second side, the first one being the rest; ``positive`` last.
    """

    map: Map
    one: Side
    two: Side
    growth: tuple[Growth, ...]
    moved: tuple[Moved, ...]
    emotions: tuple[Contrast, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Posts:
    """The posts of a side that have a vector, with all that is compared."""

    items: ItemTable
    rows: np.ndarray
    vectors: np.ndarray
    xy: np.ndarray
    labels: np.ndarray
    missing: int
    selection: Selection


class Sides:
    """Compares two sets of posts on one map."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._compared: LRU[tuple, TwoSides] = LRU(_CACHED)

    def compare(self, one: Selection, two: Selection, level: str = "medium") -> TwoSides:
        """Compare two selections of posts, of one corpus or of two.

        Raises
        ------
        KindredError
            ``not_comparable`` if one is empty or both corpora are encoded by other bundles;
            ``no_map``.
        """
        versions = tuple(self._context.corpus(s.corpus).version for s in (one, two))
        return self._compared.get_or_make(
            (one, two, versions, level), lambda: self._compare(one, two, level)
        )

    def _compare(self, one: Selection, two: Selection, level: str) -> TwoSides:
        bundles = {self._context.bundle_of(s.corpus) for s in (one, two)}
        if len(bundles) > 1:
            raise KindredError(
                "not_comparable",
                f"{one.corpus} and {two.corpus} are encoded by different bundles, whose vectors "
                "cannot be compared. Encode one of them anew on the page Corpora.",
            )
        shown = self._context.maps.map(Kind.POST, one.corpus)
        left, right = (self._posts(s, shown, one.corpus, level) for s in (one, two))
        if not len(left.rows) or not len(right.rows):
            raise KindredError("not_comparable", "One side has no post on the map; choose another.")
        affect = contrasts(
            EMOTIONS_AND_POSITIVE, right.items.affect[right.rows], left.items.affect[left.rows]
        )
        return TwoSides(
            map=shown,
            one=_side(left, right),
            two=_side(right, left),
            growth=growth_of(right.labels, left.labels),
            moved=_moved(left, right),
            emotions=tuple(affect),
        )

    def _posts(self, selection: Selection, shown: Map, base: str, level: str) -> _Posts:
        """Return the posts of a side with their places on the map of the base corpus."""
        items = self._context.selections.item_table(Kind.POST, selection.corpus)
        bundle = self._context.bundle_of(selection.corpus)
        ids, raw = self._context.corpus(selection.corpus).vectors(bundle, Kind.POST)
        own = items.rows(selection.ids)
        at = pd.Index(ids).get_indexer(pd.Index(items.ids[own]))
        rows, vectors = own[at >= 0], raw[at[at >= 0]]
        chosen = shown.level(level).labels
        base_ids, base_raw = self._context.corpus(base).vectors(
            self._context.bundle_of(base), Kind.POST, shown.ids.tolist()
        )
        mean = base_raw.mean(axis=0)
        centred = graph.centred(vectors, mean)
        if selection.corpus == base:
            on_map = pd.Index(shown.ids).get_indexer(pd.Index(items.ids[rows]))
            keep = on_map >= 0
            rows, centred, on_map = rows[keep], centred[keep], on_map[keep]
            xy, labels = shown.xy[on_map], chosen[on_map]
        else:
            position = pd.Index(shown.ids).get_indexer(pd.Index(base_ids))
            known = graph.centred(base_raw, mean)
            xy, near = place.place(centred, known, shown.xy[position])
            labels = place.majority(chosen[position][near])
        missing = len(own) - len(rows)
        return _Posts(items, rows, centred, xy, labels, missing, selection)


def _side(own: _Posts, other: _Posts) -> Side:
    selection = Selection(
        Kind.POST,
        tuple(own.items.ids[own.rows].tolist()),
        own.selection.origin,
        own.selection.corpus,
        own.selection.name,
    )
    tags, words = (_terms(own, other, which) for which in ("tags", "words"))
    words = without_repeated_tags(words, tags)
    return Side(selection, own.xy, own.labels, own.missing, tags, words, _images(own, other))


def _terms(own: _Posts, other: _Posts, which: str) -> tuple[OverRepresented, ...]:
    """Return the terms that one side has more often; the corpora may have different terms."""
    counts = []
    for side in (own, other):
        terms = getattr(side.items, which)
        counts.append(pd.Series(terms.counts(side.rows), index=terms.names))
    both = pd.concat(counts, axis=1).fillna(0).astype(int)
    inside, outside = both.iloc[:, 0].to_numpy(), both.iloc[:, 1].to_numpy()
    names = both.index.to_numpy(dtype=object)
    found, _ = over_represented(names, inside, outside, len(own.rows), len(other.rows))
    return tuple(found)


def _images(own: _Posts, other: _Posts) -> tuple[str, ...]:
    direction = own.vectors.mean(axis=0) - other.vectors.mean(axis=0)
    table = own.items.table
    has_image = table["image"].notna().to_numpy()[own.rows]
    order = own.rows[has_image][np.argsort(-(own.vectors[has_image] @ direction), kind="stable")]
    groups = table["group"].fillna(table["id"]).to_numpy().astype(str)[order]
    _, first = np.unique(groups, return_index=True)
    return tuple(own.items.ids[order[np.sort(first)[:_PICTURES]]].tolist())


def _moved(one: _Posts, two: _Posts) -> tuple[Moved, ...]:
    """Find the clusters whose posts differ in content between the sides."""
    random = np.random.default_rng(SEED)
    tested = []
    for group in np.unique(one.labels[one.labels >= 0]):
        a, b = one.vectors[one.labels == group], two.vectors[two.labels == group]
        if min(len(a), len(b)) < _LEAST:
            continue
        a, b = a[:2_000], b[:2_000]
        distance = _apart(a.sum(axis=0), b.sum(axis=0))
        every = np.concatenate([a, b])
        total = every.sum(axis=0)
        drawn = []
        for _ in range(_DRAWS):
            half = every[random.permutation(len(every))[: len(a)]].sum(axis=0)
            drawn.append(_apart(half, total - half))
        p = (1 + sum(d >= distance for d in drawn)) / (_DRAWS + 1)
        tested.append(Moved(int(group), distance, float(np.mean(drawn)), p))
    adjusted = corrected(np.array([m.p for m in tested]))
    found = [
        Moved(m.group, m.distance, m.usual, float(q))
        for m, q in zip(tested, adjusted, strict=True)
        if q < ALPHA
    ]
    return tuple(sorted(found, key=lambda m: (m.usual - m.distance, m.group)))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """Return one minus the cosine of two vectors."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return 1.0 - float(a @ b) / lengths if lengths > 0 else 0.0
