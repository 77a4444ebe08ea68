"""A table of measured figures, as text and as JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend.settings import SEED


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value.

    Attributes
    ----------
    task, system, metric : str
    value : float
    low, high : float or None
        The 95 % interval.
    n : int or None
        Items it was measured on.
    """

    task: str
    system: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class ResultTable:
    """One table.

    Attributes
    ----------
    name, summary : str
    figures : tuple of Measurement
    notes : tuple of str
        What a reader must know: splits, what the labels are.
    """

    name: str
    summary: str
    figures: tuple[Measurement, ...]
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "table": self.name,
            "summary": self.summary,
            "figures": [
                {
                    "task": f.task,
                    "system": f.system,
                    "metric": f.metric,
                    "value": round(f.value, 4),
                    "low": None if f.low is None else round(f.low, 4),
                    "high": None if f.high is None else round(f.high, 4),
                    "n": f.n,
                }
                for f in self.figures
            ],
            "notes": list(self.notes),
        }

    def as_csv(self) -> str:
        """A line for each figure, with a header."""
        out = io.StringIO()
        columns = ("table", "task", "system", "metric", "value", "low", "high", "n")
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        for figure in self.as_json()["figures"]:
            writer.writerow({"table": self.name, **figure})
        return out.getvalue()

    def as_text(self) -> str:
        """A Markdown table with a row for each task and system."""
        rows: dict[tuple[str, str], dict[str, str]] = {}
        counts: dict[tuple[str, str], str] = {}
        metrics = list(dict.fromkeys(f.metric for f in self.figures))
        for f in self.figures:
            shown = f"{f.value:.3f}"
            if f.low is not None and f.high is not None:
                shown += f" [{f.low:.3f}, {f.high:.3f}]"
            rows.setdefault((f.task, f.system), {})[f.metric] = shown
            counts.setdefault((f.task, f.system), "" if f.n is None else f"{f.n:,}")
        lines = [
            f"## {self.name}: {self.summary}",
            "",
            f"| task | system | {' | '.join(metrics)} | n |",
            f"|---|---|{'---|' * (len(metrics) + 1)}",
        ]
        for (task, system), values in rows.items():
            cells = " | ".join(values.get(metric, "") for metric in metrics)
            lines.append(f"| {task} | {system} | {cells} | {counts[task, system]} |")
        return "\n".join([*lines, "", *self.notes])


def interval(
    values: np.ndarray, groups: np.ndarray | None = None, *, draws: int = 1000, seed: int = SEED
) -> tuple[float, float]:
    """95 % bootstrap interval of a mean.

    Parameters
    ----------
    values : numpy.ndarray
        ``(n,)``.
    groups : numpy.ndarray, optional
        ``(n,)``: drawn together; every value by itself when not given.
    draws, seed : int

    Returns
    -------
    tuple of float
        Low and high.
    """
    rng = np.random.default_rng(seed)
    if groups is None:
        groups = np.arange(len(values))
    _, code = np.unique(groups, return_inverse=True)
    totals = np.bincount(code, weights=values)
    counts = np.bincount(code)
    drawn = rng.integers(0, len(totals), size=(draws, len(totals)))
    means = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
