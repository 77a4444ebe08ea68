"""What a fit encodes, encoded before it starts: so that it can say how much is left."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.affect.fitting.labelled_texts import training_texts
from backend.domain import KindredError, Modality
from backend.joint_space import embed_corpus, shipped_pairs
from backend.settings import ASSETS, SEED
from backend.training.feature_cache import CHUNK, FeatureCache

if TYPE_CHECKING:
    from backend.core.progress import Progress
    from backend.corpus import Corpus
    from backend.encoders import Encoder

_MEDIA = (Modality.IMAGE, Modality.AUDIO)


def rows(sample: int | None = None) -> list[dict[str, Any]]:
    """Return the posts and drawings that the joint space learns from; of these, `sample`."""
    found = shipped_pairs.rows()
    if sample is None or sample >= len(found):
        return found
    return random.Random(SEED).sample(found, sample)


def missing(
    corpus: Corpus,
    pairs: Sequence[Mapping[str, Any]],
    encoders: Mapping[Modality, Encoder],
    cache: FeatureCache,
    *,
    assets: Path = ASSETS,
) -> dict[Modality, list[Any]]:
    """Return the texts and files that a fit needs and that are not in the cache, each once.

    Parameters
    ----------
    corpus : Corpus
        Its posts get vectors of the bundle.
    pairs : sequence of mapping
        As from `rows`.
    encoders : mapping of Modality to Encoder
    cache : FeatureCache
    assets : pathlib.Path
        Holds the labelled texts.
    """
    posts = corpus.table(["text", "title", "tags", "image", "audio"]).to_pylist()
    texts = [text for row in pairs for text in row["texts"]]
    texts += [post["text"] for post in posts if post["text"]]
    texts += embed_corpus.vocabulary([post["tags"] for post in posts])
    texts += getattr(encoders[Modality.IMAGE], "classes", ())
    texts += training_texts(assets)
    found: dict[Modality, list[Any]] = {Modality.TEXT: texts}
    for modality in _MEDIA:
        files = [row[modality.value] for row in pairs if row[modality.value]]
        files += [path for post in posts if (path := _file(corpus, post[modality.value]))]
        found[modality] = list(dict.fromkeys(files))
    return {m: cache.missing(encoders[m], items) for m, items in found.items()}


def encode(
    items: Mapping[Modality, Sequence[Any]],
    encoders: Mapping[Modality, Encoder],
    cache: FeatureCache,
    progress: Progress | None = None,
) -> None:
    """Encode items into the cache; `progress` takes how many of all are done."""
    done, total = 0, sum(map(len, items.values()))
    if progress is not None and total:
        progress(done, total)
    for modality, some in _mixed(items):
        get = cache.texts if modality is Modality.TEXT else cache.media
        get(encoders[modality], some)
        done += len(some)
        if progress is not None:
            progress(done, total)


def counts(items: Mapping[Modality, Sequence[Any]]) -> Counter[Modality]:
    """Count the items of each modality."""
    return Counter({modality: len(some) for modality, some in items.items()})


def _mixed(items: Mapping[Modality, Sequence[Any]]) -> Iterator[tuple[Modality, Sequence[Any]]]:
    """Cut items into batches, those of all modalities spread evenly.

    A picture costs more than a text: one kind after the other, the time left would be wrong.

    Examples
    --------
    >>> items = {Modality.TEXT: ["t"] * 256, Modality.IMAGE: ["i"] * 128}
    >>> "".join(some[0] for _, some in _mixed(items))
    'tittit'
    """
    batches = [
        (start / len(some), modality, some[start : start + CHUNK])
        for modality, some in items.items()
        for start in range(0, len(some), CHUNK)
    ]
    for _, modality, batch in sorted(batches, key=lambda b: b[0]):
        yield modality, batch


def _file(corpus: Corpus, name: str | None) -> Path | None:
    """Return the file of a post; None where it is gone, of which the fit itself tells."""
    if not name:
        return None
    try:
        return corpus.media_path(name)
    except KindredError:
        return None
