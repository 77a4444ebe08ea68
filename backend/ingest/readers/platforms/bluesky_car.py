"""Read the repository of a Bluesky account: a CAR file of records in a search tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import libipld

from backend.domain import KindredError
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.json_lines import without_surrogates
from backend.ingest.readers.platforms import bluesky, common
from backend.ingest.readers.platforms.car_blocks import Blocks
from backend.ingest.readers.time_limit import check_time

NAME = "bluesky-car"
TITLE = "Bluesky repository (CAR)"
_BYTES = 256 * 2**20  # of a file, which is read whole
_DEPTH = 64  # of the tree


def matches(tree: Tree) -> str | None:
    """Return why the source is a repository."""
    files = tree.names(".car")
    return f"{files[0]} is the repository of an account" if files else None


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each post, like and repost; other records are left out."""
    number = 0
    for name in [options.table] if options.table else tree.names(".car"):
        blocks, commit = _opened(tree, name)
        did = str(commit.get("did") or "")
        context = common.Context(tree, name, owner=(did, ""))
        left: Counter[str] = Counter()
        for key, id_ in _entries(blocks, commit.get("data")):
            check_time()
            number += 1
            record = blocks.get(id_)
            record = _plain(record) if isinstance(record, dict) else None
            item = {"uri": f"at://{did}/{key}", "value": record}
            if record is None or not bluesky.fits(item, ()):
                left[key.partition("/")[0]] += 1
                continue
            try:
                cells = bluesky.cells(item, context)
            except (AttributeError, LookupError, TypeError, ValueError):
                error = KindredError("bad_row", "This record has a value of an unexpected kind.")
                yield Row(number, error=error)
                continue
            yield common.row(number, cells, name)
        for kind, count in left.most_common(20):
            tree.leave_out(name, f"records of {kind[:60]}", count)


def _opened(tree: Tree, name: str) -> tuple[Blocks, Mapping[str, Any]]:
    """Return the blocks of a repository by their CIDs, and its commit."""
    try:
        blocks = Blocks(tree.read(name, _BYTES))
        commit = blocks.get(blocks.root)
        if not isinstance(commit, dict):
            raise TypeError
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        message = f"{name} is no complete repository; export it again."
        raise KindredError("damaged", message) from error
    return blocks, commit


def _entries(blocks: Blocks, root: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and CIDs of records in the order of the tree."""
    stack: list[tuple[Any, int]] = [(root, 0)]
    seen: set[Any] = set()
    while stack:
        found, depth = stack.pop()
        if isinstance(found, tuple):
            yield found
            continue
        node = blocks.get(found)
        # A node that leads back to itself would never end.
        if not isinstance(node, dict) or found in seen or depth > _DEPTH:
            continue
        seen.add(found)
        key, inside = b"", [node.get("l")]
        for entry in common.objects(node.get("e")):
            rest = entry.get("k")
            key = key[: int(entry.get("p") or 0)] + (rest if isinstance(rest, bytes) else b"")
            inside += [(key.decode("utf-8", "replace"), entry.get("v")), entry.get("t")]
        stack += [(part, depth + 1) for part in reversed(inside) if part is not None]


def _plain(value: Any) -> Any:
    """Return a record with its links as text."""
    if isinstance(value, bytes):
        try:
            return libipld.encode_cid(value)
        except ValueError:
            return None
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return without_surrogates(value)


mapping = common.mapping
