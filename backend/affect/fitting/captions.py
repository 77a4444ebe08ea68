"""Training of what tells captions, which only name things, from texts that say something."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression

from backend.affect.fitting.labels import PLAIN, Texts
from backend.affect.fitting.text import Judged
from backend.settings import SEED

# Sources of drawings and photos whose texts name what is shown.
SOURCES = ("openclipart", "openmoji", "tuxpaint")
NAMES = 1500  # texts of them that are read
COMMENTS = 3000  # comments that are set against them
SCENES = "emotion:caption"  # composed captions do both, and train neither
STRENGTH = 10.0  # inverse regularisation


def caption_texts(assets: Path) -> list[str]:
    """Texts of drawings and photos of the corpus that carry no sentiment label.

    Those with a label stay unseen, since the confidence in such texts is fitted to them.
    """
    columns = ["text", "source", "labels"]
    rows = pq.read_table(assets / "corpus" / "posts.parquet", columns=columns).to_pylist()
    texts = [
        row["text"]
        for row in rows
        if row["source"] in SOURCES
        and row["text"]
        and "sentiment" not in json.loads(row["labels"] or "{}")
    ]
    order = np.random.default_rng(SEED).permutation(len(texts))[:NAMES]
    return [texts[i] for i in np.sort(order)]


def fit_captions(
    names: np.ndarray, vectors: np.ndarray, data: Texts, judged: Judged | None
) -> dict[str, np.ndarray]:
    """Fit the log-odds that a text only names things.

    Parameters
    ----------
    names : numpy.ndarray
        ``(n, d)`` of texts that do, from the text encoder.
    vectors : numpy.ndarray
        Of `data`'s texts.
    data : Texts
    judged : Judged, optional

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.text.TextHead` takes it: ``naming_weight (d + 1,)``.
    """
    names = names[~np.isnan(names).any(axis=1)]
    says = vectors[(data.sources != PLAIN) & (data.groups != SCENES)]
    if judged is not None:
        says = np.concatenate([says, judged.vectors[judged.training][:COMMENTS]])
    if not len(names) or not len(says):
        return {}
    rows = np.concatenate([says, names]).astype(np.float64)
    middle = rows.mean(axis=0)
    fit = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300)
    fit.fit(rows - middle, np.arange(len(rows)) >= len(says))
    weight = fit.coef_[0]
    bias = fit.intercept_[0] - weight @ middle
    return {"naming_weight": np.append(weight, bias).astype(np.float32)}
