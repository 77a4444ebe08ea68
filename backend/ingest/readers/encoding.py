"""Detect the encoding of text files and read their lines within a limit."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import IO

from backend.domain import KindredError
from backend.ingest.readers import legacy
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.time_limit import check_time
from backend.settings import settings

_SUPERSETS = {  # encodings to report under the name of a superset or relative
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
_BEYOND = re.compile("[^\\x00-\\x7f]+")
# A character beyond U+FFFF in two halves of three bytes each (CESU-8), as some databases write.
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_GOOD = 1  # characters that are valid in UTF-8 for each byte that is not, at least
_LETTERS = re.compile(rb"[A-Za-z]")
_SURE = 0.95  # of the letters beyond ASCII are of one language
_SCAN = 2**28  # bytes read: the first accented letter may come late
_SAMPLE = 2**18
_BLOCK = 2**20
_TEXT_BYTES = 2**16  # limit of `read_text`
BLANK_LINES = 100_000  # in a row, beyond which a file is not read

# Encodings of spreadsheet programs and old systems, by their names in Python.
# fmt: off
ENCODINGS = (
    "utf-8", "windows-1252", "utf-16", "windows-1250", "windows-1251", "windows-1253",
    "windows-1254", "windows-1256", "windows-1257", "shift_jis", "gb18030", "big5", "euc_kr",
    "mac-roman", "cp850", "iso8859-2", "iso8859-15",
)
# fmt: on


def detect(file: IO[bytes]) -> str:
    """Detect the encoding of a text file.

    UTF-8 if hardly a byte contradicts, UTF-16 by its byte order mark or its NULs; else
    what the letters suggest.

    Parameters
    ----------
    file : binary file
        At its start.

    Returns
    -------
    str
        One of `ENCODINGS`.
    """
    count = _UTF8Count()
    bytes_read = 0
    while block := file.read(_BLOCK):
        if not bytes_read:
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                return "utf-16"
            head = block[:4096]
            if len(head) > 8 and head.count(0) > len(head) // 3:
                return "utf-16-le" if head[1] == 0 else "utf-16-be"
        bytes_read += len(block)
        count.add(block)
        if count.is_other() or bytes_read >= _SCAN:
            break
    return _legacy(count.sample) if count.is_other(final=True) else "utf-8"


class _UTF8Count:
    """Counts the characters beyond ASCII that are valid in UTF-8, and the bytes that are not."""

    def __init__(self) -> None:
        self.good = self.bad = 0
        self.sample = b""
        self._rest = b""

    def add(self, block: bytes) -> None:
        if block.isascii() and not self._rest:
            return
        data = self._rest + block
        at = 0
        self._rest = b""
        while at < len(data) and not self.is_other():
            try:
                text = data[at:].decode("utf-8") if at else data.decode("utf-8")
                self.good += sum(map(len, _BEYOND.findall(text)))
                return
            except UnicodeDecodeError as error:
                text = data[at : at + error.start].decode("utf-8")
                self.good += sum(map(len, _BEYOND.findall(text)))
                start = at + error.start
                if start > len(data) - 4 and error.reason == "unexpected end of data":
                    self._rest = data[start:]  # a character in two blocks
                    return
                self.sample = self.sample or data[max(0, start - _SAMPLE // 2) :][:_SAMPLE]
                pair = _PAIR.match(data, start)
                self.good += bool(pair)
                self.bad += not pair
                at = pair.end() if pair else at + error.end

    def is_other(self, *, final: bool = False) -> bool:
        """Whether it is another encoding: of many bytes beyond ASCII, most do not fit."""
        if final and self._rest:
            self.bad += 1
            self.sample = self.sample or self._rest
        enough = self.bad > (0 if final else 200)
        return enough and self.bad * _GOOD > self.good


def _legacy(sample: bytes) -> str:
    runs = _HIGH.findall(sample)
    high = sum(map(len, runs))
    western, sure = legacy.latin(sample)
    # In Latin alphabets most letters are ASCII; in other scripts whole words are high bytes.
    if sure > _SURE and len(_LETTERS.findall(sample)) > high:
        return western
    if sum(len(run) for run in runs if len(run) > 2) < 0.3 * high:
        return western
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 2**14]).best()
    if best is None:
        return western
    name = codecs.lookup(best.encoding).name
    name = _SUPERSETS.get(name, name.replace("cp125", "windows-125"))
    return name if name in ENCODINGS else "windows-1252"


def check(encoding: str) -> str:
    """Return `encoding` if it is a supported text encoding.

    Raises
    ------
    KindredError
        ``no_encoding``.
    """
    others = ("utf-16-le", "utf-16-be", "latin-1", "koi8-r")
    try:
        if codecs.lookup(encoding).name not in {codecs.lookup(e).name for e in ENCODINGS + others}:
            raise LookupError
    except (LookupError, ValueError):
        raise KindredError(
            "no_encoding",
            f"The encoding {encoding[:40]!r} is not supported; choose one such as "
            f"{', '.join(ENCODINGS[:4])}.",
        ) from None
    return encoding


def _joined_or_replaced(error: UnicodeError) -> tuple[str, int]:
    """Decode a character in two halves (CESU-8); replace any other invalid byte by U+FFFD."""
    if isinstance(error, UnicodeDecodeError) and (pair := _PAIR.match(error.object, error.start)):
        halves = pair[0].decode("utf-8", "surrogatepass")
        return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), pair.end()
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd", error.end


codecs.register_error("kindred.join", _joined_or_replaced)


def blocks(file: IO[bytes], encoding: str) -> Iterator[str]:
    """Yield a text file in blocks; invalid bytes become U+FFFD."""
    is_utf8 = encoding == "utf-8"
    name = "utf-8-sig" if is_utf8 else encoding
    decoder = codecs.getincrementaldecoder(name)("kindred.join" if is_utf8 else "replace")
    block, rest = b"x", b""
    while block:
        check_time()
        block = file.read(_BLOCK)
        if is_utf8:
            block, rest = rest + block, b""
            cut = block.rfind(b"\xed", -5)  # what may be the first half of a character
            if len(block) > 5 and cut >= 0:
                block, rest = block[:cut], block[cut:]
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:  # UTF-16 without a byte order mark
            raise KindredError(
                "wrong_encoding",
                f"The file is not encoded as {encoding}: {error}. Choose another encoding.",
            ) from error
        yield text.replace("\0", "")


def read_text(tree: Tree, name: str) -> str:
    """Read a small text file of a source, in whatever encoding.

    Raises
    ------
    KindredError
        As `Tree.read`, with a limit of 64 KiB.
    """
    with tree.open(name) as file:
        encoding = detect(file)
    return tree.read(name, _TEXT_BYTES).decode(encoding, "replace").strip()


def lines(file: IO[bytes], encoding: str, limit: int) -> Iterator[str | None]:
    """Yield the lines of a text file; None for one longer than the limit.

    At most `limit` characters and a block are in memory, however long a line is.

    Parameters
    ----------
    file : binary file
    encoding : str
    limit : int
        Characters.

    Yields
    ------
    str or None
        With its line end, without NULs.
    """
    rest, too_long = "", False
    for block in blocks(file, encoding):
        text = rest + block
        *complete, rest = text.splitlines(keepends=True) if text else [""]
        # splitlines also splits at characters that are not line ends in a table.
        complete, rest = _rejoin_lines(complete, rest)
        for line in complete:
            if too_long:
                too_long = False
            elif len(line) > limit:
                yield None
            else:
                yield line
        if len(rest) > limit and not too_long:
            too_long = True
            yield None
        if too_long:
            rest = ""
    if rest and not too_long:
        yield rest


def numbered_lines(
    tree: Tree, name: str, encoding: str = "utf-8"
) -> Iterator[tuple[int, str | KindredError]]:
    """Yield the numbers and texts of lines that are not blank; an error for one too long."""
    with tree.open(name) as file:
        limit, blank = settings().limits.line_bytes, 0
        for number, line in enumerate(lines(file, encoding, limit), start=1):
            if line is None or line.strip():
                blank = 0
                yield number, line_too_long() if line is None else line
                continue
            blank += 1
            if blank > BLANK_LINES:
                yield number, blank_lines()
                return


def blank_lines() -> KindredError:
    """Return the error of the lines after which a file is read no further."""
    message = f"{BLANK_LINES:,} blank lines in a row: the file is not read beyond them."
    return KindredError("blank_lines", message)


def line_too_long() -> KindredError:
    """Return the error of a line beyond the limit."""
    limit = settings().limits.line_bytes
    message = f"This line is longer than {limit:,} characters, the limit."
    return KindredError("too_large", message)


def _rejoin_lines(pieces: list[str], rest: str) -> tuple[list[str], str]:
    lines: list[str] = []
    line = ""
    for piece in (*pieces, rest):
        line += piece
        if piece.endswith("\n"):
            lines.append(line)
            line = ""
    return lines, line
