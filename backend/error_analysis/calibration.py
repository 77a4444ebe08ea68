"""Whether confidence means what it says, and what it costs to answer only when sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain import Modality, subset_name
from backend.error_analysis.figures import resamples, wilson
from backend.error_analysis.judgements import ScoredPredictions
from backend.metrics.calibration import BINS, around, by_chance, calibration_error

DRAWS = 500


@dataclass(frozen=True, slots=True)
class Bin:
    """The posts whose confidence lies in one interval.

    Attributes
    ----------
    low, high : float
        The interval; the last one includes its end.
    posts, right : int
    confidence : float
        Mean; NaN without posts.
    accuracy, accuracy_low, accuracy_high : float
        With the 95 % interval.
    """

    low: float
    high: float
    posts: int
    right: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


@dataclass(frozen=True, slots=True)
class Gap:
    """The calibration error of a part of the posts.

    Attributes
    ----------
    name : str
        A subset of modalities, or ``all``.
    posts : int
    error, low, high : float
    chance, chance_low, chance_high : float
        What a model whose confidence is exactly right would show on so many posts,
        and the range of 95 % of such models: an error within it may be all noise.
    """

    name: str
    posts: int
    error: float
    low: float
    high: float
    chance: float
    chance_low: float
    chance_high: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """What happens when only posts of at least some confidence are answered.

    Attributes
    ----------
    at : float
    answered, wrong : int
        Posts that are answered, and how many of these wrongly.
    spared, lost : int
        Wrong and right answers that are held back.
    """

    at: float
    answered: int
    wrong: int
    spared: int
    lost: int

    def cost(self, wrong: float, held_back: float) -> float:
        """Cost of the wrong answers given and of all answers held back."""
        return wrong * self.wrong + held_back * (self.spared + self.lost)


def places(judged: ScoredPredictions, bins: int = BINS) -> np.ndarray:
    """``(n,)`` int64: the bin of each post's confidence."""
    return np.minimum((judged.confidence * bins).astype(np.int64), bins - 1)


def curve(judged: ScoredPredictions, bins: int = BINS) -> tuple[Bin, ...]:
    """The calibration curve, which is the histogram of confidence too."""
    place = places(judged, bins)
    found = []
    for i in range(bins):
        mine = place == i
        posts, right = int(mine.sum()), int(judged.right[mine].sum())
        low, high = wilson(right, posts)
        found.append(
            Bin(
                i / bins,
                (i + 1) / bins,
                posts,
                right,
                float(judged.confidence[mine].mean()) if posts else float("nan"),
                right / posts if posts else float("nan"),
                low,
                high,
            )
        )
    return tuple(found)


def gaps(judged: ScoredPredictions, draws: int = DRAWS) -> tuple[Gap, ...]:
    """Calibration error of all posts and of those with each set of modalities."""
    names = modalities(judged)
    parts = [("all", np.ones(len(judged), dtype=bool))]
    parts += [(name, names == name) for name in sorted({str(name) for name in names})]
    found = []
    for name, mask in parts[:1] if len(parts) == 2 else parts:
        some = judged.take(mask)
        drawn = [
            calibration_error(some.confidence[rows], some.right[rows])
            for rows in resamples(some, draws)
        ]
        value = calibration_error(some.confidence, some.right)
        low, high = around(value, np.array(drawn))
        noise = by_chance(some.confidence, draws)
        least, most = np.quantile(noise, [0.025, 0.975])
        chance = (float(noise.mean()), float(least), float(most))
        title = name if len(parts) > 2 else parts[1][0]
        found.append(Gap(title, len(some), value, low, high, *chance))
    return tuple(found)


def modalities(judged: ScoredPredictions) -> np.ndarray:
    """``(n,)`` str: the modalities that each post has, as `backend.domain.subset_name`."""
    table = judged.labelled.table
    have = {m: np.array([bool(v) for v in table[m.value].to_pylist()]) for m in Modality}
    names = [
        subset_name(tuple(m for m in Modality if have[m][row])) or "nothing" for row in judged.rows
    ]
    return np.array(names)


def answered(judged: ScoredPredictions, at: float) -> np.ndarray:
    """``(n,)`` bool: the posts that are answered from a confidence of `at` on."""
    # Rounding must not hold back a post whose confidence is the threshold itself.
    return judged.confidence >= at - 1e-9


def thresholds(judged: ScoredPredictions, steps: int = 101) -> tuple[Threshold, ...]:
    """What each threshold from 0 to 1 costs."""
    found = []
    for at in np.linspace(0.0, 1.0, steps):
        told = answered(judged, float(at))
        wrong = int((told & ~judged.right).sum())
        lost = int((~told & judged.right).sum())
        posts = int(told.sum())
        spared = len(judged) - posts - lost
        found.append(Threshold(round(float(at), 4), posts, wrong, spared, lost))
    return tuple(found)
