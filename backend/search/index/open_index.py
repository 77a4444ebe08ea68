"""Open the index of the vectors of a corpus: which type of index, and where it is stored."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.progress import Progress
from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.corpus.native import Native
from backend.corpus.store import is_remote
from backend.domain import Kind, KindredError
from backend.search.index import build, build_ivf, lance
from backend.search.index.on_disk import OnDiskIndex
from backend.search.index.vector_index import VectorIndex, mean_and_offset
from backend.settings import SEED, settings

Index = VectorIndex | lance.StoredIndex
Revision = tuple[int, int]  # see `OnDiskIndex.revision`
POST_KINDS = (Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.POST, *Native)
_QUERIES = 400  # vectors of other kinds, to measure recall with

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
        vectors that exceed the memory limit.
    ready : bool
        False while the lists are being built, and until ``python -m backend index``
        has built the index of the store. Until then all vectors are compared.
    recall : float or None
        Of lists: share of the ten nearest vectors that were found when they were built.
    """

    kind: Kind
    vectors: int
    way: str
    ready: bool = True
    recall: float | None = None


def index_location(
    corpus: Corpus, bundle: str, kind: Kind | Native, *, centre: bool
) -> OnDiskIndex:
    """Where the index of a kind is stored: in the corpus, or in the workspace if it is remote."""
    if is_remote(corpus.uri):
        name = hashlib.blake2b(corpus.uri.encode(), digest_size=8).hexdigest()
        folder = settings().home / "indices" / name
    else:
        folder = Path(corpus.uri) / "indices"
    return OnDiskIndex(folder / bundle / f"{kind.value}-{'centred' if centre else 'plain'}")


def choices(corpus: Corpus, bundle: str, *, centre: bool = True) -> list[IndexChoice]:
    """How the vectors of each kind of a corpus are searched; opens no index."""
    result = []
    for kind, count in corpus.info().bundles.get(bundle, {}).items():
        if count <= settings().exact_vectors:
            result.append(IndexChoice(kind, count, "exact"))
            continue
        if _exceeds(corpus, bundle, kind, count):
            result.append(IndexChoice(kind, count, "store", corpus.vectors_indexed(bundle)))
            continue
        head = index_location(corpus, bundle, kind, centre=centre).head()
        lists = head.lists if head else None
        recall = lists.recall if lists else None
        result.append(IndexChoice(kind, count, "lists", lists is not None, recall))
    return result


def open_index(
    corpus: Corpus, bundle: str, kind: Kind | Native, *, centre: bool
) -> tuple[Index, Revision | None]:
    """Open the index of a kind; write it or bring it up to date if needed.

    Few vectors are read into memory and all compared. The index of many vectors
    is on disk; all vectors are compared until another process has built its lists.
    Vectors that exceed `Settings.index_bytes` in half precision stay in the store,
    which searches them.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind or Native
    centre : bool
        See `VectorIndex`.

    Returns
    -------
    index : Index
    revision : Revision or None
        The `OnDiskIndex.revision` that was opened: one read earlier would be outdated when
        the index is brought up to date; one read later could belong to lists that were
        built since.
    """
    limit = settings().exact_vectors
    count = corpus.count_vectors(bundle, kind)
    index = index_location(corpus, bundle, kind, centre=centre)
    revision = index.revision()
    if count > limit and _exceeds(corpus, bundle, kind, count):
        return lance.StoredIndex(corpus.snapshot(), bundle, kind, count, centre=centre), revision
    if count > limit:
        try:
            opened = _open_on_disk(index, corpus, bundle, kind, centre=centre)
            build_ivf.begin(index)
            return opened
        except OSError as error:  # a full or read-only disk
            log.warning("no index can be written to %s: %s", index.folder, type(error).__name__)
    snapshot = corpus.snapshot()
    ids, vectors = snapshot.vectors(bundle, kind)
    has_groups = kind in POST_KINDS and len(ids) > 0
    groups = _groups(snapshot, pa.array(ids, pa.string())) if has_groups else None
    return VectorIndex(ids, vectors, groups=groups, centre=centre), revision


def prepare(
    corpus: Corpus,
    bundle: str,
    kind: Kind | Native,
    *,
    centre: bool = True,
    progress: Progress | None = None,
) -> None:
    """Build the index of a kind with its lists in this process; see `open_index`.

    `progress` is called with the vectors done and the total.
    """
    count = corpus.count_vectors(bundle, kind)
    if count <= settings().exact_vectors:
        return
    if _exceeds(corpus, bundle, kind, count):
        corpus.index_vectors(bundle)
        return
    index = index_location(corpus, bundle, kind, centre=centre)
    _open_on_disk(index, corpus, bundle, kind, centre=centre)
    build_ivf.make(index, progress=progress)


def _exceeds(corpus: Corpus, bundle: str, kind: Kind | Native, count: int) -> bool:
    return 2 * count * corpus.dim(bundle) > settings().index_bytes


def _open_on_disk(
    index: OnDiskIndex, corpus: Corpus, bundle: str, kind: Kind | Native, *, centre: bool
) -> tuple[VectorIndex, Revision | None]:
    """Open the index on disk, written if needed, and its revision."""
    revision = index.revision()
    opened = index.open(corpus.stamp(bundle))
    if opened is None:
        with index.writing():  # another process may have been faster
            snapshot = corpus.snapshot()  # so that stamp, count and vectors belong together
            stamp = snapshot.stamp(bundle)
            opened = index.open(stamp)
            if opened is None:
                _fill(index, snapshot, bundle, kind, centre=centre)
                opened = index.open(stamp)
            revision = index.revision()
    if opened is None:
        raise KindredError("damaged", f"The index at {index.folder} cannot be read back.")
    return opened, revision


def _fill(
    index: OnDiskIndex, corpus: Corpus, bundle: str, kind: Kind | Native, *, centre: bool
) -> None:
    stamp = corpus.stamp(bundle)
    post_groups = partial(_groups, corpus) if kind in POST_KINDS else None
    if build.update(index, stamp, corpus.stream_vectors(bundle, kind), groups=post_groups):
        return
    build.write(
        index,
        stamp,
        corpus.stream_vectors(bundle, kind),
        corpus.count_vectors(bundle, kind),
        centre=centre,
        groups=post_groups,
        queries=_queries(corpus, bundle, kind, centre=centre),
    )


def _groups(corpus: Corpus, names: pa.Array) -> pa.Array:
    """Return the duplicate group of each post; null for posts without duplicates."""
    table = corpus.table(["id", "group"])
    rows = pc.index_in(names.cast(pa.string()), value_set=table["id"].combine_chunks())
    return table["group"].combine_chunks().take(rows)


def _queries(
    corpus: Corpus, bundle: str, kind: Kind | Native, *, centre: bool
) -> np.ndarray | None:
    """Return vectors of other kinds, as likely queries."""
    if isinstance(kind, Native):  # not comparable with the vectors of another kind
        return None
    parts = []
    for other in Kind:
        count = 0 if other is kind else corpus.count_vectors(bundle, other)
        if not 0 < count <= settings().exact_vectors:
            continue
        vectors = normalize(corpus.vectors(bundle, other)[1])
        vectors = normalize(vectors - mean_and_offset(vectors, centre=centre)[1])
        parts.append(vectors[vectors.any(axis=1)])
    if not parts:
        return None
    queries = np.concatenate(parts)
    rng = np.random.default_rng(SEED)
    return queries[rng.permutation(len(queries))[:_QUERIES]]
