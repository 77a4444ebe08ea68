"""Predictions for the rows of a table, and predictions as a table."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from backend.core.files import atomic_write
from backend.core.progress import Progress
from backend.domain import KindredError, Modality, strongest_emotion
from backend.workspace import batch
from backend.workspace.loaded_models import LoadedModels
from backend.workspace.table_rows import table_rows

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for one


def answers(
    models: LoadedModels,
    source: Path,
    columns: dict[str, tuple[str, ...]] | None = None,
    *,
    read: Collection[Modality] | None = None,
    progress: Progress | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the line of output of each row of a table, as `batch.answers` does."""
    rows = table_rows(source, columns)
    done = 0
    while block := list(islice(rows, batch.BATCH)):
        yield from batch.answers(models, block, read)
        done += len(block)
        if progress is not None:
            progress(done, done)


def write(lines: Iterable[dict[str, Any]], target: Path) -> tuple[int, int]:
    """Write lines of output in the format that the ending of the file names.

    Returns
    -------
    tuple of int
        Predictions and errors.

    Raises
    ------
    KindredError
        ``not_written``.
    """
    import pandas as pd

    counts = [0, 0]
    try:
        with atomic_write(target) as draft:
            if target.suffix.lower() not in (".csv", ".parquet"):
                with draft.open("w", encoding="utf-8") as file:
                    for line in lines:
                        counts["error" in line] += 1
                        file.write(json.dumps(line, ensure_ascii=False) + "\n")
                return counts[0], counts[1]
            rows = []
            for line in lines:
                counts["error" in line] += 1
                rows.append(_flat(line))
            frame = pd.DataFrame(rows)
            if target.suffix.lower() == ".parquet":
                frame.to_parquet(draft, index=False)
            else:
                for name in ("id", "error"):
                    frame[name] = frame[name].map(_harmless)
                frame.to_csv(draft, index=False)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror}."
        raise KindredError("not_written", message) from error
    return counts[0], counts[1]


def _flat(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line as one row: the prediction from all modalities."""
    row: dict[str, Any] = {"id": line["id"]}
    if "error" not in line:
        row |= {
            "strongest": strongest_emotion(line["emotion"], line["neutral"]),
            "sentiment": line["sentiment"]["label"],
            "positive": line["sentiment"]["positive"],
            "confidence": line["confidence"],
            **line["emotion"],
            "neutral": line["neutral"],
            "modalities": "+".join(line["modalities"]),
            "bundle": line["bundle"],
        }
    return row | {"error": line["error"]["message"] if "error" in line else None}


def _harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
