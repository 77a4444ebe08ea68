"""Times as seconds since 1970, UTC."""

from __future__ import annotations

import numpy as np


def iso_day(seconds: int) -> str:
    """Return the day of a time, as in ISO 8601.

    Examples
    --------
    >>> iso_day(86_400), iso_day(-1)
    ('1970-01-02', '1969-12-31')
    """
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))
