"""The training data of a space of words and images: documents of words, and their images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

# Besides English. Each adds about 3,000 words, and the cost of a step grows with their number.
LANGUAGES = ("es", "fr", "de", "it", "pt", "ru", "ar", "hi", "ja", "zh")


@dataclass(frozen=True, slots=True, eq=False)
class WordImages:
    """Documents and images, grouped by what they show.

    Attributes
    ----------
    words : tuple of str
        The vocabulary, most frequent first.
    documents : tuple of numpy.ndarray
        ``m`` arrays ``(l,)`` int64 of rows in the vocabulary. An English text and its
        translation are one document, which aligns the languages.
    document_group : numpy.ndarray
        ``(m,)`` int64: the group of each document.
    names : numpy.ndarray
        ``(n,)`` ids of the images.
    features : numpy.ndarray
        ``(n, d)`` float32.
    image_group : numpy.ndarray
        ``(n,)`` int64.
    group_words : tuple of numpy.ndarray
        By group: the rows of its English words; ``group_all``: of all its words.
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
    """Read all shipped posts and drawings with their texts and tags.

    Parameters
    ----------
    encoder : Encoder
        Of images.
    clean : frozenset of str
        Words with pretrained vectors; preferred among equally rare words.
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
        texts = [{"lang": language, "text": t} for t in (row["title"], row["text"]) if t]
        rows.append(_row(row, texts + captions.get(row["id"], []), assets / "corpus" / "media"))
    for row in pq.read_table(assets / "training" / "pairs.parquet").to_pylist():
        rows.append(_row(row, row["texts"], assets / "training" / "images"))
    return _group(rows, encoder, clean, cache or FeatureCache())


def of_corpus(
    corpus: Corpus,
    encoder: Encoder,
    *,
    clean: frozenset[str] = frozenset(),
    cache: FeatureCache | None = None,
) -> WordImages:
    """Read the posts of an imported corpus, such as YFCC100M; parameters as for `shipped`."""
    wanted = ["id", "text", "title", "tags", "image", "group"]
    rows = []
    for row in corpus.table(wanted).sort_by("id").to_pylist():
        entry = _row(
            row, [{"lang": "en", "text": t} for t in (row["title"], row["text"]) if t], None
        )
        entry["image"] = corpus.media_path(row["image"]) if row["image"] else None
        rows.append(entry)
    return _group(rows, encoder, clean, cache or FeatureCache())


def _row(
    row: dict[str, Any], texts: Sequence[dict[str, str]], media: Path | None
) -> dict[str, Any]:
    return {
        "id": row["id"],
        "group": row["group"] or row["id"],
        "tags": list(row["tags"] or []),
        "texts": texts,
        "image": media / row["image"] if media and row.get("image") else None,
    }


def _group(
    rows: Sequence[dict[str, Any]], encoder: Encoder, clean: frozenset[str], cache: FeatureCache
) -> WordImages:
    """Make one document for each group and language; other styles of an emoji add nothing."""
    group = codes([row["group"] for row in rows])
    count = int(group.max()) + 1
    english: list[dict[str, None]] = [{} for _ in range(count)]
    foreign: list[dict[str, dict[str, None]]] = [{} for _ in range(count)]
    for g, row in zip(group, rows, strict=True):
        for caption in [*row["texts"], *({"lang": "en", "text": tag} for tag in row["tags"])]:
            new_words = dict.fromkeys(clean_words(caption["text"]))
            if caption["lang"] == "en":
                english[g] |= new_words
            elif caption["lang"] in LANGUAGES:
                foreign[g].setdefault(caption["lang"], {}).update(new_words)
    texts: list[list[str]] = []
    group_of_text: list[int] = []
    for g in range(count):
        others: list[dict[str, None]] = [{}, *foreign[g].values()]
        texts += [list(english[g] | other) for other in others]
        group_of_text += [g] * len(others)
    words = vocabulary(texts, known=clean)
    index = {word: i for i, word in enumerate(words)}

    def rows_of(text: Iterable[str]) -> np.ndarray:
        return np.array([index[w] for w in text if w in index], dtype=np.int64)

    documents = [rows_of(text) for text in texts]
    long_enough = [i for i, document in enumerate(documents) if len(document) > 1]
    all_words = [np.zeros(0, dtype=np.int64)] * count
    for document, g in zip(documents, group_of_text, strict=True):
        all_words[g] = np.union1d(all_words[g], document)
    with_image = [i for i, row in enumerate(rows) if row["image"]]
    features = cache.media(encoder, [rows[i]["image"] for i in with_image])
    usable = ~np.isnan(features[:, 0])
    with_image = [i for i, fine in zip(with_image, usable, strict=True) if fine]
    return WordImages(
        words=tuple(words),
        documents=tuple(documents[i] for i in long_enough),
        document_group=np.array([group_of_text[i] for i in long_enough], dtype=np.int64),
        names=np.array([rows[i]["id"] for i in with_image], dtype=object),
        features=features[usable],
        image_group=group[with_image],
        group_words=tuple(rows_of(text) for text in english),
        group_all=tuple(all_words),
    )
