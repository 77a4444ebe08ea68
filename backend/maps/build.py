"""Making the maps of a corpus: graph, layout, clusters, labels, quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.domain import Kind, KindredError
from backend.maps import clusters, graph, labels, layout, quality
from backend.maps.types import UNCLUSTERED, Cluster, Level, Map

Progress = Callable[[int, int], None]

KINDS = (Kind.USER, Kind.POST)
_TYPICAL = 12
_NEAR = 6
_STEPS = 6
_LEAST = 3  # fewer points make no map


def make(
    corpus: Corpus,
    bundle: str,
    kind: Kind,
    *,
    draws: int = 3,
    progress: Progress | None = None,
) -> Map:
    """Make the map of one kind from the vectors that a bundle gave a corpus.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind
        `Kind.USER` or `Kind.POST`.
    draws : int
        How often the map is made again to measure how stable its clusters are.
    progress : callable, optional
        Steps done and steps in all.

    Returns
    -------
    Map

    Raises
    ------
    KindredError
        ``too_few`` when there is next to nothing to lay out.
    """
    ids, raw = corpus.vectors(bundle, kind)
    if len(ids) < _LEAST:
        raise KindredError(
            "too_few", f"A map needs {_LEAST} {kind}s with vectors; there are {len(ids)}."
        )
    step = _stepper(progress)
    vectors = graph.centred(raw)
    knn = graph.neighbours(vectors, min(layout.NEIGHBOURS, len(ids) - 1))
    step()
    points = layout.lay_out(vectors, knn=knn)
    step()
    found = clusters.cluster(points)
    step()
    told = describe(corpus, bundle, kind, ids, vectors, found)
    step()
    stable = _stability(vectors, found, draws)
    step()
    levels = tuple(
        Level(name, codes, _with_stability(told[name], stable[name]))
        for name, codes in found.items()
    )
    middle = found["medium"]
    sizes = np.bincount(middle[middle >= 0], minlength=len(stable["medium"]))
    clustered = bool(sizes.sum()) and bool(draws)
    measured = {
        "trustworthiness": quality.trustworthiness(vectors, points),
        "stability": float(np.average(stable["medium"], weights=sizes)) if clustered else np.nan,
        "unclustered": float((middle == UNCLUSTERED).mean()),
        "placed": 0.0,
    }
    step()
    total = corpus.info().posts if kind is Kind.POST else corpus.info().users
    return Map(kind, ids, points, levels, measured, bundle, total)


def describe(
    corpus: Corpus,
    bundle: str,
    kind: Kind,
    ids: np.ndarray,
    vectors: np.ndarray,
    found: dict[str, np.ndarray],
) -> dict[str, list[Cluster]]:
    """Label the clusters of every level and name their typical posts.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    kind : Kind
    ids : numpy.ndarray
        ``(n,)`` of the points.
    vectors : numpy.ndarray
        ``(n, dim)`` of the points, centred.
    found : dict of str to numpy.ndarray
        ``(n,)`` cluster of each point, by level.

    Returns
    -------
    dict of str to list of Cluster
        With a stability of NaN.
    """
    columns = ["id", "user", "text", "title", "tags", "language", "image"]
    posts = corpus.table(columns).sort_by("id")
    owner = posts["user" if kind is Kind.USER else "id"].combine_chunks()
    at = pc.index_in(owner, value_set=pa.array(ids, pa.string())).fill_null(-1).to_numpy()
    rows = list(
        zip(*(posts[c].to_pylist() for c in ("text", "title", "tags", "language")), strict=True)
    )
    terms = labels.Terms([labels.terms_of(*row) for row in rows], [row[3] for row in rows])
    words, word_vectors = corpus.vectors(bundle, Kind.WORD)
    word_vectors = graph.centred(word_vectors) if len(words) else word_vectors
    post_ids, post_vectors = (ids, vectors) if kind is Kind.POST else _centred_posts(corpus, bundle)
    with_image = set(posts["id"].filter(pc.is_valid(posts["image"])).to_pylist())
    owners = dict(zip(posts["id"].to_pylist(), at.tolist(), strict=True))
    of_post = np.array([owners.get(id_, -1) for id_ in post_ids])
    made: dict[str, list[Cluster]] = {}
    for name, codes in found.items():
        count = int(codes.max(initial=-1)) + 1
        whole = np.append(codes, UNCLUSTERED)  # row -1: a post whose author has no point
        middles = [vectors[codes == cluster].mean(axis=0) for cluster in range(count)]
        told = terms.describe(
            whole[at], count, _nearness(terms.names, words, word_vectors, middles)
        )
        where = whole[of_post]
        made[name] = []
        for cluster in range(count):
            centre = middles[cluster]
            label, strongest = told[cluster]
            near = _nearest_words(words, word_vectors, centre)
            made[name].append(
                Cluster(
                    id=cluster,
                    label=label or ", ".join(near[:2]) or f"cluster {cluster + 1}",
                    words=strongest,
                    size=int((codes == cluster).sum()),
                    stability=float("nan"),
                    typical=_typical(post_ids, post_vectors, where == cluster, centre, with_image),
                    near=near,
                )
            )
        made[name] = _told_apart(made[name])
    return made


def _centred_posts(corpus: Corpus, bundle: str) -> tuple[np.ndarray, np.ndarray]:
    ids, raw = corpus.vectors(bundle, Kind.POST)
    return ids, graph.centred(raw) if len(ids) else raw


def _nearness(
    terms: np.ndarray, words: np.ndarray, vectors: np.ndarray, middles: Sequence[np.ndarray]
) -> np.ndarray | None:
    """Cosine of terms with the middles of clusters, ``(clusters, terms)``; NaN without a vector."""
    if not len(words) or not middles:
        return None
    at = pc.index_in(pa.array(terms, pa.string()), value_set=pa.array(words, pa.string()))
    rows = at.fill_null(-1).to_numpy(zero_copy_only=False)
    scores = normalize(np.stack(middles)) @ vectors.T
    made = scores[:, rows]
    made[:, rows < 0] = np.nan
    return made


def _nearest_words(words: np.ndarray, vectors: np.ndarray, centre: np.ndarray) -> tuple[str, ...]:
    if not len(words):
        return ()
    return tuple(words[np.argsort(-(vectors @ centre), kind="stable")[:_NEAR]].tolist())


def _typical(
    ids: np.ndarray,
    vectors: np.ndarray,
    members: np.ndarray,
    centre: np.ndarray,
    with_image: set[str],
) -> tuple[str, ...]:
    """Posts next to the centre, those with an image first."""
    rows = np.flatnonzero(members)
    near = ids[rows[np.argsort(-(vectors[rows] @ centre), kind="stable")]].tolist()
    seen = [id_ for id_ in near[: 8 * _TYPICAL] if id_ in with_image][:_TYPICAL]
    others = [id_ for id_ in near[:_TYPICAL] if id_ not in with_image]
    return tuple([*seen, *others][:_TYPICAL])


def _told_apart(made: list[Cluster]) -> list[Cluster]:
    """Clusters with labels of which none comes twice: one that would gets more words."""
    from dataclasses import replace

    used: set[str] = set()
    apart = []
    for one in made:
        label = one.label
        for word in (*one.words, *one.near, str(one.id + 1)):
            if label not in used:
                break
            if word not in label.split(", "):
                label = f"{label}, {word}"
        used.add(label)
        apart.append(replace(one, label=label))
    return apart


def _with_stability(made: Sequence[Cluster], stable: np.ndarray) -> tuple[Cluster, ...]:
    from dataclasses import replace

    return tuple(replace(one, stability=float(stable[one.id])) for one in made)


def _stability(
    vectors: np.ndarray, found: dict[str, np.ndarray], draws: int
) -> dict[str, np.ndarray]:
    """Stability of the clusters of every level; the draws are laid out once for all."""
    kept: dict[int, dict[str, np.ndarray]] = {}

    def again(level: str) -> Callable[[np.ndarray, int], np.ndarray]:
        def labels_of(rows: np.ndarray, seed: int) -> np.ndarray:
            if seed not in kept:
                points = layout.lay_out(vectors[rows], seed=seed)
                kept[seed] = clusters.cluster(points)
            return kept[seed][level]

        return labels_of

    return {
        level: quality.stability(codes, again(level), draws=draws) for level, codes in found.items()
    }


def _stepper(progress: Progress | None) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, _STEPS)

    return step
