"""Predictions as rows of a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from backend.domain import EMOTIONS, Affect, Modality, Prediction, Sentiment
from backend.workspace import table_analysis
from backend.workspace.json_lines import prediction_json


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("fear", "neutral", "expected"),
    [
        (0.15, 0.1, "neutral"),
        (0.2, 0.1, "fear"),
        (0.6, 0.7, "neutral"),
        (0.7, 0.6, "fear"),
        # As written, in six digits, these are 0.2 and equal.
        (0.1999996, 0.1, "fear"),
        (0.1999994, 0.1, "neutral"),
        (0.6, 0.6000004, "fear"),
    ],
)
def test_the_strongest_is_that_of_the_pages(
    ending: str, fear: float, neutral: float, expected: str, tmp_path: Path
) -> None:
    affect = Affect(
        {**dict.fromkeys(EMOTIONS, 0.05), "fear": fear}, neutral, Sentiment(0.5, "neutral"), 0.8
    )
    prediction = Prediction((Modality.TEXT,), {"text": affect}, "basic")
    target = tmp_path / f"out.{ending}"
    assert table_analysis.write([prediction_json("a", prediction)], target) == (1, 0)
    frame = pd.read_csv(target) if ending == "csv" else pd.read_parquet(target)
    assert frame["strongest"].tolist() == [affect.top] == [expected]
