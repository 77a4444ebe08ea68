"""From the vectors of a corpus to an index: which kind of index, and where it is kept."""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.corpus.store import is_remote
from backend.domain import Kind, KindredError
from backend.search.index import build, build_ivf, lance
from backend.search.index.on_disk import OnDiskIndex
from backend.search.index.vector_index import Index, VectorIndex, directed, middle
from backend.settings import SEED, settings

Mark = tuple[int, int]  # of a head: `Kept.mark`
POST_KINDS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.POST)
_ASKED = 400  # vectors of other kinds that recall is measured with

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexChoice:
    """How the vectors of one kind are searched.

    Attributes
    ----------
    kind : Kind
    vectors : int
    way : str
        ``exact``; ``lists``, of which the nearest are read; ``store`` for
        vectors that exceed the memory allowed.
    ready : bool
        False while the lists are being made, and until ``python -m backend index``
        made the store's index; all are then compared.
    recall : float or None
        Of lists: share of the ten nearest found when they were made.
    """

    kind: Kind
    vectors: int
    way: str
    ready: bool = True
    recall: float | None = None


def place(corpus: Corpus, bundle: str, kind: Kind, *, centre: bool) -> OnDiskIndex:
    """Where the index of a kind is kept: in the corpus, or in the workspace for a remote one."""
    if is_remote(corpus.uri):
        name = hashlib.blake2b(corpus.uri.encode(), digest_size=8).hexdigest()
        folder = settings().home / "indices" / name
    else:
        folder = Path(corpus.uri) / "indices"
    return OnDiskIndex(folder / bundle / f"{kind.value}-{'centred' if centre else 'plain'}")


def choices(corpus: Corpus, bundle: str, *, centre: bool = True) -> list[IndexChoice]:
    """How each kind of a corpus's vectors is searched; opens no index."""
    made = []
    for kind, count in corpus.info().bundles.get(bundle, {}).items():
        if count <= settings().exact_vectors:
            made.append(IndexChoice(kind, count, "exact"))
            continue
        if _exceeds(corpus, bundle, kind, count):
            made.append(IndexChoice(kind, count, "store", corpus.vectors_indexed(bundle)))
            continue
        head = place(corpus, bundle, kind, centre=centre).head()
        lists = head.lists if head else None
        recall = lists.recall if lists else None
        made.append(IndexChoice(kind, count, "lists", lists is not None, recall))
    return made


def open_index(corpus: Corpus, bundle: str, kind: Kind, *, centre: bool) -> Index:
    """Open the index of a kind; make it, or bring it up to date, when that is needed.

    Few vectors are read into memory and compared one by one. Of many the index
    is kept on disk; until its lists are made, by another process, all vectors
    are compared, too. Those that exceed `Settings.index_bytes` in half
    precision stay where they are, and the store searches them.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind
    centre : bool
        See `VectorIndex`.

    Returns
    -------
    Index
    """
    return open_marked(corpus, bundle, kind, centre=centre)[0]


def open_marked(
    corpus: Corpus, bundle: str, kind: Kind, *, centre: bool
) -> tuple[Index, Mark | None]:
    """As `open_index`, with `Kept.mark` as it was when the index was opened.

    Taken before, the mark would be another one after the index was brought up to date;
    taken later, it could be that of lists which are there only since.
    """
    limit = settings().exact_vectors
    count = corpus.count_vectors(bundle, kind)
    index = place(corpus, bundle, kind, centre=centre)
    mark = index.mark()
    if count > limit and _exceeds(corpus, bundle, kind, count):
        return lance.StoredIndex(corpus, bundle, kind, count, centre=centre), mark
    if count > limit:
        try:
            opened = _kept(index, corpus, bundle, kind, centre=centre)
            build_ivf.begin(index)
            return opened
        except OSError as error:  # a full disk, or one that must not be written to
            log.warning("no index can be kept at %s: %s", index.folder, type(error).__name__)
    now = copy.copy(corpus)  # as in `_kept`
    ids, vectors = now.vectors(bundle, kind)
    asks = kind in POST_KINDS and len(ids) > 0
    groups = _groups(now, pa.array(ids, pa.string())) if asks else None
    return VectorIndex(ids, vectors, groups=groups, centre=centre), mark


def prepare(
    corpus: Corpus,
    bundle: str,
    kind: Kind,
    *,
    centre: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the index of a kind whole, here and now; see `open_index`.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind
    centre : bool
    progress : callable, optional
        Gets vectors done and in all.
    """
    count = corpus.count_vectors(bundle, kind)
    if count <= settings().exact_vectors:
        return
    if _exceeds(corpus, bundle, kind, count):
        corpus.index_vectors(bundle)
        return
    index = place(corpus, bundle, kind, centre=centre)
    _kept(index, corpus, bundle, kind, centre=centre)
    build_ivf.make(index, progress=progress)


def _exceeds(corpus: Corpus, bundle: str, kind: Kind, count: int) -> bool:
    return 2 * count * corpus.dim(bundle) > settings().index_bytes


def _kept(
    index: OnDiskIndex, corpus: Corpus, bundle: str, kind: Kind, *, centre: bool
) -> tuple[VectorIndex, Mark | None]:
    """The index on disk, filled where that is needed, and its mark."""
    mark = index.mark()
    opened = index.open(corpus.stamp(bundle))
    if opened is None:
        with index.writing():  # another process may have been faster
            # Stamp, count and vectors must be of one snapshot: threads share the corpus,
            # and whichever refreshes it changes what is read, but not in this copy.
            now = copy.copy(corpus)
            stamp = now.stamp(bundle)
            opened = index.open(stamp)
            if opened is None:
                _fill(index, now, bundle, kind, centre=centre)
                opened = index.open(stamp)
            mark = index.mark()
    if opened is None:
        raise KindredError("damaged", f"The index at {index.folder} cannot be read back.")
    return opened, mark


def _fill(index: OnDiskIndex, corpus: Corpus, bundle: str, kind: Kind, *, centre: bool) -> None:
    stamp = corpus.stamp(bundle)

    def groups(names: pa.LargeStringArray) -> pa.Array:
        return _groups(corpus, names)

    of = groups if kind in POST_KINDS else None
    if build.update(index, stamp, corpus.stream_vectors(bundle, kind), groups=of):
        return
    build.write(
        index,
        stamp,
        corpus.stream_vectors(bundle, kind),
        corpus.count_vectors(bundle, kind),
        centre=centre,
        groups=of,
        queries=_queries(corpus, bundle, kind, centre=centre),
    )


def _groups(corpus: Corpus, names: pa.Array) -> pa.Array:
    """Duplicate groups of posts; null for those of none."""
    table = corpus.table(["id", "group"])
    at = pc.index_in(names.cast(pa.string()), value_set=table["id"].combine_chunks())
    return table["group"].combine_chunks().take(at)


def _queries(corpus: Corpus, bundle: str, kind: Kind, *, centre: bool) -> np.ndarray | None:
    """Vectors of other kinds, as people search with them."""
    found = []
    for other in _others(corpus, bundle, kind):
        vectors = directed(corpus.vectors(bundle, other)[1])
        vectors = normalize(vectors - middle(vectors, centre=centre)[1])
        found.append(vectors[vectors.any(axis=1)])
    if not found:
        return None
    asked = np.concatenate(found)
    rng = np.random.default_rng(SEED)
    return asked[rng.permutation(len(asked))[:_ASKED]]


def _others(corpus: Corpus, bundle: str, kind: Kind) -> Iterator[Kind]:
    for other in Kind:
        if (
            other is not kind
            and 0 < corpus.count_vectors(bundle, other) <= settings().exact_vectors
        ):
            yield other
