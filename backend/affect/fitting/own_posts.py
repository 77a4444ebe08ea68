"""Drawings and posts with the sentiment that people gave their emoji, for calibration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from backend.affect.fitting.fusion import Own
from backend.affect.fitting.image import Drawings
from backend.affect.text import TextHead
from backend.domain import SENTIMENTS
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder

STYLE = "openmoji"  # the drawings that are posts of the corpus


def drawn(assets: Path, drawings: Drawings, odds: np.ndarray) -> Own:
    """Every drawing of an emoji that people judged, in every style.

    Parameters
    ----------
    assets : pathlib.Path
    drawings : Drawings
    odds : numpy.ndarray
        ``(n,)`` log-odds of the drawings, by heads that saw no drawing of that emoji.

    Returns
    -------
    Own
    """
    rows = pq.read_table(assets / "labels" / "emoji.parquet", columns=["hexcode", "label"])
    labels = {row["hexcode"]: row["label"] for row in rows.to_pylist() if row["label"]}
    judged = ~np.isnan(drawings.polarity) & (drawings.styles != "")
    some = np.flatnonzero(judged & np.isin(drawings.groups, list(labels)))
    groups, styles = drawings.groups[some], drawings.styles[some]
    return Own(
        np.array([f"{g} {s}" for g, s in zip(groups, styles, strict=True)], dtype=object),
        np.full(len(some), np.nan),
        odds[some],
        np.array([SENTIMENTS.index(labels[g]) for g in groups], dtype=np.int64),
        groups,
    )


def posted(
    assets: Path,
    drawings: Drawings,
    odds: np.ndarray,
    head: TextHead,
    encoder: Encoder,
    cache: FeatureCache,
) -> Own:
    """OpenMoji's posts: their own words, their own drawing, the sentiment of the emoji.

    The text head has learnt from none of them.

    Parameters
    ----------
    assets, drawings, odds
        As for `drawn`.
    head : TextHead
    encoder : Encoder
        Of texts.
    cache : FeatureCache

    Returns
    -------
    Own
    """
    columns = ["id", "text", "title", "labels", "source"]
    rows = [
        row | {"sentiment": json.loads(row["labels"] or "{}").get("sentiment")}
        for row in pq.read_table(assets / "corpus" / "posts.parquet", columns=columns).to_pylist()
        if row["source"] == STYLE
    ]
    emoji = pq.read_table(assets / "labels" / "emoji.parquet", columns=["post", "hexcode"])
    code = {row["post"]: row["hexcode"] for row in emoji.to_pylist() if row["post"]}
    place = {
        group: i
        for i, (group, style) in enumerate(zip(drawings.groups, drawings.styles, strict=True))
        if style == STYLE
    }
    rows = [r for r in rows if r["sentiment"] and code.get(r["id"]) in place]
    words = [row["text"] or row["title"] for row in rows]
    groups = np.array([code[row["id"]] for row in rows])
    said = head.evidence(cache.texts(encoder, words), words).sentiment if rows else np.zeros(0)
    return Own(
        np.array([row["id"] for row in rows], dtype=object),
        said,
        odds[[place[group] for group in groups]] if rows else np.zeros(0),
        np.array([SENTIMENTS.index(row["sentiment"]) for row in rows], dtype=np.int64),
        groups,
    )
