"""The shipped training data as `Pairs`: corpus posts and the further image-text pairs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.domain import Modality
from backend.joint_space.fit import Classes
from backend.joint_space.pairs import NONE, Pairs, codes
from backend.settings import ASSETS
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder

Progress = Callable[[int, int], None]

# Languages of the captions and names that are encoded, and how many of them for
# one thing: the encoder knows about a hundred; a few of a wide spread show the
# heads that language does not matter, and more only cost time.
LANGUAGES = (
    "en", "es", "fr", "de", "it", "pt", "nl", "pl", "ru", "tr", "ar", "hi", "ja", "zh", "ko", "id",
)  # fmt: skip
TRANSLATIONS = 3


def words_of(row: Mapping[str, Any]) -> str:
    """A post's words as one text: what it says and, as hashtags would be, its tags.

    Examples
    --------
    >>> words_of({"text": "Home.", "title": "Home", "tags": ["house", "garden"]})
    'Home. house, garden'
    """
    text = (row.get("text") or row.get("title") or "").strip()
    return f"{text} {', '.join(row.get('tags') or [])}".strip()


def texts_of(row: Mapping[str, Any]) -> list[str]:
    """The ways in which a post's words can be put; the first has all of them.

    A query is rarely a whole post: title, tags alone and random handfuls of
    tags teach the heads short queries.
    """
    text, title = (row.get("text") or "").strip(), (row.get("title") or "").strip()
    tags = list(row.get("tags") or [])
    found = [words_of(row), text]
    if title and title != text:
        found.append(title)
    # Seeded by the group: the same thing in another drawing style has the same texts.
    rng = random.Random(hashlib.sha256((row.get("group") or row["id"]).encode()).digest())
    texts = {t["lang"]: t["text"] for t in row.get("texts") or [] if t["lang"] in LANGUAGES}
    english = texts.pop("en", None)
    found += [english] if english else []
    found += [texts[lang] for lang in rng.sample(sorted(texts), min(TRANSLATIONS, len(texts)))]
    if tags:
        found.append(", ".join(tags))
        if len(tags) > 2:
            found.append(" ".join(rng.sample(tags, rng.randint(1, len(tags) - 1))))
    return list(dict.fromkeys(t for t in found if t))


def rows(assets: Path = ASSETS, *, extra: bool = True) -> list[dict[str, Any]]:
    """Every post and pair, with media as absolute paths.

    Parameters
    ----------
    assets : pathlib.Path
    extra : bool
        Whether the further image-text pairs are wanted too.

    Returns
    -------
    list of dict
        ``id, user, group, source, texts (variants), image, audio``.
    """
    captions: dict[str, list[dict[str, str]]] = {}
    for row in pq.read_table(assets / "labels" / "tuxpaint_captions.parquet").to_pylist():
        language = row["lang"].split("_")[0]
        captions.setdefault(row["post"], []).append({"lang": language, "text": row["caption"]})
    found = []
    for row in pq.read_table(assets / "corpus" / "posts.parquet").to_pylist():
        row["texts"] = captions.get(row["id"], [])
        found.append(_row(row, assets / "corpus" / "media", row["user"]))
    if extra:
        for row in pq.read_table(assets / "training" / "pairs.parquet").to_pylist():
            found.append(_row(row, assets / "training" / "images", row["author"]))
    return found


def _row(row: dict[str, Any], media: Path, user: str | None) -> dict[str, Any]:
    return {
        "id": row["id"],
        "user": user,
        "group": row["group"] or row["id"],
        "source": row["source"],
        "texts": texts_of(row),
        "image": media / row["image"] if row.get("image") else None,
        "audio": media / row["audio"] if row.get("audio") else None,
    }


def encode(
    some: Sequence[Mapping[str, Any]],
    encoders: Mapping[Modality, Encoder],
    *,
    cache: FeatureCache | None = None,
    progress: Progress | None = None,
) -> Pairs:
    """Encode rows, each text variant included.

    Parameters
    ----------
    some : sequence of mapping
        As `rows` gives them.
    encoders : mapping of Modality to Encoder
    cache : FeatureCache, optional
    progress : callable, optional
        Called with items done and items in all.

    Returns
    -------
    Pairs
    """
    cache = cache or FeatureCache()
    text_post = np.array([i for i, r in enumerate(some) for _ in r["texts"]], dtype=np.int64)
    texts = [t for r in some for t in r["texts"]]
    total = len(texts) + sum(bool(r["image"]) + bool(r["audio"]) for r in some)
    done = 0

    def report(n: int, _all: int) -> None:
        if progress is not None:
            progress(done + n, total)

    vectors = cache.texts(encoders[Modality.TEXT], texts, progress=report)
    done += len(texts)
    media = {}
    for modality in (Modality.IMAGE, Modality.AUDIO):
        encoder = encoders[modality]
        have = [i for i, r in enumerate(some) if r[modality.value]]
        media[modality] = np.full((len(some), encoder.dim), np.nan, dtype=np.float32)
        paths = [some[i][modality.value] for i in have]
        media[modality][have] = cache.media(encoder, paths, progress=report)
        done += len(have)
    usable = ~np.isnan(vectors[:, 0])
    text_post, vectors = text_post[usable], vectors[usable]
    first = np.full(len(some), NONE, dtype=np.int64)
    first[text_post[::-1]] = np.arange(len(text_post))[::-1]
    return Pairs(
        ids=np.array([r["id"] for r in some], dtype=object),
        users=codes([r["user"] for r in some]),
        groups=codes([r["group"] for r in some]),
        sources=np.array([r["source"] for r in some], dtype=object),
        image=media[Modality.IMAGE],
        audio=media[Modality.AUDIO],
        texts=vectors,
        text_post=text_post,
        text_whole=first,
    )


def classes_of(
    encoders: Mapping[Modality, Encoder], *, cache: FeatureCache | None = None
) -> Classes | None:
    """The image encoder's classifier with the text vectors of its class names.

    Returns
    -------
    Classes or None
        None when the image encoder has no classes.
    """
    image: Any = encoders[Modality.IMAGE]
    if not hasattr(image, "classes"):
        return None
    bias = image.logits(np.zeros((1, image.dim), dtype=np.float32))[0]
    weight = image.logits(np.eye(image.dim, dtype=np.float32)) - bias
    cache = cache or FeatureCache()
    return Classes(
        weight=np.ascontiguousarray(weight.T),
        bias=bias,
        text=cache.texts(encoders[Modality.TEXT], list(image.classes)),
    )
