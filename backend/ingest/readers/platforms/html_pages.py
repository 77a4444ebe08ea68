"""Pages of HTML that platforms export: decoding them, and what their parts say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from backend.domain import KindredError
from backend.ingest.readers import encoding, html
from backend.ingest.readers.base import Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms import common
from backend.ingest.readers.time_limit import check_time

# A page of an export has a thousand messages at most. Parsed, an element takes some 400 bytes,
# and an attribute, which may be two bytes, 170.
_PAGE = 2**23  # bytes
_ELEMENTS = 400_000
_HEAD = 2**16
_DEEP = 500  # elements around another one; exports have some twenty
_ELEMENT = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Elements that hold nothing, or that the next one of their kind ends.
_VOID = (
    "area base br col embed hr img input link meta param source track wbr p li td tr th dt dd "
    "option"
)
_FLAT = frozenset(_VOID.split())
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]{3,20})", re.IGNORECASE)

# Cells of a part of a page; raises `LeftOut` for what is no post.
Read = Callable[[LexborNode], common.Cells]


def pages(tree: Tree, name: re.Pattern[str], mark: bytes) -> list[str]:
    """Return the pages whose names match and that begin with a mark, in the order of numbers."""

    def is_one(file: str) -> bool:
        try:
            return name.search(file) is not None and mark in tree.head(file, _HEAD)
        except KindredError:
            return False

    return sorted(filter(is_one, tree.names(".html", ".htm")), key=_by_number)


def _by_number(name: str) -> list[tuple[int, str]]:
    """Return a key that puts ``messages.html`` before ``messages2.html``, and that before 10."""
    stem = name.rpartition(".")[0]
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", stem)]


def parsed(tree: Tree, name: str) -> LexborHTMLParser:
    """Parse a page in the encoding that it names.

    Raises
    ------
    KindredError
        As `Tree.read`; ``too_large``, ``too_deep``.
    """
    check_time()
    data = tree.read(name, _PAGE)
    declared = _CHARSET.search(data[:2048])
    try:
        code = encoding.check(declared[1].decode()) if declared else "utf-8"
    except KindredError:
        code = "utf-8"
    markup = data.decode(code, "replace")
    if markup.count("<") > _ELEMENTS:
        message = f"{name} has more elements than a page of an export; export it again in parts."
        raise KindredError("too_large", message)
    if _depth(markup) > _DEEP:
        raise KindredError("too_deep", f"{name} is nested too deeply to be a page of an export.")
    return LexborHTMLParser(markup)


def _depth(markup: str) -> int:
    """Return how deep elements are nested at most; the parser takes quadratic time for that.

    Examples
    --------
    >>> _depth("<div><p>a<p>b<br><span>c</span></div><div></div>")
    2
    """
    depth = deepest = 0
    for match in _ELEMENT.finditer(markup):
        if match[2].lower() in _FLAT:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def words(node: LexborNode | None) -> str:
    """Return the text of a part, with its line ends."""
    return html.to_text(node.html or "") if node is not None else ""


def href(node: LexborNode | None) -> str:
    """Return the address of a link; empty for none."""
    return (node.attributes.get("href") or "") if node is not None else ""


def rows(tree: Tree, names: Sequence[str], selector: str, read: Read) -> Iterator[Row]:
    """Yield a row for each part of some pages that a selector finds, and note what is left out."""
    for name in names:
        left: Counter[str] = Counter()
        try:
            page = parsed(tree, name)
        except KindredError as error:
            yield Row(1, error=error)
            continue
        for number, node in enumerate(page.css(selector), start=1):
            try:
                yield common.row(number, read(node), name)
            except common.LeftOut as what:
                left[str(what)] += 1
        for group, count in left.items():
            tree.leave_out(name, group, count)
