"""Drawings and posts labelled with the human sentiment of their emoji, for calibration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from backend.affect.evidence import Evidence
from backend.affect.fitting.fusion import LabelledOdds
from backend.affect.fitting.image import Drawings
from backend.affect.text import TextHead
from backend.domain import SENTIMENTS
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.encoders import Encoder

STYLE = "openmoji"  # the drawings that are posts of the corpus


def labelled_drawings(assets: Path, drawings: Drawings, odds: np.ndarray) -> LabelledOdds:
    """The drawings of rated emoji, in every style.

    Parameters
    ----------
    assets : pathlib.Path
    drawings : Drawings
    odds : numpy.ndarray
        ``(n,)`` float64: log-odds of the drawings by heads trained on no drawing of that emoji.
    """
    rows = pq.read_table(assets / "labels" / "emoji.parquet", columns=["hexcode", "label"])
    labels = {row["hexcode"]: row["label"] for row in rows.to_pylist() if row["label"]}
    indices = np.flatnonzero(drawings.rated & np.isin(drawings.groups, list(labels)))
    groups, styles = drawings.groups[indices], drawings.styles[indices]
    return LabelledOdds(
        np.array([f"{g} {s}" for g, s in zip(groups, styles, strict=True)], dtype=object),
        np.full(len(indices), np.nan),
        odds[indices],
        np.zeros(len(indices)),
        np.array([SENTIMENTS.index(labels[g]) for g in groups], dtype=np.int64),
        groups,
        np.zeros(len(indices)),
    )


def labelled_posts(
    assets: Path,
    drawings: Drawings,
    odds: np.ndarray,
    head: TextHead,
    encoder: Encoder,
    cache: FeatureCache,
) -> LabelledOdds:
    """The posts of OpenMoji: text, drawing and the sentiment of the emoji.

    The text head was trained on none of them.

    Parameters
    ----------
    assets, drawings, odds
        As for `labelled_drawings`.
    head : TextHead
    encoder : Encoder
        Of texts.
    cache : FeatureCache
    """
    columns = ["id", "text", "title", "labels", "source"]
    rows = [
        row | {"sentiment": json.loads(row["labels"] or "{}").get("sentiment")}
        for row in pq.read_table(assets / "corpus" / "posts.parquet", columns=columns).to_pylist()
        if row["source"] == STYLE
    ]
    emoji = pq.read_table(assets / "labels" / "emoji.parquet", columns=["post", "hexcode"])
    code = {row["post"]: row["hexcode"] for row in emoji.to_pylist() if row["post"]}
    drawing_of = {
        group: i
        for i, (group, style) in enumerate(zip(drawings.groups, drawings.styles, strict=True))
        if style == STYLE
    }
    rows = [r for r in rows if r["sentiment"] and code.get(r["id"]) in drawing_of]
    texts = [row["text"] or row["title"] for row in rows]
    groups = np.array([code[row["id"]] for row in rows])
    none = np.zeros(0)
    text = Evidence(none, none, none, none)
    if rows:
        text = head.evidence(cache.texts(encoder, texts), texts)
    assert text.neutral is not None and text.caption is not None
    return LabelledOdds(
        np.array([row["id"] for row in rows], dtype=object),
        text.sentiment,
        odds[[drawing_of[group] for group in groups]] if rows else none,
        text.neutral,
        np.array([SENTIMENTS.index(row["sentiment"]) for row in rows], dtype=np.int64),
        groups,
        text.caption,
    )
