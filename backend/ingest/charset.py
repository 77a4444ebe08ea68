"""Which characters the bytes of a table are, and its lines within a limit."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO

from backend.posts import KindredError

_SCAN = 2**28  # bytes looked at: a first accent may come late
_SAMPLE = 2**18
_BLOCK = 2**20

# What spreadsheet programs and old systems write, by its name in Python.
ENCODINGS = (
    "utf-8",
    "windows-1252",
    "utf-16",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "windows-1256",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
)


def detect(file: IO[bytes]) -> str:
    """Name the encoding of a text file.

    UTF-8 when every byte fits, UTF-16 by its mark or its NULs; else Windows-1252,
    what spreadsheet programs of Western Europe write, unless the bytes speak for
    another script.

    Parameters
    ----------
    file : binary file
        At its start.

    Returns
    -------
    str
        Of `ENCODINGS`.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample, seen = b"", 0
    while block := file.read(_BLOCK):
        if not seen:
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                return "utf-16"
            head = block[:4096]
            if len(head) > 8 and head.count(0) > len(head) // 3:
                return "utf-16-le" if head[1] == 0 else "utf-16-be"
        seen += len(block)
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            sample = block[max(0, error.start - _SAMPLE // 2) :][:_SAMPLE]
            break
        if seen >= _SCAN:
            break
    if not sample:
        return "utf-8"
    return _legacy(sample)


def _legacy(sample: bytes) -> str:
    high = sum(byte > 127 for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in sample if byte < 128)
    # Western texts have an accent here and there; other scripts hardly an ASCII letter.
    if high < 0.25 * max(1, letters):
        return "windows-1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 2**14]).best()
    if best is None:
        return "windows-1252"
    name = codecs.lookup(best.encoding).name.replace("cp125", "windows-125")
    return name if name in ENCODINGS else "windows-1252"


def check(encoding: str) -> str:
    """Return the name of an encoding of text.

    Raises
    ------
    KindredError
        ``no_encoding``.
    """
    more = ("utf-16-le", "utf-16-be", "latin-1", "iso8859-2", "iso8859-15", "koi8-r", "mac-roman")
    try:
        if codecs.lookup(encoding).name not in {codecs.lookup(e).name for e in ENCODINGS + more}:
            raise LookupError
    except (LookupError, ValueError):
        raise KindredError(
            "no_encoding",
            f"There is no encoding {encoding[:40]!r}; some are {', '.join(ENCODINGS[:4])}.",
        ) from None
    return encoding


def blocks(file: IO[bytes], encoding: str) -> Iterator[str]:
    """A text file piece by piece; bytes that are none of its characters become U+FFFD."""
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    decoder = codecs.getincrementaldecoder(name)("replace")
    while block := file.read(_BLOCK):
        yield decoder.decode(block).replace("\0", "")
    if end := decoder.decode(b"", final=True):
        yield end


def lines(file: IO[bytes], encoding: str, limit: int) -> Iterator[str | None]:
    """The lines of a text file; None for one that is longer than the limit.

    No more than a block is held, however long a line is.

    Parameters
    ----------
    file : binary file
    encoding : str
    limit : int
        Characters.

    Yields
    ------
    str or None
        With its line end, NULs taken out.
    """
    rest, skipping = "", False
    for block in blocks(file, encoding):
        text = rest + block
        *whole, rest = text.splitlines(keepends=True) if text else [""]
        # splitlines also cuts at characters that are no line ends in a table.
        whole, rest = _joined(whole, rest)
        for line in whole:
            if skipping:
                skipping = False
            elif len(line) > limit:
                yield None
            else:
                yield line
        if len(rest) > limit and not skipping:
            skipping = True
            yield None
        if skipping:
            rest = ""
    if rest and not skipping:
        yield rest


def _joined(whole: list[str], rest: str) -> tuple[list[str], str]:
    made: list[str] = []
    open_ = ""
    for piece in (*whole, rest):
        open_ += piece
        if piece.endswith("\n"):
            made.append(open_)
            open_ = ""
    return made, open_
