"""The shipped training data as `Pairs`: corpus posts and additional image-text pairs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.core.progress import Progress
from backend.domain import Modality
from backend.joint_space.fit import Classes
from backend.joint_space.pairs import NONE, Pairs, codes
from backend.settings import ASSETS
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder


# Languages of the captions and names to encode, and how many of them for each post.
# The encoder knows about a hundred; a few, widely spread, suffice to make the heads
# independent of language.
LANGUAGES = (
    "en", "es", "fr", "de", "it", "pt", "nl", "pl", "ru", "tr", "ar", "hi", "ja", "zh", "ko", "id",
)  # fmt: skip
TRANSLATIONS = 3


def full_text(row: Mapping[str, Any]) -> str:
    """Return the full text of a post: its text or title, followed by its tags.

    Examples
    --------
    >>> full_text({"text": "Home.", "title": "Home", "tags": ["house", "garden"]})
    'Home. house, garden'
    """
    text = (row.get("text") or row.get("title") or "").strip()
    return f"{text} {', '.join(row.get('tags') or [])}".strip()


def text_variants(row: Mapping[str, Any]) -> list[str]:
    """Return text variants of a post, the full text first.

    Titles, tags alone and random subsets of tags train the heads for short queries.
    """
    text, title = (row.get("text") or "").strip(), (row.get("title") or "").strip()
    tags = list(row.get("tags") or [])
    variants = [full_text(row), text]
    if title and title != text:
        variants.append(title)
    # Seeded by the group: near-duplicates have the same variants.
    rng = random.Random(hashlib.sha256((row.get("group") or row["id"]).encode()).digest())
    texts = {t["lang"]: t["text"] for t in row.get("texts") or [] if t["lang"] in LANGUAGES}
    english = texts.pop("en", None)
    variants += [english] if english else []
    variants += [texts[lang] for lang in rng.sample(sorted(texts), min(TRANSLATIONS, len(texts)))]
    if tags:
        variants.append(", ".join(tags))
        if len(tags) > 2:
            variants.append(" ".join(rng.sample(tags, rng.randint(1, len(tags) - 1))))
    return list(dict.fromkeys(t for t in variants if t))


def rows(assets: Path = ASSETS, *, extra: bool = True) -> list[dict[str, Any]]:
    """Return every post and pair, with media as absolute paths.

    Parameters
    ----------
    assets : pathlib.Path
    extra : bool
        Whether to include the additional image-text pairs.

    Returns
    -------
    list of dict
        ``id, user, group, source, texts (variants), image, audio``.
    """
    captions: dict[str, list[dict[str, str]]] = {}
    for row in pq.read_table(assets / "labels" / "tuxpaint_captions.parquet").to_pylist():
        language = row["lang"].split("_")[0]
        captions.setdefault(row["post"], []).append({"lang": language, "text": row["caption"]})
    posts = []
    for row in pq.read_table(assets / "corpus" / "posts.parquet").to_pylist():
        row["texts"] = captions.get(row["id"], [])
        posts.append(_row(row, assets / "corpus" / "media", row["user"]))
    if extra:
        for row in pq.read_table(assets / "training" / "pairs.parquet").to_pylist():
            posts.append(_row(row, assets / "training" / "images", row["author"]))
    return posts


def _row(row: dict[str, Any], media: Path, user: str | None) -> dict[str, Any]:
    return {
        "id": row["id"],
        "user": user,
        "group": row["group"] or row["id"],
        "source": row["source"],
        "texts": text_variants(row),
        "image": media / row["image"] if row.get("image") else None,
        "audio": media / row["audio"] if row.get("audio") else None,
    }


def encode(
    posts: Sequence[Mapping[str, Any]],
    encoders: Mapping[Modality, Encoder],
    *,
    cache: FeatureCache | None = None,
    progress: Progress | None = None,
) -> Pairs:
    """Encode rows, each text variant included.

    Parameters
    ----------
    posts : sequence of mapping
        As from `rows`.
    encoders : mapping of Modality to Encoder
    cache : FeatureCache, optional
    progress : callable, optional
        Called with items done and total items.
    """
    cache = cache or FeatureCache()
    text_post = np.array([i for i, r in enumerate(posts) for _ in r["texts"]], dtype=np.int64)
    texts = [t for r in posts for t in r["texts"]]
    total = len(texts) + sum(bool(r["image"]) + bool(r["audio"]) for r in posts)
    done = 0

    def report(n: int, _all: int) -> None:
        if progress is not None:
            progress(done + n, total)

    vectors = cache.texts(encoders[Modality.TEXT], texts, progress=report)
    done += len(texts)
    media = {}
    for modality in (Modality.IMAGE, Modality.AUDIO):
        encoder = encoders[modality]
        present = [i for i, r in enumerate(posts) if r[modality.value]]
        media[modality] = np.full((len(posts), encoder.dim), np.nan, dtype=np.float32)
        paths = [posts[i][modality.value] for i in present]
        media[modality][present] = cache.media(encoder, paths, progress=report)
        done += len(present)
    usable = ~np.isnan(vectors[:, 0])
    text_post, vectors = text_post[usable], vectors[usable]
    first_text = np.full(len(posts), NONE, dtype=np.int64)
    first_text[text_post[::-1]] = np.arange(len(text_post))[::-1]
    return Pairs(
        ids=np.array([r["id"] for r in posts], dtype=object),
        users=codes([r["user"] for r in posts]),
        groups=codes([r["group"] for r in posts]),
        sources=np.array([r["source"] for r in posts], dtype=object),
        image=media[Modality.IMAGE],
        audio=media[Modality.AUDIO],
        texts=vectors,
        text_post=text_post,
        text_whole=first_text,
    )


def image_classes(
    encoders: Mapping[Modality, Encoder], *, cache: FeatureCache | None = None
) -> Classes | None:
    """Return the image encoder's classifier with text vectors of its class names.

    Returns
    -------
    Classes or None
        None if the image encoder has no classes.
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
