"""Look through the metadata of a Parquet file in another process first.

At some damaged files Arrow ends the whole process (an exception of C++ that its Python
layer does not catch), so one upload could stop the app. Here it ends a helper instead.
"""

from __future__ import annotations

from typing import IO

from backend.domain import KindredError
from backend.ingest.readers.trial import Trial

SECONDS = 30.0  # for one file; a thousand columns in a thousand row groups take a second
_MARK = b"PAR1"
_TAIL = 8  # bytes: the length of the metadata, and the mark
_IMPORTS = "import pyarrow as pa, pyarrow.parquet as pq"
_WORK = """
metadata = pq.read_metadata(pa.BufferReader(file))
for group in range(metadata.num_row_groups):
    chunks = metadata.row_group(group)
    for column in range(metadata.num_columns):
        chunks.column(column)
"""


class MetadataChecker:
    """A helper process that looks through metadata."""

    def __init__(self) -> None:
        self._trial = Trial(_IMPORTS, _WORK, SECONDS)

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
        if not metadata:
            return
        if not self._trial.passes(_MARK + metadata):
            raise KindredError(
                "damaged", f"{name} cannot be read: what it says of its columns is damaged."
            )


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
