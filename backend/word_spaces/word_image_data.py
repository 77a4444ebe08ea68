"""What a space of words and images learns from: documents of words, and images beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.joint_space.pairs import codes
from backend.settings import ASSETS
from backend.text.tokens import clean_words
from backend.training.feature_cache import FeatureCache
from backend.word_spaces.placed_words import vocabulary

if TYPE_CHECKING:
    from backend.corpus import Corpus
    from backend.encoders import Encoder

# Beside English; each adds some three thousand words, and every step costs by their number.
LANGUAGES = ("es", "fr", "de", "it", "pt", "ru", "ar", "hi", "ja", "zh")


@dataclass(frozen=True, slots=True, eq=False)
class WordImages:
    """Documents and images by what they show.

    Attributes
    ----------
    words : tuple of str
        The vocabulary, most frequent first.
    documents : tuple of numpy.ndarray
        ``(m,)`` each of ``(l,)`` int64 places in the vocabulary. An English text and its
        translation are one document, so that languages meet.
    document_group : numpy.ndarray
        ``(m,)`` int64: what a document speaks of.
    names : numpy.ndarray
        ``(n,)`` ids of the images.
    features : numpy.ndarray
        ``(n, d)`` float32.
    image_group : numpy.ndarray
        ``(n,)`` int64.
    group_words : tuple of numpy.ndarray
        By group: the places of its English words; ``group_all``: of all its words.
    """

    words: tuple[str, ...]
    documents: tuple[np.ndarray, ...]
    document_group: np.ndarray
    names: np.ndarray
    features: np.ndarray
    image_group: np.ndarray
    group_words: tuple[np.ndarray, ...]
    group_all: tuple[np.ndarray, ...]


def shipped(
    encoder: Encoder,
    *,
    clean: frozenset[str] = frozenset(),
    cache: FeatureCache | None = None,
    assets: Path = ASSETS,
) -> WordImages:
    """All shipped posts and drawings with their texts and tags.

    Parameters
    ----------
    encoder : Encoder
        Of images.
    clean : frozenset of str
        Words with pretrained vectors; among the equally rare they are kept first.
    cache : FeatureCache, optional
    assets : pathlib.Path
    """
    captions: dict[str, list[dict[str, str]]] = {}
    for row in pq.read_table(assets / "labels" / "tuxpaint_captions.parquet").to_pylist():
        caption = {"lang": row["lang"].split("_")[0], "text": row["caption"]}
        captions.setdefault(row["post"], []).append(caption)
    rows = []
    for row in pq.read_table(assets / "corpus" / "posts.parquet").to_pylist():
        language = row["language"] or "en"
        said = [{"lang": language, "text": t} for t in (row["title"], row["text"]) if t]
        rows.append(_row(row, said + captions.get(row["id"], []), assets / "corpus" / "media"))
    for row in pq.read_table(assets / "training" / "pairs.parquet").to_pylist():
        rows.append(_row(row, row["texts"], assets / "training" / "images"))
    return _gather(rows, encoder, clean, cache or FeatureCache())


def of_corpus(
    corpus: Corpus,
    encoder: Encoder,
    *,
    clean: frozenset[str] = frozenset(),
    cache: FeatureCache | None = None,
) -> WordImages:
    """The posts of an imported corpus, a YFCC100M table for one; parameters as for `shipped`."""
    wanted = ["id", "text", "title", "tags", "image", "group"]
    rows = []
    for row in corpus.table(wanted).sort_by("id").to_pylist():
        made = _row(
            row, [{"lang": "en", "text": t} for t in (row["title"], row["text"]) if t], None
        )
        made["image"] = corpus.media_path(row["image"]) if row["image"] else None
        rows.append(made)
    return _gather(rows, encoder, clean, cache or FeatureCache())


def _row(row: dict[str, Any], said: Sequence[dict[str, str]], media: Path | None) -> dict[str, Any]:
    return {
        "id": row["id"],
        "group": row["group"] or row["id"],
        "tags": list(row["tags"] or []),
        "said": said,
        "image": media / row["image"] if media and row.get("image") else None,
    }


def _gather(
    rows: Sequence[dict[str, Any]], encoder: Encoder, clean: frozenset[str], cache: FeatureCache
) -> WordImages:
    """One document for each group and language; the same emoji in another style says no more."""
    group = codes([row["group"] for row in rows])
    count = int(group.max()) + 1
    english: list[dict[str, None]] = [{} for _ in range(count)]
    foreign: list[dict[str, dict[str, None]]] = [{} for _ in range(count)]
    for place, row in zip(group, rows, strict=True):
        for said in [*row["said"], *({"lang": "en", "text": tag} for tag in row["tags"])]:
            some = dict.fromkeys(clean_words(said["text"]))
            if said["lang"] == "en":
                english[place] |= some
            elif said["lang"] in LANGUAGES:
                foreign[place].setdefault(said["lang"], {}).update(some)
    found: list[list[str]] = []
    owner: list[int] = []
    for place in range(count):
        others: list[dict[str, None]] = [{}, *foreign[place].values()]
        found += [list(english[place] | other) for other in others]
        owner += [place] * len(others)
    words = vocabulary(found, known=clean)
    index = {word: i for i, word in enumerate(words)}
    documents = [np.array([index[w] for w in some if w in index], dtype=np.int64) for some in found]
    kept = [i for i, document in enumerate(documents) if len(document) > 1]
    all_words = [np.zeros(0, dtype=np.int64)] * count
    for document, place in zip(documents, owner, strict=True):
        all_words[place] = np.union1d(all_words[place], document)
    seen = [i for i, row in enumerate(rows) if row["image"]]
    features = cache.media(encoder, [rows[i]["image"] for i in seen])
    usable = ~np.isnan(features[:, 0])
    seen = [i for i, fine in zip(seen, usable, strict=True) if fine]
    return WordImages(
        words=tuple(words),
        documents=tuple(documents[i] for i in kept),
        document_group=np.array([owner[i] for i in kept], dtype=np.int64),
        names=np.array([rows[i]["id"] for i in seen], dtype=object),
        features=features[usable],
        image_group=group[seen],
        group_words=tuple(
            np.array([index[w] for w in some if w in index], dtype=np.int64) for some in english
        ),
        group_all=tuple(all_words),
    )
