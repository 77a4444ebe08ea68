"""Tables of measurements, as Markdown, CSV and JSON."""

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
        Number of items that it was measured on.
    """

    task: str
    system: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    @classmethod
    def of_mean(
        cls,
        task: str,
        system: str,
        metric: str,
        values: np.ndarray,
        groups: np.ndarray | None = None,
    ) -> Measurement:
        """Return the mean of values ``(n,)`` with the interval of `mean_interval`."""
        low, high = mean_interval(values, groups)
        return cls(task, system, metric, float(values.mean()), low, high, len(values))


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A table of measurements.

    Attributes
    ----------
    name, summary : str
    measurements : tuple of Measurement
    notes : tuple of str
        Lines below the table: splits, source of the labels, intervals.
    """

    name: str
    summary: str
    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the table as plain JSON, values rounded to four digits."""
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
                for f in self.measurements
            ],
            "notes": list(self.notes),
        }

    def as_csv(self) -> str:
        """Return the table as CSV, a line for each measurement."""
        out = io.StringIO()
        columns = ("table", "task", "system", "metric", "value", "low", "high", "n")
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        for measurement in self.as_json()["figures"]:
            writer.writerow({"table": self.name, **measurement})
        return out.getvalue()

    def as_text(self) -> str:
        """Return a Markdown table with a row for each task and system."""
        rows: dict[tuple[str, str], dict[str, str]] = {}
        counts: dict[tuple[str, str], str] = {}
        metrics = list(dict.fromkeys(f.metric for f in self.measurements))
        for f in self.measurements:
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


def mean_interval(
    values: np.ndarray, groups: np.ndarray | None = None, *, draws: int = 1000, seed: int = SEED
) -> tuple[float, float]:
    """95 % bootstrap interval of a mean.

    Parameters
    ----------
    values : numpy.ndarray
        ``(n,)``.
    groups : numpy.ndarray, optional
        ``(n,)``: values of one group are resampled together; each value alone when not given.
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
