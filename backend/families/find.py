"""Put posts with near-copies of one picture, text or sound into families."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy import sparse

from backend.core.progress import Progress
from backend.core.threads import threads
from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Modality, Post
from backend.families import hashes, texts
from backend.families.storage import SCHEMA

# Chosen on the drawings of commons: below, pairs are one picture again; above, many only share
# their layout (a flag with other colours, a sign with another mark).
BITS = 44  # of `hashes.BITS` in which two pictures or sounds may differ
COSINE = 0.9  # of their vectors, at least
BITS_ALONE = 20  # where there are no vectors
_MEDIA = {
    Modality.IMAGE: (Kind.IMAGE, hashes.of_picture),
    Modality.AUDIO: (Kind.AUDIO, hashes.of_sound),
}
_STEPS = 3


def find(
    corpus: Corpus, bundle: str, progress: Progress | None = None, *, cores: int | None = None
) -> pa.Table:
    """Find the families of a corpus.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
        Whose vectors confirm that two pictures or sounds are the same.
    progress : callable, optional
        Called with the steps done and all steps, in thousandths.
    cores : int, optional
        Threads that decode; default: all that this process may use.

    Returns
    -------
    pyarrow.Table
        With the schema `SCHEMA`, a row for each post.
    """
    posts = corpus.table(["id", "text", "image", "audio", "time"]).sort_by(
        [("time", "ascending"), ("id", "ascending")]
    )
    ids = posts["id"].to_pylist()
    links: dict[str, np.ndarray] = {}
    variants: dict[str, np.ndarray] = {}
    for number, modality in enumerate(Modality):
        report = _part(progress, number)
        if modality is Modality.TEXT:
            found, variant = _of_texts(posts["text"].to_pylist(), report)
        else:
            files = posts[modality.value].to_pylist()
            found, variant = _of_media(corpus, bundle, modality, ids, files, report, cores)
        links[modality.value], variants[modality.value] = found, variant
    if progress is not None:
        progress(_STEPS * 1000, _STEPS * 1000)
    family = _components(len(ids), np.concatenate(list(links.values())))
    by: list[list[str]] = [[] for _ in ids]
    for name, found in links.items():
        for row in np.unique(found):
            by[row].append(name)
    return pa.table(
        {
            "id": ids,
            "family": [None if first < 0 else ids[first] for first in family],
            "by": ["+".join(names) for names in by],
            **{f"{name}_variant": variants[name] for name in variants},
        },
        schema=SCHEMA,
    )


def _part(progress: Progress | None, number: int) -> Progress:
    def report(done: int, total: int) -> None:
        if progress is not None:
            share = number + done / max(total, 1)
            progress(round(share * 1000), _STEPS * 1000)

    return report


def _of_texts(rows: Sequence[str | None], progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of rows with near-copies of a text, and a number for each exact form."""
    number_of: dict[str, int] = {}
    variant = np.array(
        [number_of.setdefault(one, len(number_of)) if one else -1 for one in map(texts.form, rows)],
        dtype=np.int32,
    )
    near = texts.pairs(list(number_of), progress)
    return _pairs_of_rows(variant, near), with_short(rows, variant)


def with_short(rows: Sequence[str | None], variant: np.ndarray) -> np.ndarray:
    """Number texts too short to be compared below -1, so that they are not taken for none."""
    number_of: dict[str, int] = {}
    numbers = variant.copy()
    for row in np.flatnonzero(variant < 0).tolist():
        if text := texts.short_form(rows[row]):
            numbers[row] = number_of.setdefault(text, -2 - len(number_of))
    return numbers


def _of_media(
    corpus: Corpus,
    bundle: str,
    modality: Modality,
    ids: Sequence[str],
    files: Sequence[str | None],
    progress: Progress,
    cores: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of posts with near-copies of a medium, and a number for each exact hash."""
    kind, fingerprint_of = _MEDIA[modality]
    # A file that several posts show is read once.
    paths = {file: _path(corpus, file, modality) for file in dict.fromkeys(files) if file}
    known = {file: path for file, path in paths.items() if path is not None}
    made = hashes.many(
        list(known.values()), fingerprint_of, threads=cores or threads(), progress=progress
    )
    number_of, fingerprints = _numbered(known, made)
    variant = np.array([number_of.get(file or "", -1) for file in files], dtype=np.int32)
    if not fingerprints:
        return np.empty((0, 2), dtype=np.int64), variant
    first = np.unique(variant[variant >= 0], return_index=True)[1]
    first = np.flatnonzero(variant >= 0)[first]  # row of each variant
    near, bits = hashes.pairs(np.stack([one.hash for one in fingerprints]), BITS)
    colours = np.stack([one.colours for one in fingerprints])
    alike = hashes.same_colours(colours[near[:, 0]], colours[near[:, 1]])
    near, bits = near[alike], bits[alike]
    vectors = _vectors(corpus, bundle, kind, [ids[row] for row in first])
    near = near[_confirmed(near, bits, vectors)]
    return _pairs_of_rows(variant, near), variant


def _numbered(
    files: Iterable[str], fingerprints: Sequence[hashes.Fingerprint | None]
) -> tuple[dict[str, int], list[hashes.Fingerprint]]:
    """Return the variant of each file with a fingerprint, and the fingerprint of each variant."""
    number_of: dict[str, int] = {}
    different: list[hashes.Fingerprint] = []
    with_hash: dict[bytes, list[int]] = {}  # variants, which differ in their colours
    for file, fingerprint in zip(files, fingerprints, strict=True):
        if fingerprint is None:
            continue
        numbers = with_hash.setdefault(fingerprint.hash.tobytes(), [])
        same = [
            number
            for number in numbers
            if hashes.same_colours(different[number].colours[None], fingerprint.colours[None])[0]
        ]
        if not same:
            same = [len(different)]
            numbers.append(len(different))
            different.append(fingerprint)
        number_of[file] = same[0]
    return number_of, different


def _path(corpus: Corpus, file: str, modality: Modality) -> Path | None:
    try:
        return corpus.media_of(Post(file, image=file, audio=file), modality)
    except KindredError:
        return None


def _vectors(corpus: Corpus, bundle: str, kind: Kind, ids: Sequence[str]) -> np.ndarray:
    """Return unit vectors of posts in their order; NaN where there is none."""
    found, matrix = corpus.vectors(bundle, kind, list(ids))
    made = np.full((len(ids), matrix.shape[1] or 1), np.nan, dtype=np.float32)
    row_of = {name: row for row, name in enumerate(ids)}
    rows = [row_of[name] for name in found]
    if rows:
        length = np.linalg.norm(matrix, axis=1, keepdims=True)
        made[rows] = matrix / np.maximum(length, 1e-9)
    return made


def _confirmed(near: np.ndarray, bits: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    cosine = np.einsum("nd,nd->n", vectors[near[:, 0]], vectors[near[:, 1]])
    unknown = np.isnan(cosine)
    return np.where(unknown, bits <= BITS_ALONE, cosine >= COSINE)


def _pairs_of_rows(variant: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return pairs of rows that connect equal and near variants, as few as do that."""
    order = np.argsort(variant, kind="stable")
    order = order[variant[order] >= 0]
    same = variant[order[1:]] == variant[order[:-1]]
    equal = np.stack([order[:-1][same], order[1:][same]], axis=1)
    first = np.full(int(variant.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[variant[order[::-1]]] = order[::-1]
    return np.concatenate([equal, first[near]]).astype(np.int64)


def _components(n: int, linked: np.ndarray) -> np.ndarray:
    """Return the first member of each row's family; -1 for a row on its own."""
    ones = np.ones(len(linked), dtype=np.int8)
    graph = sparse.coo_matrix((ones, (linked[:, 0], linked[:, 1])), shape=(n, n))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    _, first, size = np.unique(label, return_index=True, return_counts=True)
    return np.where(size[label] > 1, first[label], -1)
