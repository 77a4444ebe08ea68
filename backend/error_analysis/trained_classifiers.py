"""Classifiers trained with Kindred, as models of error analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from backend.bundles.bundle import Bundle
from backend.bundles.embedder import Features
from backend.classifiers.predict import HELD_OUT, LEARNT, STEM, classify
from backend.domain import Content, Modality
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.predictions import ModelPredictions

BATCH = 64


class ClassifierModel:
    """The fusion model in a trained bundle.

    Parameters
    ----------
    bundle : Bundle
    classes : sequence of str
        Of the ground truth; classes that it was not trained on get probability 0.
    encode : callable
        Return the encoder features of contents.
    content : callable
        Return the content of a row of posts, None when it cannot be read.
    keys : callable
        Return the keys of a row of posts, see `backend.classifiers.post_keys`.
    """

    def __init__(
        self,
        bundle: Bundle,
        classes: Sequence[str],
        encode: Callable[[Sequence[Content]], Sequence[Features]],
        content: Callable[[Mapping[str, Any]], Content | None],
        keys: Callable[[Mapping[str, Any]], frozenset[str]],
    ) -> None:
        self.name = bundle.path.name
        self.title = f"{self.name} ({bundle.config[STEM]['model']})"
        self.classes = tuple(classes)
        self._bundle, self._encode, self._content, self._keys = bundle, encode, content, keys

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `backend.error_analysis.models.Model.predict`."""
        parts = [self._predict_batch(posts[i : i + BATCH]) for i in range(0, len(posts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes)), np.float32)

    def predict_labelled(self, ground_truth: GroundTruth) -> ModelPredictions:
        """As `backend.error_analysis.models.Model.predict_labelled`."""
        config = self._bundle.config[STEM]
        here = (config["corpus"], config["label"]) == (ground_truth.corpus, ground_truth.label)
        held_out = np.full(len(ground_truth), True)
        if here and self._bundle.file(HELD_OUT).is_file():
            probability = self._stored(ground_truth)
            count = int(np.isfinite(probability[:, 0]).sum())
            note = (
                f"{self.name} is {config['model']}, trained on this label. Shown are the {count:,} "
                "posts of its test folds, each predicted by a model that was not trained on it."
            )
        else:
            probability = self._predict_all(ground_truth)
            note = f"{self.name} is {config['model']}, trained on {config['corpus']}."
            if here:
                held_out[:] = False
                note += (
                    " It was trained on most of these posts; which ones was not recorded, so every "
                    "figure is optimistic."
                )
            elif (seen := self._seen(ground_truth)).any():
                held_out = ~seen
                note += (
                    f" {seen.sum():,} of these {len(seen):,} posts have the content of posts that "
                    "it was trained on, so its figures are optimistic."
                )
        predicted = np.nan_to_num(probability, nan=-1.0).argmax(axis=1)
        return ModelPredictions(self.name, self.classes, probability, predicted, held_out, note)

    def _seen(self, ground_truth: GroundTruth) -> np.ndarray:
        """Return which posts have the content of one that it was trained on, ``(n,)`` bool."""
        file = self._bundle.file(LEARNT)
        if not file.is_file():  # trained by an earlier version
            return np.zeros(len(ground_truth), dtype=bool)
        learnt = set(pq.read_table(file)["key"].to_pylist())
        rows = ground_truth.table.to_pylist()
        return np.array([not learnt.isdisjoint(self._keys(row)) for row in rows], dtype=bool)

    def _predict_all(self, ground_truth: GroundTruth) -> np.ndarray:
        result = np.full((len(ground_truth), len(self.classes)), np.nan, dtype=np.float32)
        rows = ground_truth.table.to_pylist()
        for start in range(0, len(rows), BATCH):
            read = [self._content(row) for row in rows[start : start + BATCH]]
            usable = [i for i, content in enumerate(read) if content is not None]
            batch = [content for content in read if content is not None]
            if batch:
                result[[start + i for i in usable]] = self._predict_batch(batch)
        return result

    def _predict_batch(self, posts: Sequence[Content]) -> np.ndarray:
        features = self._encode(posts)
        inputs: dict[Modality, np.ndarray] = {}
        for modality, size in self._bundle.config[STEM]["shape"]["inputs"]:
            rows = np.full((len(posts), size), np.nan, dtype=np.float32)
            for i, feature in enumerate(features):
                if Modality(modality) in feature.vectors:
                    rows[i] = feature.vectors[Modality(modality)]
            inputs[Modality(modality)] = rows
        _, probabilities = classify(self._bundle, inputs)
        read = np.any([np.isfinite(rows[:, 0]) for rows in inputs.values()], axis=0)
        return self._reorder(np.where(read[:, None], probabilities, np.nan))

    def _stored(self, ground_truth: GroundTruth) -> np.ndarray:
        table = pq.read_table(self._bundle.file(HELD_OUT))
        rows = {id_: i for i, id_ in enumerate(ground_truth.ids)}
        probabilities = np.stack(table["shares"].to_pylist()).astype(np.float32)
        result = np.full((len(ground_truth), len(self.classes)), np.nan, dtype=np.float32)
        for id_, row in zip(table["id"].to_pylist(), self._reorder(probabilities), strict=True):
            if id_ in rows:
                result[rows[id_]] = row
        return result

    def _reorder(self, probabilities: np.ndarray) -> np.ndarray:
        """Reorder the columns from the order of training to that of `classes`."""
        trained_classes = list(self._bundle.config[STEM]["classes"])
        result = np.zeros((len(probabilities), len(self.classes)), dtype=np.float32)
        for column, name in enumerate(self.classes):
            if name in trained_classes:
                result[:, column] = probabilities[:, trained_classes.index(name)]
        result[np.isnan(probabilities).any(axis=1)] = np.nan
        return result
