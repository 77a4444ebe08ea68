"""Predictions cached on disk."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.core.files import atomic_write
from backend.core.writable import check_writable
from backend.domain import KindredError
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.predictions import ModelPredictions

log = logging.getLogger(__name__)

FORMAT = 2


class PredictionStore:
    """Predictions by version of the corpus, label, corrections and model.

    Parameters
    ----------
    folder : pathlib.Path
        May be emptied at any time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(
        self,
        ground_truth: GroundTruth,
        model: str,
        state: str,
        make: Callable[[], ModelPredictions],
    ) -> ModelPredictions:
        """Predictions for labelled posts, computed when they are not cached.

        Parameters
        ----------
        ground_truth : GroundTruth
        model : str
        state : str
            Version of the model, such as a digest of its bundle.
        make : callable
            Compute the predictions.
        """
        path = self.folder / f"{_key(ground_truth, model, state)}.npz"
        cached = _read(path, ground_truth)
        if cached is not None:
            return cached
        predictions = make()
        try:
            self._write(path, predictions)
        except (OSError, KindredError) as error:  # a full disk, a demo
            log.info("predictions are not cached: %s", error)
        return predictions

    def _write(self, path: Path, predictions: ModelPredictions) -> None:
        check_writable(path)
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                probability=predictions.probability,
                guess=predictions.predicted,
                held_out=predictions.held_out,
                said=np.array([predictions.model, predictions.note]),
            )


def _key(ground_truth: GroundTruth, model: str, state: str) -> str:
    parts = (str(FORMAT), ground_truth.version, ground_truth.label, model, state)
    digest = hashlib.sha256("\0".join(parts).encode())
    digest.update("\0".join(ground_truth.classes).encode())
    digest.update(ground_truth.truth.tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path, ground_truth: GroundTruth) -> ModelPredictions | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            model, note = (str(v) for v in kept["said"])
            predictions = ModelPredictions(
                model,
                ground_truth.classes,
                kept["probability"],
                kept["guess"],
                kept["held_out"],
                note,
            )
    except (OSError, ValueError, KeyError):
        return None  # missing, incomplete or of an older format
    shape = (len(ground_truth), len(ground_truth.classes))
    return predictions if predictions.probability.shape == shape else None
