"""What the strongest emotion is, of one prediction and of many."""

from __future__ import annotations

import numpy as np

from backend.corpus.model_outputs import strongest
from backend.domain import EMOTIONS, EMOTIONS_AND_NEUTRAL, strongest_emotion
from backend.settings import SEED
from backend.workspace.json_lines import written


def test_many_predictions_are_decided_like_one_and_like_what_is_written_of_it() -> None:
    rng = np.random.default_rng(SEED)
    # Around the least probability, so close together that the digits that are written matter.
    table = (0.2 + rng.integers(-30, 30, (4_000, 9)) * 1e-7).astype(np.float32)
    decided = [EMOTIONS_AND_NEUTRAL[i] for i in strongest(table)]
    assert {"neutral", *EMOTIONS} == set(decided)
    for row, name in zip(table.tolist(), decided, strict=True):
        one = dict(zip(EMOTIONS_AND_NEUTRAL, row, strict=True))
        assert strongest_emotion(one, one["neutral"]) == name
        as_written = {emotion: written(p) for emotion, p in one.items()}
        assert strongest_emotion(as_written, as_written["neutral"]) == name
