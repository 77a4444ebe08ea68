"""Build the map of a corpus: graph, layout, clusters, labels, quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.progress import Progress, Tally
from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.domain import Kind, KindredError
from backend.maps import clusters, graph, labels, layout, quality
from backend.maps.naming import Meanings, centroids, name_clusters
from backend.maps.types import UNCLUSTERED, Cluster, Level, Map
from backend.maps.vectors import of_posts
from backend.search import corpus_users

KINDS = (Kind.USER, Kind.POST)
_TYPICAL_POSTS = 12
_NEAR_WORDS = 6
_STEPS = 6
_FEW_POSTS = 1_000  # of a corpus, in which a term of a single post may be a name
_LEAST_POSTS = 3  # that a term is in, in a larger one
_MIN_POINTS = 3  # of a map
_MOST_NAMED = 60_000  # posts of a large corpus, evenly spaced, whose terms name its clusters


def make(
    corpus: Corpus, bundle: str, kind: Kind, *, draws: int = 3, progress: Progress | None = None
) -> Map:
    """Build the map of one kind from the vectors of a corpus under a bundle.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind
        `Kind.USER` or `Kind.POST`.
    draws : int
        How often the map is built again to measure the stability of its clusters.
    progress : callable, optional
        Called with the steps done and their total.

    Raises
    ------
    KindredError
        ``too_few`` for fewer than three points.
    """
    ids, raw = corpus_users.vectors_of(corpus, bundle, kind)
    if len(ids) < _MIN_POINTS:
        message = f"A map needs {_MIN_POINTS} {kind}s with vectors; there are {len(ids)}."
        raise KindredError("too_few", message)
    step = Tally(_STEPS, progress)
    if kind is Kind.POST:
        joint, vectors = of_posts(corpus, bundle, ids, raw)
    else:
        joint, vectors = _joint(corpus, bundle, ids), graph.centred(raw)
    del raw  # 200,000 of 384 numbers take 300 MB
    knn = graph.neighbours(vectors, min(layout.NEIGHBOURS, len(ids) - 1))
    step()
    points = layout.lay_out(vectors, knn=knn)
    step()
    codes_by_level = clusters.cluster(points)
    points = layout.close_gaps(points)
    step()
    with ThreadPoolExecutor(1, "map quality") as pool:  # numpy leaves other threads room
        trustworthiness = pool.submit(quality.trustworthiness, vectors, points)
        described = describe(corpus, bundle, kind, ids, joint, codes_by_level)
        step()
        stabilities = _stability(vectors, codes_by_level, draws)
        step()
    levels = tuple(
        Level(name, codes, _with_stability(described[name], stabilities[name]))
        for name, codes in codes_by_level.items()
    )
    medium = codes_by_level["medium"]
    sizes = np.bincount(medium[medium >= 0], minlength=len(stabilities["medium"]))
    clustered = bool(sizes.sum()) and bool(draws)
    map_quality = {
        "trustworthiness": trustworthiness.result(),
        "stability": float(np.average(stabilities["medium"], weights=sizes))
        if clustered
        else np.nan,
        "unclustered": float((medium == UNCLUSTERED).mean()),
        "placed": 0.0,
    }
    posts = corpus.info().posts
    if (named := len(_naming(posts))) < posts:
        map_quality["named_from"] = float(named)
    step()
    total = posts if kind is Kind.POST else corpus.info().users
    return Map(kind, ids, points, levels, map_quality, bundle, total)


def describe(
    corpus: Corpus,
    bundle: str,
    kind: Kind,
    ids: np.ndarray,
    vectors: np.ndarray,
    codes_by_level: dict[str, np.ndarray],
) -> dict[str, list[Cluster]]:
    """Describe the clusters of every level: label, words, typical posts.

    Of a large corpus the terms of `_MOST_NAMED` posts, evenly spaced, name the clusters.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind
    ids : numpy.ndarray
        ``(n,)``, of the points.
    vectors : numpy.ndarray
        ``(n, dim)`` of the points in the joint space, as those of words and posts, centred.
    codes_by_level : dict of str to numpy.ndarray
        ``(n,)``: the cluster of each point, by level.

    Returns
    -------
    dict of str to list of Cluster
        Their stability is NaN.
    """
    worded = ["text", "title", "tags", "language", "written", "said"]
    posts = corpus.table(["id", "user", "image", *worded]).sort_by("id")
    owner = posts["user" if kind is Kind.USER else "id"].combine_chunks()
    point_of_post = (
        pc.index_in(owner, value_set=pa.array(ids, pa.string())).fill_null(-1).to_numpy()
    )
    named = _naming(len(posts))
    texts = posts.select(worded).take(named)
    rows = list(zip(*(texts[c].to_pylist() for c in worded), strict=True))
    terms = labels.Terms(
        [labels.terms_of(*row) for row in rows],
        [row[3] for row in rows],
        least=1 if len(rows) < _FEW_POSTS else _LEAST_POSTS,
    )
    words, word_vectors = corpus.vectors(bundle, Kind.WORD)
    word_vectors = graph.centred(word_vectors) if len(words) else word_vectors
    term_vectors = _of_terms(terms.names, words, word_vectors)
    post_ids, post_vectors = (ids, vectors) if kind is Kind.POST else _centred_posts(corpus, bundle)
    with_image = set(posts["id"].filter(pc.is_valid(posts["image"])).to_pylist())
    owners = dict(zip(posts["id"].to_pylist(), point_of_post.tolist(), strict=True))
    point_of_vector = np.array([owners.get(id_, -1) for id_ in post_ids])
    described: dict[str, list[Cluster]] = {}
    for name, codes in codes_by_level.items():
        count = int(codes.max(initial=-1)) + 1
        codes_or_none = np.append(codes, UNCLUSTERED)  # -1: a post whose author has no point
        middles = centroids(vectors, codes, count)
        label_and_words = name_clusters(
            terms,
            codes_or_none[point_of_post[named]],
            count,
            None if term_vectors is None else Meanings(term_vectors, middles),
        )
        cluster_of_post = codes_or_none[point_of_vector]
        described[name] = []
        for cluster in range(count):
            centroid = middles[cluster]
            label, strongest = label_and_words[cluster]
            near = _nearest_words(words, word_vectors, centroid)
            described[name].append(
                Cluster(
                    id=cluster,
                    label=label or ", ".join(near[:2]) or f"cluster {cluster + 1}",
                    words=strongest,
                    size=int((codes == cluster).sum()),
                    stability=float("nan"),
                    typical=medoids(post_ids, post_vectors, cluster_of_post == cluster, with_image),
                    near=near,
                )
            )
        described[name] = _with_distinct_labels(described[name])
    return described


def _joint(corpus: Corpus, bundle: str, ids: np.ndarray) -> np.ndarray:
    """Return the centred joint vectors of users, zeros where one has none."""
    known, raw = corpus.vectors(bundle, Kind.USER)
    rows = pc.index_in(pa.array(ids, pa.string()), value_set=pa.array(known, pa.string()))
    found = rows.fill_null(-1).to_numpy(zero_copy_only=False)
    vectors = np.zeros((len(ids), raw.shape[1]), dtype=np.float32)
    vectors[found >= 0] = graph.centred(raw)[found[found >= 0]]
    return vectors


def _centred_posts(corpus: Corpus, bundle: str) -> tuple[np.ndarray, np.ndarray]:
    ids, rows = corpus.vectors(bundle, Kind.POST)
    if len(ids):
        rows -= rows.mean(axis=0)  # in place: 200,000 of 384 numbers take 300 MB
        normalize(rows, in_place=True)
    return ids, rows


def _naming(posts: int) -> np.ndarray:
    """Rows of the posts whose terms name clusters: all, or at most `_MOST_NAMED`."""
    return np.arange(0, posts, -(-posts // _MOST_NAMED) or 1)


def _of_terms(terms: np.ndarray, words: np.ndarray, vectors: np.ndarray) -> np.ndarray | None:
    """Return the vector of each term, zeros without one; None where no word has any."""
    if not len(words):
        return None
    rows = pc.index_in(pa.array(terms, pa.string()), value_set=pa.array(words, pa.string()))
    place = rows.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.asarray(np.where(place[:, None] >= 0, vectors[place], np.float32(0)))


def _nearest_words(words: np.ndarray, vectors: np.ndarray, centroid: np.ndarray) -> tuple[str, ...]:
    if not len(words):
        return ()
    return tuple(words[np.argsort(-(vectors @ centroid), kind="stable")[:_NEAR_WORDS]].tolist())


def medoids(
    ids: np.ndarray, vectors: np.ndarray, members: np.ndarray, with_image: set[str]
) -> tuple[str, ...]:
    """Return the posts of a cluster that are most alike to all of its posts, images first.

    Of users, too, the posts are compared: the mean of users may lie where nobody posts.

    Parameters
    ----------
    ids : numpy.ndarray
        ``(n,)`` of posts.
    vectors : numpy.ndarray
        ``(n, dim)`` of unit length.
    members : numpy.ndarray
        ``(n,)`` bool: the posts of the cluster.
    with_image : set of str
        Ids of posts that have an image.

    Returns
    -------
    tuple of str
        A dozen at most.
    """
    rows = np.flatnonzero(members)
    alike = vectors[rows] @ vectors[rows].mean(axis=0) if len(rows) else np.empty(0)
    near = ids[rows[np.argsort(-alike, kind="stable")]].tolist()
    with_images = [id_ for id_ in near[: 8 * _TYPICAL_POSTS] if id_ in with_image][:_TYPICAL_POSTS]
    others = [id_ for id_ in near[:_TYPICAL_POSTS] if id_ not in with_image]
    return tuple([*with_images, *others][:_TYPICAL_POSTS])


def _with_distinct_labels(clusters_: list[Cluster]) -> list[Cluster]:
    """Make labels unique: a label that is taken gets more words."""
    from dataclasses import replace

    used: set[str] = set()
    distinct = []
    for cluster in clusters_:
        label = cluster.label
        for word in (*cluster.words, *cluster.near, str(cluster.id + 1)):
            if label not in used:
                break
            if word not in label.split(", "):
                label = f"{label}, {word}"
        used.add(label)
        distinct.append(replace(cluster, label=label))
    return distinct


def _with_stability(clusters_: Sequence[Cluster], stabilities: np.ndarray) -> tuple[Cluster, ...]:
    from dataclasses import replace

    return tuple(
        replace(cluster, stability=float(stabilities[cluster.id])) for cluster in clusters_
    )


def _stability(
    vectors: np.ndarray, codes_by_level: dict[str, np.ndarray], draws: int
) -> dict[str, np.ndarray]:
    """Measure the stability of the clusters of every level; each draw is laid out once."""
    drawn: dict[int, dict[str, np.ndarray]] = {}

    def again(level: str) -> Callable[[np.ndarray, int], np.ndarray]:
        def labels_of(rows: np.ndarray, seed: int) -> np.ndarray:
            if seed not in drawn:
                points = layout.lay_out(vectors[rows], seed=seed)
                drawn[seed] = clusters.cluster(points)
            return drawn[seed][level]

        return labels_of

    return {
        level: quality.stability(codes, again(level), draws=draws)
        for level, codes in codes_by_level.items()
    }
