"""Read the files of a platform wherever its items stand: JSON, tables, packed or not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from types import ModuleType
from typing import Any, cast
from weakref import WeakKeyDictionary

from backend.domain import KindredError
from backend.ingest.readers import delimited, json_items, parquet, workbook
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.json_items import Item
from backend.ingest.readers.platforms import common
from backend.ingest.readers.platforms.common import Context, LeftOut, Platform
from backend.ingest.readers.samples import shortened, size_of

_TABLES: dict[str, ModuleType] = {
    ending: module
    for module, endings in (
        (delimited, (".csv", ".tsv", ".tab")),
        (parquet, parquet.ENDINGS),
        (workbook, workbook.ENDINGS),
    )
    for ending in endings
}
_ENDINGS = (*json_items.ENDINGS, *_TABLES)
_PEEKED_FILES = 400
_PEEKED_ITEMS = 30
_PEEKED_SIZE = 2**20  # characters or bytes of the items of a file
_DEPTH = 8
_GROUPS = 20  # of what is left out of one file
# What Python raises for values of an unexpected kind.
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
_NO_POST = KindredError("bad_row", "This item has a value of an unexpected kind.")

_peeks: WeakKeyDictionary[Tree, dict[str, list[Item]]] = WeakKeyDictionary()


class PlatformFormat:
    """The format of a platform.

    Parameters
    ----------
    platform : module
        As in `Platform`. It may also have ``PRIVATE``, pairs of a pattern of file names and
        what is in them; ``ASIDE``, names of lists that say more about posts elsewhere; and
        ``prepare(tree, context)``, which looks into other files first.
    """

    def __init__(self, platform: Any) -> None:
        self._platform = cast("Platform", platform)
        self._private = [
            (re.compile(p, re.I), what) for p, what in getattr(platform, "PRIVATE", ())
        ]
        self._aside = set(getattr(platform, "ASIDE", ()))
        self._prepare = getattr(platform, "prepare", None)
        self.NAME, self.TITLE = platform.NAME, platform.TITLE

    def matches(self, tree: Tree) -> str | None:
        """Return why the source is of this platform."""
        return common.first_of(
            [name for name in record_files(tree)[:_PEEKED_FILES] if self._fits(tree, name)]
        )

    def _fits(self, tree: Tree, name: str) -> bool:
        if self._private_part(name):
            return False
        return any(True for item in peek(tree, name) for _ in islice(self._candidates(item), 1))

    def _private_part(self, name: str) -> str:
        return next((what for pattern, what in self._private if pattern.search(name)), "")

    def _candidates(self, item: Item) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
        return _fitting(self._platform, item.value, item.path, item.root)

    def read(self, tree: Tree, options: Options) -> Iterator[Row]:
        """Yield a row for each post of each file that is of the platform."""
        context = Context(tree=tree)
        if self._prepare is not None:
            self._prepare(tree, context)
        for name in [options.table] if options.table else record_files(tree):
            if private := self._private_part(name):
                tree.leave_out(name, private, max(1, _count(tree, name)))
            elif options.table or self._fits(tree, name):
                yield from self._rows(tree, name, context)
        _peeks.pop(tree, None)

    def _rows(self, tree: Tree, name: str, context: Context) -> Iterator[Row]:
        context.file, counted = name, 0
        left: Counter[str] = Counter()
        for item in records(tree, name):
            if isinstance(item.value, KindredError):
                yield Row(item.number, error=item.value)
                continue
            fitting = False
            for path, value, around in self._candidates(item):
                fitting, counted = True, counted + 1
                context.path, context.root, context.around = path, item.root or {}, around
                try:
                    cells = self._platform.cells(value, context)
                except LeftOut as what:
                    left[str(what)] += 1
                    continue
                except _ODD:
                    yield Row(counted if path else item.number, error=_NO_POST)
                    continue
                yield common.row(counted if path else item.number, cells, name)
            if not fitting and isinstance(item.value, dict) and not set(item.path) & self._aside:
                left[_group(item.path)] += 1
            elif isinstance(item.value, dict) and not item.path:
                for path, count in _unfit(self._platform, item.value, self._aside).items():
                    left[_group(path)] += count
        for group, count in left.most_common(_GROUPS):
            tree.leave_out(name, group, count)

    mapping = staticmethod(common.mapping)


def _group(path: tuple[str, ...]) -> str:
    return f"items of “{' › '.join(path)}”" if path else "items that are no posts"


def _fitting(
    platform: Platform, value: Any, path: tuple[str, ...], around: Any
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield the objects in a value that are of a platform, with the names around them."""
    if not isinstance(value, dict) or len(path) > _DEPTH:
        return
    if platform.fits(value, path):
        yield path, value, around
        return
    for name, part in value.items():
        for inner in part if isinstance(part, list) else (part,):
            if isinstance(inner, dict):
                yield from _fitting(platform, inner, (*path, str(name)), value)


def _unfit(platform: Platform, value: Any, aside: set[str]) -> Counter[tuple[str, ...]]:
    """Count the objects in the lists of an object in which nothing is of a platform."""
    counts: Counter[tuple[str, ...]] = Counter()
    if platform.fits(value, ()):
        return counts
    for path, item in json_items.inside(value):
        if not set(path) & aside and not any(True for _ in _fitting(platform, item, path, value)):
            counts[path] += 1
    return counts


def record_files(tree: Tree) -> list[str]:
    """Return the names of the files that may hold items."""
    return tree.names(*_ENDINGS)


def records(tree: Tree, name: str) -> Iterator[Item]:
    """Yield the items of a file, whatever kind of table or JSON it is."""
    lower = name.lower()
    if lower.endswith(json_items.ENDINGS):
        yield from json_items.items(tree, name)
        return
    module = next(module for ending, module in _TABLES.items() if lower.endswith(ending))
    for row in module.read(tree, Options(table=name)):
        yield Item(row.number, row.error if row.error is not None else dict(row.cells))


def peek(tree: Tree, name: str) -> list[Item]:
    """Return the first items of a file; none where it cannot be read."""
    known = _peeks.setdefault(tree, {})
    if name not in known:
        was_read = name in tree.opened
        known[name], size = [], 0
        try:
            for item in islice(records(tree, name), _PEEKED_ITEMS):
                short = replace(item, value=shortened(item.value, _DEPTH), root={})
                known[name].append(short)
                size += size_of(short.value)
                if size > _PEEKED_SIZE:
                    break
        except KindredError:
            pass  # what can be read of it is enough
        if not was_read:
            tree.opened.discard(name)
    return known[name]


def _count(tree: Tree, name: str) -> int:
    """Count the items of a file; of an object around lists, those of the longest list."""
    total = 0
    try:
        for item in records(tree, name):
            if not isinstance(item.value, KindredError):
                lists = Counter(path for path, _ in json_items.inside(item.value))
                total += max(lists.values(), default=1)
    except KindredError:
        pass  # as many as can be read
    return total
