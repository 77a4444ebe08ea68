"""Which characters the bytes of a table are, and its lines within a limit."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import IO

from backend.domain import KindredError

_SAME = {  # as its superset, or its older name
    "cp932": "shift_jis",
    "shift_jis_2004": "shift_jis",
    "shift_jisx0213": "shift_jis",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5hkscs": "big5",
    "cp949": "euc_kr",
    "iso8859-5": "windows-1251",
    "mac-cyrillic": "windows-1251",
}
_HIGH = re.compile(rb"[\x80-\xff]+")
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
    runs = _HIGH.findall(sample)
    # Western texts have an accent here and there; in other scripts whole words are such bytes.
    if sum(len(run) for run in runs if len(run) > 2) < 0.3 * sum(map(len, runs)):
        return "windows-1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 2**14]).best()
    if best is None:
        return "windows-1252"
    name = codecs.lookup(best.encoding).name
    name = _SAME.get(name, name.replace("cp125", "windows-125"))
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
    block = b"x"
    while block:
        block = file.read(_BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:  # UTF-16 without its mark
            raise KindredError(
                "wrong_encoding", f"It is not encoded as {encoding}: {error}."
            ) from error
        yield text.replace("\0", "")


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
