"""Find out how a delimited table is laid out: separator, lines before the table, header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backend.ingest.readers.column_names import is_label, normalise
from backend.ingest.readers.field_names import NAMES
from backend.ingest.readers.quotes import Dialect, kind, kinds, records

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_KNOWN = frozenset(name for names in NAMES.values() for name in names)
_SAME = 0.7  # of the rows have as many cells as the table has columns
_PADDED = re.compile(r'[,;|] +"[^"]*"\s*([,;|]|$)')
_ESCAPED = re.compile(r'\\"(?!\s*[,;\t|\r\n]|$)')


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is laid out.

    Attributes
    ----------
    dialect : Dialect
    columns : tuple of str
    skipped : int
        Records before the first row: lines about the table, and its header.
    preamble : int
        Records before the header that are no part of the table.
    """

    dialect: Dialect
    columns: tuple[str, ...]
    skipped: int
    preamble: int = 0


def is_separator(text: str) -> bool:
    """Whether a text can separate cells: one character, no quote and no line end."""
    return len(text) == 1 and text not in '"\r\n\0'


def find(head: Sequence[str | None], name: str, separator: str = "") -> Layout | None:
    """Return the layout of a table from its first lines; None if it has no rows.

    Parameters
    ----------
    head : sequence of str or None
    name : str
        Of the file: its ending says what separates the cells of a doubtful one.
    separator : str
        Empty: guessed.
    """
    lines = [line for line in head if line]
    escape = "\\" if sum(map(bool, map(_ESCAPED.search, lines))) > 0 else ""
    padded = sum(bool(_PADDED.search(line)) for line in lines) > 0.3 * len(lines)
    dialect = Dialect(separator or _separator(lines, name, escape, padded), escape, (), padded)
    rows = _rows(lines, dialect)
    start = 1 if _is_separator_line(rows) else 0
    if len(rows) <= start:
        return None
    rows = rows[start:]
    first = 0 if separator and len(rows) < 3 else _first_row(rows)
    table = rows[first:]
    # The cells below the first row, which may be a header.
    below = table[1:]
    usual = Counter(map(len, below)).most_common(1)[0][0] if below else len(table[0])
    header = table[0] if is_header(table[0], below) else None
    if header is not None:
        if usual == len(header) + 1 and _name_rows(below, usual):
            header = ["row", *header]
        columns = column_names(header)
    else:
        columns = column_names([f"column {i + 1}" for i in range(max(usual, len(table[0])))])
    kinds_ = kinds([row for row in (below or table) if len(row) == len(columns)])
    kinds_ = (*kinds_, *[""] * (len(columns) - len(kinds_)))[: len(columns)]
    dialect = Dialect(dialect.separator, escape, kinds_, padded)
    return Layout(dialect, tuple(columns), start + first + (header is not None), first)


def _rows(lines: Sequence[str], dialect: Dialect) -> list[list[str]]:
    found = records(iter(lines), dialect)
    return [r.cells for r in found if r.error is None and any(c.strip() for c in r.cells)]


def _separator(lines: Sequence[str], name: str, escape: str, padded: bool) -> str:
    """Guess the separator: it gives most rows the same number of cells, at least two."""
    first_line = lines[0].strip() if lines else ""
    if first_line.lower().startswith("sep=") and is_separator(first_line[4:]):
        return first_line[4:]
    is_tabular = not name.lower().endswith(".txt")
    usual = "\t" if name.lower().endswith((".tsv", ".tab")) else ","
    best, best_score = usual if is_tabular else "", 0.0
    for separator in SEPARATORS:
        rows = _rows(lines, Dialect(separator, escape, (), padded))
        if rows and len(rows[0]) == 1 and _known_names(rows[0]):
            continue  # a single column with a name, and texts under it
        start = _first_row(rows)
        # The header may name one column less than there are.
        widths = Counter(len(row) for row in rows[start + (len(rows) > start + 2) :])
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        same = count / max(1, sum(widths.values()))
        if width > 1 and (same >= _SAME or (is_tabular and separator == usual and same > 0.3)):
            used = (len(rows) - start) / len(rows)
            score = same * used * min(width, 6) + 0.1 * (separator == usual)
            if score > best_score:
                best, best_score = separator, score
    if best and best_score == 0 and lines and _known_names([lines[0].strip()]):
        return ""
    return best


def _first_row(rows: Sequence[Sequence[str]]) -> int:
    """Return which row the table begins with: from there on, rows have equally many cells."""
    widths = [len(row) for row in rows]
    if rows and len(rows[0]) > 1 and _known_names(rows[0]) >= 0.5 * len(rows[0]):
        return 0
    most = max((w for w, n in Counter(widths).items() if n > 1 or len(rows) < 3), default=0)
    for width in {most, Counter(widths).most_common(1)[0][0] if widths else 0}:
        if width < 2 or width not in widths:
            continue
        start = widths.index(width)
        # R names one column less than it writes.
        if start == 1 and widths[0] == width - 1 > 1 and len(set(rows[0])) == width - 1:
            start = 0
        rest = widths[start:]
        if start <= 20 and rest.count(width) >= _SAME * len(rest):
            return start
    return 0


def _name_rows(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the first cells name the rows, as R writes them: all differ, none is empty."""
    first = [row[0] for row in rows if len(row) == width]
    last = [row[-1].strip() for row in rows if len(row) == width]
    return len(set(first)) == len(first) and all(first) and any(last)


def _is_separator_line(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is Excel's ``sep=;`` line, split at that separator."""
    return bool(rows) and "".join(rows[0]).lower() == "sep=" and len(rows[0]) <= 2


def is_header(cells: Sequence[str], below: Sequence[Sequence[str]] = ()) -> bool:
    """Whether a row is a header rather than a post, compared with the rows under it.

    Examples
    --------
    >>> is_header(["id", "text"]), is_header(["17", "What a day! So good."])
    (True, False)
    >>> is_header(["When?", "How do you feel?"], [["2024-05-31", "Fine, thank you"]])
    True
    """
    words = [cell.strip() for cell in cells if cell.strip()]
    if not words or any(kind(word) for word in words):
        return False
    if _known_names(words) >= 0.5 * len(words):
        return len(words) > 1 or len(words[0].split()) < 3
    rows = [row for row in below if abs(len(row) - len(cells)) < 2]
    for i, word in enumerate(cells):
        column = [row[i].strip() for row in rows if i < len(row) and row[i].strip()]
        if column and word.strip() and sum(map(bool, map(kind, column))) >= 0.9 * len(column):
            return True  # a word above numbers, dates or links
    if len(words) == 1 and len(cells) == 1:
        return _is_title(words)
    for i, word in enumerate(cells):
        column = [row[i].strip() for row in rows if i < len(row)]
        if len(column) > 3 and len(set(column)) <= len(column) / 2 and word.strip() in column:
            return False  # one of the categories under it
    return len(words) == len(set(words)) and _is_title(words)


def _known_names(words: Sequence[str]) -> int:
    """Return how many of some cells are well-known names of columns."""
    return sum(normalise(word) in _KNOWN or is_label(word) for word in words if word.strip())


def _is_title(words: Sequence[str]) -> bool:
    return all(
        len(word) <= 48
        and not word.startswith(("http", "@", "#"))
        and not word.endswith((".", "!", "?", ".jpg", ".png", ".wav", ".mp3"))
        and word.count(" ") <= (3 if len(words) > 1 else 1)
        for word in words
    )


def column_names(header: Sequence[str]) -> list[str]:
    """Return column names that are not empty, unique and at most 80 characters long."""
    names: list[str] = []
    seen: set[str] = set()
    for i, cell in enumerate(header, start=1):
        name = " ".join(cell.split())[:80] or f"column {i}"
        while name in seen:
            name += f" ({i})"
        names.append(name)
        seen.add(name)
    return names
