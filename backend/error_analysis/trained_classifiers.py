"""Classifiers that were trained on a corpus's labels, held against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from backend.bundles.bundle import Bundle
from backend.bundles.embedder import Features
from backend.classifiers.predict import HELD_OUT, STEM, classify
from backend.domain import Content, Modality
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.judgements import ModelPredictions

BATCH = 64


class ClassifierModel:
    """The fusion model in a trained bundle.

    Parameters
    ----------
    bundle : Bundle
    classes : sequence of str
        Of the labels that it is held against; those that it never learnt get nothing.
    encode : callable
        Contents to encoder features.
    content : callable
        A row of labelled posts to its content, None when it cannot be read.
    """

    def __init__(
        self,
        bundle: Bundle,
        classes: Sequence[str],
        encode: Callable[[Sequence[Content]], Sequence[Features]],
        content: Callable[[Mapping[str, Any]], Content | None],
    ) -> None:
        self.name = bundle.path.name
        self.title = f"{self.name} ({bundle.config[STEM]['model']})"
        self.classes = tuple(classes)
        self._bundle, self._encode, self._content = bundle, encode, content

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `backend.error_analysis.models.Model.predict`."""
        parts = [self._some(posts[i : i + BATCH]) for i in range(0, len(posts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes)), np.float32)

    def predicted(self, labelled: GroundTruth) -> ModelPredictions:
        """As `backend.error_analysis.models.Model.predicted`."""
        config = self._bundle.config[STEM]
        here = (config["corpus"], config["label"]) == (labelled.corpus, labelled.label)
        held_out = np.full(len(labelled), True)
        if here and (self._bundle.path / HELD_OUT).is_file():
            probability = self._kept(labelled)
            count = int(np.isfinite(probability[:, 0]).sum())
            note = (
                f"{self.name} is {config['model']}, trained on this label. Shown are the {count:,} "
                "posts of the folds that were tested, each judged by a model that had not seen it."
            )
        else:
            probability = self._now(labelled)
            note = f"{self.name} is {config['model']}, trained on {config['corpus']}."
            if here:
                held_out[:] = False
                note += (
                    " Which of these posts it learnt from was not kept; most it did, so that every "
                    "figure is optimistic."
                )
        guess = np.nan_to_num(probability, nan=-1.0).argmax(axis=1)
        return ModelPredictions(self.name, self.classes, probability, guess, held_out, note)

    def _now(self, labelled: GroundTruth) -> np.ndarray:
        found = np.full((len(labelled), len(self.classes)), np.nan, dtype=np.float32)
        rows = labelled.table.to_pylist()
        for start in range(0, len(rows), BATCH):
            read = [self._content(row) for row in rows[start : start + BATCH]]
            usable = [i for i, content in enumerate(read) if content is not None]
            some = [content for content in read if content is not None]
            if some:
                found[[start + i for i in usable]] = self._some(some)
        return found

    def _some(self, posts: Sequence[Content]) -> np.ndarray:
        features = self._encode(posts)
        given: dict[Modality, np.ndarray] = {}
        for modality, size in self._bundle.config[STEM]["shape"]["inputs"]:
            rows = np.full((len(posts), size), np.nan, dtype=np.float32)
            for i, feature in enumerate(features):
                if Modality(modality) in feature.vectors:
                    rows[i] = feature.vectors[Modality(modality)]
            given[Modality(modality)] = rows
        _, shares = classify(self._bundle, given)
        read = np.any([np.isfinite(rows[:, 0]) for rows in given.values()], axis=0)
        return self._placed(np.where(read[:, None], shares, np.nan))

    def _kept(self, labelled: GroundTruth) -> np.ndarray:
        table = pq.read_table(self._bundle.path / HELD_OUT)
        place = {id_: i for i, id_ in enumerate(labelled.ids)}
        shares = np.stack(table["shares"].to_pylist()).astype(np.float32)
        found = np.full((len(labelled), len(self.classes)), np.nan, dtype=np.float32)
        for id_, row in zip(table["id"].to_pylist(), self._placed(shares), strict=True):
            if id_ in place:
                found[place[id_]] = row
        return found

    def _placed(self, shares: np.ndarray) -> np.ndarray:
        """Columns in the order of `classes`."""
        learnt = list(self._bundle.config[STEM]["classes"])
        found = np.zeros((len(shares), len(self.classes)), dtype=np.float32)
        for column, name in enumerate(self.classes):
            if name in learnt:
                found[:, column] = shares[:, learnt.index(name)]
        found[np.isnan(shares).any(axis=1)] = np.nan
        return found
