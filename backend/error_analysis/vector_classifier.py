"""The type of functions from the vectors of posts to probabilities of classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from backend.domain import Modality

Vectors = Mapping[Modality, np.ndarray]
VectorClassifier = Callable[[Vectors, int], np.ndarray]  # vectors of n posts, n -> (n, classes)
