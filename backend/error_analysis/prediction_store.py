"""Predictions kept on disk, so that nothing is predicted twice."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.judgements import ModelPredictions

FORMAT = 2


class PredictionStore:
    """Predictions by corpus, label, corrections and model.

    Parameters
    ----------
    folder : pathlib.Path
        May be emptied at any time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(
        self, labelled: GroundTruth, model: str, state: str, make: Callable[[], ModelPredictions]
    ) -> ModelPredictions:
        """Predictions of labelled posts, made when they are not kept.

        Parameters
        ----------
        labelled : GroundTruth
        model : str
        state : str
            Names what else the predictions hang on: a bundle's digest.
        make : callable
            Predicts.

        Returns
        -------
        ModelPredictions
        """
        path = self.folder / f"{_key(labelled, model, state)}.npz"
        kept = _read(path, labelled)
        if kept is not None:
            return kept
        made = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(suffix=".npz", dir=self.folder)
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                probability=made.probability,
                guess=made.guess,
                held_out=made.held_out,
                said=np.array([made.model, made.note]),
            )
        Path(draft).replace(path)
        return made


def _key(labelled: GroundTruth, model: str, state: str) -> str:
    parts = (str(FORMAT), labelled.version, labelled.label, model, state)
    digest = hashlib.sha256("\0".join(parts).encode())
    digest.update("\0".join(labelled.classes).encode())
    digest.update(labelled.truth.tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path, labelled: GroundTruth) -> ModelPredictions | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            model, note = (str(v) for v in kept["said"])
            made = ModelPredictions(
                model,
                labelled.classes,
                kept["probability"],
                kept["guess"],
                kept["held_out"],
                note,
            )
    except (OSError, ValueError, KeyError):
        return None  # not there, or left half-written by an older version
    shape = (len(labelled), len(labelled.classes))
    return made if made.probability.shape == shape else None
