"""What addresses say, which anybody may write."""

from __future__ import annotations

DIGITS = 9
MANY = 10**DIGITS  # more than there is of anything that an address counts


def parse_int(raw: str) -> int | None:
    """A whole number from an address.

    Python refuses to read numbers of thousands of digits.

    Parameters
    ----------
    raw : str

    Returns
    -------
    int or None
        `MANY` for more than nine digits, None for what is no number.

    Examples
    --------
    >>> parse_int("12"), parse_int("9" * 5_000), parse_int("-1"), parse_int("")
    (12, 1000000000, None, None)
    """
    if not raw.isdecimal():
        return None
    return int(raw) if len(raw) <= DIGITS else MANY
