"""Drawings of emoji with human ratings, and other images, as `Drawings`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.affect.fitting.image import Drawings
from backend.affect.fitting.labels import MIN_RATINGS
from backend.settings import ASSETS
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder

OTHERS = 600  # images of each source other than emoji, for the detector of faces


def read_drawings(assets: Path, encoder: Encoder, cache: FeatureCache | None = None) -> Drawings:
    """Encode emoji in every style, and some other images.

    Parameters
    ----------
    assets : pathlib.Path
    encoder : Encoder
        Of images.
    cache : FeatureCache, optional

    Returns
    -------
    Drawings
        ``styles`` is empty for images other than emoji.
    """
    cache = cache or FeatureCache()
    rows = [*_emoji(assets), *_others(assets)]
    vectors = cache.media(encoder, [r["path"] for r in rows])
    usable = np.flatnonzero(~np.isnan(vectors[:, 0]))
    return Drawings(
        vectors=vectors,
        styles=np.array([r["style"] for r in rows]),
        groups=np.array([r["group"] for r in rows]),
        face=np.array([r["face"] for r in rows]),
        polarity=np.array([r["polarity"] for r in rows]),
        names=[r["name"] for r in rows],
    ).take(usable)


def _emoji(assets: Path) -> list[dict[str, Any]]:
    labels = pq.read_table(assets / "labels" / "emoji.parquet").to_pylist()
    by_code = {r["hexcode"]: r for r in labels}
    by_post = {r["post"]: r for r in labels}
    found = []
    for pair in pq.read_table(assets / "training" / "pairs.parquet").to_pylist():
        label = by_code.get(pair["hexcode"])
        if label is not None:
            path = assets / "training" / "images" / pair["image"]
            found.append(_drawing(label, pair["style"], path))
    posts = pq.read_table(
        assets / "corpus" / "posts.parquet", columns=["id", "image", "source"]
    ).to_pylist()
    for post in posts:
        label = by_post.get(post["id"])
        if label is not None and post["image"]:
            path = assets / "corpus" / "media" / post["image"]
            found.append(_drawing(label, post["source"], path))
    return found


def _drawing(label: dict[str, Any], style: str, path: Path) -> dict[str, Any]:
    counts = [label[k] or 0 for k in ("negative", "neutral", "positive")]
    rated = sum(counts) >= MIN_RATINGS
    return {
        "path": path,
        "style": style,
        "group": label["hexcode"],
        "face": bool(label["is_face"]),
        "polarity": (counts[2] - counts[0]) / sum(counts) if rated else np.nan,
        "name": label["name"],
    }


def _others(assets: Path) -> list[dict[str, Any]]:
    posts = pq.read_table(
        assets / "corpus" / "posts.parquet", columns=["id", "image", "source", "group", "text"]
    ).to_pylist()
    found: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    for post in posts:
        source = post["source"]
        if not post["image"] or source == "openmoji" or counts.get(source, 0) >= OTHERS:
            continue
        counts[source] = counts.get(source, 0) + 1
        found.append(
            {
                "path": assets / "corpus" / "media" / post["image"],
                "style": "",
                "group": post["group"] or post["id"],
                "face": False,
                "polarity": np.nan,
                "name": post["text"] or "",
            }
        )
    return found


def shipped(encoder: Encoder) -> Drawings:
    """The drawings of the repository."""
    return read_drawings(ASSETS, encoder)
