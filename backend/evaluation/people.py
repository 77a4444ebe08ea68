"""What the tables on texts that people labelled have in common: files, predictions, measures."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from backend.affect import AffectModel
from backend.affect.evidence import OUTPUTS
from backend.affect.predict import predict
from backend.bundles.active import active
from backend.bundles.embedder import Embedder, Features
from backend.domain import SENTIMENTS, Content, KindredError, Modality, Prediction
from backend.metrics.calibration_error import calibration_error
from backend.metrics.result import Measurement
from backend.settings import SEED, settings
from backend.training.feature_cache import FeatureCache

OURS = "ours"
VADER_NEUTRAL = 0.05  # as its authors advise: neutral between -.05 and .05
DRAWS = 500
_CLIP = 1e-12
_TRAINING = re.compile(r"(?:^|_)train[_.]")


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Predictions of texts by the active bundle, as the app shows them.

    Attributes
    ----------
    outputs : numpy.ndarray
        ``(n, 9)`` float64 probabilities, columns as in `OUTPUTS`.
    positive : numpy.ndarray
        ``(n,)`` float64: probability of positive against negative.
    label : numpy.ndarray
        ``(n,)`` int64: indices in `SENTIMENTS`.
    confidence : numpy.ndarray
        ``(n,)`` float64: in the label.
    """

    outputs: np.ndarray
    positive: np.ndarray
    label: np.ndarray
    confidence: np.ndarray

    def columns(self, names: Sequence[str]) -> np.ndarray:
        """Return the probabilities of some outputs, ``(n, len(names))``."""
        return self.outputs[:, [OUTPUTS.index(name) for name in names]]

    @property
    def emotional(self) -> np.ndarray:
        """Strongest emotion less neutral ``(n,)``: what the app decides by."""
        return np.asarray(self.outputs[:, :8].max(axis=1) - self.outputs[:, 8])


def predict_texts(texts: Sequence[str], on_progress: Callable[[int, int], None]) -> Predicted:
    """Predict texts with the active bundle, as the app does.

    A text that cannot be encoded counts as neutral, without confidence.
    """
    bundle = active(settings().home)
    embedder, model = Embedder(bundle, settings().device), AffectModel.load(bundle)
    vectors = FeatureCache().texts(embedder.encoder(Modality.TEXT), texts, progress=on_progress)
    features = [
        Features({Modality.TEXT: vector} if np.isfinite(vector).all() else {}) for vector in vectors
    ]
    rows = predict(model, [Content(text=text) for text in texts], features)
    outputs = np.tile([0.0] * 8 + [1.0], (len(rows), 1))
    positive, confidence = np.full(len(rows), 0.5), np.zeros(len(rows))
    label = np.full(len(rows), SENTIMENTS.index("neutral"))
    for i, row in enumerate(rows):
        if isinstance(row, Prediction):
            affect = row.affect
            outputs[i] = [*(affect.emotion[name] for name in OUTPUTS[:8]), affect.neutral]
            positive[i], confidence[i] = affect.sentiment.positive, affect.confidence
            label[i] = SENTIMENTS.index(affect.sentiment.label)
    return Predicted(outputs, positive, label, confidence)


def predict_parts(
    parts: Sequence[Sequence[str]], on_progress: Callable[[int, int], None]
) -> list[Predicted]:
    """As `predict_texts`, for the texts of several files, with one progress for all."""
    every = predict_texts([text for texts in parts for text in texts], on_progress)
    ends = np.cumsum([0, *map(len, parts)])
    cuts = [slice(a, b) for a, b in pairwise(ends)]
    return [
        Predicted(every.outputs[c], every.positive[c], every.label[c], every.confidence[c])
        for c in cuts
    ]


def vader_labels(compound: np.ndarray) -> np.ndarray:
    """Indices in `SENTIMENTS` ``(n,)`` of VADER's compound ratings ``(n,)``."""
    return np.where(compound < -VADER_NEUTRAL, 0, np.where(compound > VADER_NEUTRAL, 2, 1))


def files(data: Path | None, patterns: Sequence[str], needs: str) -> list[Path]:
    """Return the files of a folder that fit a pattern, without training parts, in order.

    Raises
    ------
    KindredError
        ``no_data`` without a folder or file; the message ends with `needs`.
    """
    if data is None:
        raise KindredError("no_data", f"Name the folder of the data with --data. {needs}")
    if not data.is_dir():
        raise KindredError("no_data", f"There is no folder {data}. {needs}")
    found = {path for pattern in patterns for path in data.glob(pattern) if path.is_file()}
    kept = sorted(path for path in found if not _TRAINING.search(path.name))
    if not kept:
        raise KindredError("no_data", f"{data} has no file of it. {needs}")
    return kept


def read_text(path: Path) -> str:
    """Read a file as UTF-8.

    Raises
    ------
    KindredError
        ``bad_data``.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KindredError("bad_data", f"{path} cannot be read as UTF-8 text: {error}.") from None


def macro_recall(truth: np.ndarray, guess: np.ndarray) -> float:
    """Mean recall of the classes that occur."""
    return float(np.mean([(guess[truth == c] == c).mean() for c in np.unique(truth)]))


def macro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """Mean F1 of the classes that occur."""
    scores = []
    for c in np.unique(truth):
        hits = float(((truth == c) & (guess == c)).sum())
        scores.append(2 * hits / max((truth == c).sum() + (guess == c).sum(), _CLIP))
    return float(np.mean(scores))


def accuracy(truth: np.ndarray, guess: np.ndarray) -> float:
    """Share of the right ones."""
    return float((truth == guess).mean())


def auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve; not a number where only one class occurs."""
    if truth.all() or not truth.any():
        return float("nan")
    return float(roc_auc_score(truth, scores))


def ece(right: np.ndarray, confidence: np.ndarray) -> float:
    """Expected calibration error, ten bins."""
    return calibration_error(confidence, right)


def measured(
    task: str,
    system: str,
    metric: str,
    measure: Callable[[np.ndarray, np.ndarray], float],
    truth: np.ndarray,
    guess: np.ndarray,
) -> Measurement:
    """Return a measure of labels and predictions ``(n,)`` and its bootstrap interval."""
    rng = np.random.default_rng(SEED)
    drawn = []
    for _ in range(DRAWS):
        rows = rng.integers(0, len(truth), len(truth))
        drawn.append(measure(truth[rows], guess[rows]))
    value = measure(truth, guess)
    if measure is ece:
        # Resampling adds noise that any calibration error counts as error.
        drawn = list(np.maximum(np.array(drawn) - np.mean(drawn) + value, 0.0))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Measurement(task, system, metric, value, float(low), float(high), len(truth))
