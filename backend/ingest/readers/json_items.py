"""Read the items of any JSON document one at a time, however long it is.

One list, an object a line, objects one after the other, one object around lists, or a script
that assigns one of these (``window.YTD.tweets.part0 = [...]``).
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import encoding
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.json_lines import without_surrogates
from backend.ingest.readers.time_limit import check_time

ENDINGS = (".json", ".jsonl", ".ndjson", ".js", ".jsons")
_WHOLE = 2**24  # characters of one item, such as a page of answers; longer objects are opened
_LARGE, _VALUES = 2**21, 2_000_000  # characters, and values that an item may have: 0.2 GB
_MEMBERS = 10_000  # that are kept of an object around a long list
_HEAD = 512  # characters in which a script assigns its value
_DEPTH = 6  # levels of objects around a list of posts
_KEPT = 2**18  # characters of what is kept of an object around a long list
_SCRIPT = re.compile(r"\ufeff?\s*(?:(?:var|let|const)\s+)?[\w.$\[\]\"']{1,200}\s*[=(]\s*(?=[\[{])")
_BETWEEN = re.compile(r"[\s,;)\x1e]*")
# Where a value is cut off at the end of the window, the decoder fails this near to it.
_NEAR = 12
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One value of a document.

    Attributes
    ----------
    number : int
        Its line, or its place in the list.
    value : object
        As `json.loads` returns it, or the error in its place.
    path : tuple of str
        Names of the objects and lists around it.
    root : mapping
        The object around everything, as far as it was read; empty for a list or lines.
    """

    number: int
    value: Any
    path: tuple[str, ...] = ()
    root: Mapping[str, Any] = field(default_factory=dict)


def items(tree: Tree, name: str) -> Iterator[Item]:
    """Yield the items of a document; a damaged one gives an error, and the rest goes on.

    Raises
    ------
    KindredError
        ``not_json`` when it holds no JSON at all, and as `Tree.open`.
    """
    head = tree.head(name, 4096)
    name_of_encoding = _encoding(head)
    with tree.open(name) as file:
        text = _Text(encoding.blocks(file, name_of_encoding))
        text.skip_script()
        first = text.next()
        if first == "[":
            yield from _list(text, (), {})
        elif first == "{":
            yield from _objects(text)
        else:
            raise KindredError("not_json", f"{name} is not valid JSON.")


def _encoding(head: bytes) -> str:
    for mark, name in _BOMS.items():
        if head.startswith(mark):
            return name
    if len(head) > 8 and head.count(0) > len(head) // 3:
        return "utf-16-le" if head[1] == 0 else "utf-16-be"
    return "utf-8"


def inside(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the objects in the lists of an object, with the names around them.

    Examples
    --------
    >>> list(inside({"data": [{"id": 1}], "meta": {"n": 1}}))
    [(('data',), {'id': 1})]
    """
    if not isinstance(value, dict) or len(path) > _DEPTH:
        return
    for name, part in value.items():
        if isinstance(part, list):
            for item in part:
                if isinstance(item, dict):
                    yield (*path, name), item
        elif isinstance(part, dict):
            yield from inside(part, (*path, name))


class _Text:
    """The text of a document, of which only a window is in memory."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._decoder = json.JSONDecoder()
        self._text, self._at, self._ended = "", 0, False
        self.line = 1

    def more(self) -> bool:
        """Read as much again as there is, so that what is tried anew is not tried often."""
        parts = [self._text[self._at :]]
        wanted, got = max(len(parts[0]), 1), 0
        while got < wanted and not self._ended:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
            else:
                parts.append(block)
                got += len(block)
        self._text, self._at = "".join(parts), 0
        return got > 0

    def skip_script(self) -> None:
        """Skip what a script writes before its value."""
        while len(self._text) < _HEAD and self.more():
            pass
        if match := _SCRIPT.match(self._text):
            self._at = match.end()

    def next(self) -> str:
        """Return the next character that is no white space or comma, without taking it."""
        while True:
            match = _BETWEEN.match(self._text, self._at)
            end = match.end() if match else self._at
            self.line += self._text.count("\n", self._at, end)
            self._at = end
            if end < len(self._text):
                return self._text[end]
            if not self.more():
                return ""

    def take(self) -> None:
        """Take one character."""
        self._at += 1

    def value(self, limit: int = 0) -> Any:
        """Return the next value.

        Parameters
        ----------
        limit : int
            Characters; 0: as many as the longest item may have.

        Raises
        ------
        ValueError
            Where there is none, or it is damaged.
        OverflowError
            Where it has more characters than the limit.
        RecursionError
            Where it is nested too deeply.
        """
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if "Unterminated" not in error.msg and error.pos < len(self._text) - _NEAR:
                    raise
                if len(self._text) - self._at > (limit or _WHOLE):
                    raise OverflowError from None
                if not self.more():
                    raise
                if self._is_dense():
                    raise OverflowError from None
                continue
            if end == len(self._text) and self.more():
                continue  # a number may go on
            self.line += self._text.count("\n", self._at, end)
            self._at = end
            return without_surrogates(value)

    def _is_dense(self) -> bool:
        """Whether what is left of a large window holds too many values to be read at once."""
        if len(self._text) - self._at <= _LARGE:
            return False
        return sum(self._text.count(sign, self._at) for sign in "[{,") > _VALUES

    def colon(self) -> None:
        """Take the colon of a member."""
        if self.next() == ":":
            self.take()

    def skip_line(self) -> bool:
        """Go to the next line; false where there is none."""
        while (end := self._text.find("\n", self._at)) < 0:
            self._at = len(self._text)
            if not self.more():
                return False
        self._at = end + 1
        self.line += 1
        return True


def _damaged(message: str) -> KindredError:
    return KindredError("not_json", message)


def _list(text: _Text, path: tuple[str, ...], root: Mapping[str, Any]) -> Iterator[Item]:
    """Yield the items of a list whose bracket comes next."""
    text.take()
    number = 0
    while (sign := text.next()) not in ("]", ""):
        check_time()
        number += 1
        try:
            value = text.value()
        except OverflowError:
            if sign != "{":
                yield Item(number, _damaged("This item is too long; the rest is skipped."), path)
                return
            yield from _members(text, path, dict(root))  # such as one chat of all chats
            continue
        except (ValueError, RecursionError):
            message = "This item is damaged or nested too deeply; the rest of the list is skipped."
            yield Item(number, _damaged(message), path)
            return
        yield Item(number, value, path, root)
    if not sign:
        message = "The file is cut off in the middle; export it again."
        yield Item(number + 1, KindredError("damaged", message), path)
        return
    text.take()


def _objects(text: _Text) -> Iterator[Item]:
    """Yield objects that follow each other; one that is too long for the memory is opened."""
    while text.next():
        line = text.line
        try:
            value = text.value()
        except OverflowError:
            yield from _members(text, (), {})
            return
        except (ValueError, RecursionError):
            yield Item(line, _damaged("This line is not valid JSON."))
            if not text.skip_line():
                return
            continue
        yield Item(line, value, (), value if isinstance(value, dict) else {})


def _members(text: _Text, path: tuple[str, ...], root: dict[str, Any]) -> Iterator[Item]:
    """Yield the items of the lists of an object whose brace comes next."""
    text.take()
    while (sign := text.next()) not in ("}", ""):
        check_time()
        try:
            name = str(text.value(_KEPT))
            text.colon()
            sign = text.next()
            if sign == "[":
                yield from _list(text, (*path, name), root)
            elif sign == "{" and len(path) < _DEPTH:
                yield from _members(text, (*path, name), dict(root))
            else:
                value = text.value(_KEPT)
                if len(root) < _MEMBERS:
                    root[name] = value
        except (ValueError, OverflowError, RecursionError):
            message = "The file is damaged here; the rest of it is skipped."
            yield Item(text.line, _damaged(message), path)
            return
    if sign:
        text.take()
