"""Steps of time: hours, days, weeks, months or years, in UTC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Unit, length in seconds, and its pandas frequency.
_UNITS = (
    ("hour", 3_600, "h"),
    ("day", 86_400, "D"),
    ("week", 7 * 86_400, "W-MON"),
    ("month", 30 * 86_400, "MS"),
    ("year", 365 * 86_400, "YS"),
)
UNITS = tuple(name for name, _, _ in _UNITS)
_FORMATS = {"hour": "%Y-%m-%d %H:00", "month": "%Y-%m", "year": "%Y"}


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Equal steps from the first to the last time.

    Attributes
    ----------
    unit : str
        One of `UNITS`.
    edges : numpy.ndarray
        ``(n + 1,)`` int64 seconds since 1970: where each step starts, and where the last ends.
    """

    unit: str
    edges: np.ndarray

    @classmethod
    def covering(cls, first: int, last: int, *, most: int = 240, least_unit: str = "hour") -> Steps:
        """Choose the finest unit that needs at most so many steps.

        Parameters
        ----------
        first, last : int
            Seconds since 1970; both lie within the steps.
        most : int
        least_unit : str
            The finest unit to choose.
        """
        choices = _UNITS[UNITS.index(least_unit) :]
        for name, seconds, frequency in choices:
            if (last - first) / seconds <= most - 1 or name == "year":
                return cls(name, _edges(first, last, name, frequency))
        raise AssertionError("a year is always chosen")

    def __len__(self) -> int:
        return len(self.edges) - 1

    def of(self, seconds: np.ndarray) -> np.ndarray:
        """Return the step of each time, ``(n,)`` int32; -1 outside."""
        found = np.searchsorted(self.edges, seconds, side="right") - 1
        outside = (found < 0) | (found >= len(self))
        return np.where(outside, -1, found).astype(np.int32)

    def names(self) -> list[str]:
        """Return the name of each step: ``2026-05``, or the day on which a week starts."""
        return self._written(self.edges[:-1])

    def span(self) -> str:
        """Write the whole time, to the last day of the last week.

        Examples
        --------
        >>> Steps.covering(1775000000, 1777000000, least_unit="week").span()
        '2026-03-30 to 2026-04-26'
        """
        return " to ".join(self._written(np.array([self.edges[0], self.edges[-1] - 1])))

    def _written(self, seconds: np.ndarray) -> list[str]:
        import pandas as pd  # large: an import or a command has no use for it

        times = pd.to_datetime(seconds, unit="s")
        return [str(name) for name in times.strftime(_FORMATS.get(self.unit, "%Y-%m-%d"))]


def _edges(first: int, last: int, unit: str, frequency: str) -> np.ndarray:
    import pandas as pd

    start = pd.Timestamp(first, unit="s")
    if unit in ("hour", "day"):
        start = start.floor(frequency)
    else:
        period = {"week": "W-SUN", "month": "M", "year": "Y"}[unit]
        start = start.to_period(period).start_time
    starts = pd.date_range(start, pd.Timestamp(last, unit="s"), freq=frequency)
    step = pd.tseries.frequencies.to_offset(frequency)
    edges = starts.append(pd.DatetimeIndex([starts[-1] + step]))
    return edges.to_numpy(dtype="datetime64[s]").astype(np.int64)
