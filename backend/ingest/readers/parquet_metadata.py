"""Look through the metadata of a Parquet file in another process first.

At some damaged files Arrow ends the whole process (an exception of C++ that its Python
layer does not catch), so one upload could stop the app. Here it ends a helper instead.
"""

from __future__ import annotations

import selectors
import subprocess
import sys
from threading import Lock
from typing import IO

from backend.domain import KindredError

_SECONDS = 60  # for one file; a thousand columns in a thousand row groups take a second
_MARK = b"PAR1"
_TAIL = 8  # bytes: the length of the metadata, and the mark
_HELPER = """
import sys
import pyarrow as pa, pyarrow.parquet as pq
for line in sys.stdin.buffer:
    file = sys.stdin.buffer.read(int(line))
    try:
        metadata = pq.read_metadata(pa.BufferReader(file))
        for group in range(metadata.num_row_groups):
            chunks = metadata.row_group(group)
            for column in range(metadata.num_columns):
                chunks.column(column)
    except Exception:
        pass  # whoever reads the file meets it, too, and says so
    print(flush=True)
"""


class MetadataChecker:
    """A helper process that is started when it is first needed, and again when it has ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def check(self, name: str, file: IO[bytes]) -> None:
        """Raise where reading the metadata of a file would end this process.

        Parameters
        ----------
        name : str
            For the message.
        file : file object
            Seekable.

        Raises
        ------
        KindredError
            ``damaged``.
        """
        metadata = _metadata(file)
        with self._lock:
            if metadata and not self._answers(_MARK + metadata):
                self._end()
                raise KindredError(
                    "damaged", f"{name} cannot be read: what it says of its columns is damaged."
                )

    def _answers(self, data: bytes) -> bool:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _HELPER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(b"%d\n" % len(data))
            stdin.write(data)
            stdin.flush()
        except BrokenPipeError:
            return False
        with selectors.DefaultSelector() as waiting:
            waiting.register(stdout, selectors.EVENT_READ)
            return bool(waiting.select(_SECONDS)) and bool(stdout.readline())

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _metadata(file: IO[bytes]) -> bytes:
    """Return the end of a file from its metadata on; nothing where it has none."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little") + _TAIL
    if tail[4:] != _MARK or length > size:
        return b""
    file.seek(size - length)
    return file.read(length)


CHECKER = MetadataChecker()
