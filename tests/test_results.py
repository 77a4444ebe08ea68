"""Figures of README and docs/quality.md are those of the tables printed in docs/results.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from backend.settings import ROOT

QUOTING, RESULTS = ("README.md", "docs/quality.md"), "docs/results.md"
_NUMBER = r"-?(?:\d[\d,]*)?\.?\d+"
_FIGURE = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:\*\*)?(?: \[({_NUMBER}), ({_NUMBER})\])?(?![\w]|\.\d)"
)


class Figure(NamedTuple):
    """A value with its interval, as written."""

    value: str
    low: str = ""
    high: str = ""

    def agrees(self, other: Figure) -> bool:
        """Whether this, perhaps rounded, is another figure."""
        if self.low and not other.low:
            return False
        parts = zip(self, other, strict=True) if self.low else [(self.value, other.value)]
        return all(_close(mine, theirs) for mine, theirs in parts)


def _close(rounded: str, exact: str) -> bool:
    digits = len(rounded.partition(".")[2])
    return abs(_float(rounded) - _float(exact)) <= 0.5001 * 10**-digits


def _float(text: str) -> float:
    return float(text.replace(",", ""))


def figures(text: str) -> list[Figure]:
    """Return the figures of a cell: decimals, and whole numbers that have an interval.

    Examples
    --------
    >>> figures("text alone .642, **.86** [.84, 1] of 82 authors")
    [Figure(value='.642', low='', high=''), Figure(value='.86', low='.84', high='1')]
    """
    found = [Figure(*(part or "" for part in match)) for match in _FIGURE.findall(text)]
    return [one for one in found if "." in one.value or one.low]


def sections() -> dict[str, list[list[str]]]:
    """Return the cells of the rows of each printed table."""
    text = (ROOT / RESULTS).read_text("utf-8")
    found = {}
    for part in re.split(r"(?m)^## ", text)[1:]:
        rows = [line.strip("|\n").split("|") for line in part.splitlines() if line.startswith("|")]
        found[part.partition(":")[0]] = [[cell.strip() for cell in row] for row in rows[2:]]
    return found


def quoted(document: str) -> Iterator[tuple[str, str, Figure]]:
    """Yield every figure of a document's tables of quality, with its table and its row."""
    text = (ROOT / document).read_text("utf-8")
    text = text.split("# How good it is\n")[1].split("## How fast it is\n")[0]
    table = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            continue
        first, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if named := re.match(r"`([\w-]+)`", first):
            table = named[1]
            if first.endswith("posts"):
                continue  # the head of a table of its own
            cells = cells[1:]
        for cell in cells:
            for figure in figures(cell):
                yield table, first if not named else cells[0], figure


@pytest.mark.parametrize(
    ("table", "row", "figure"), sorted({one for document in QUOTING for one in quoted(document)})
)
def test_a_quoted_figure_is_in_the_printed_table(table: str, row: str, figure: Figure) -> None:
    rows = sections()[table]
    if table == "emotion-fusion":  # rows that are quoted are its systems
        rows = [cells for cells in rows if row in cells or row.startswith("trained for")]
    known = [one for cells in rows for cell in cells[2:] for one in figures(cell)]
    assert any(figure.agrees(one) for one in known), f"{figure} of {row!r}"


@pytest.mark.parametrize(("document", "least"), [("README.md", 40), ("docs/quality.md", 100)])
def test_every_table_that_is_quoted_is_printed(document: str, least: int) -> None:
    found = list(quoted(document))
    assert len(found) >= least
    assert {table for table, _, _ in found} <= set(sections())


def test_rounding_agrees_and_other_figures_do_not() -> None:
    whole = Figure("0.734", "0.706", "0.762")
    assert Figure(".73").agrees(whole) and Figure(".734", ".706", ".762").agrees(whole)
    assert Figure("1").agrees(Figure("1.000"))
    assert not Figure(".74").agrees(whole)
    assert not Figure(".734", ".706", ".763").agrees(whole)
    assert not Figure(".734", ".706", ".762").agrees(Figure("0.734"))
