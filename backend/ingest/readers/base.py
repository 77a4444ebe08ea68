"""Types that all readers share: rows of named cells, and the options of an import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from backend.domain import KindredError, Reaction
from backend.ingest.readers.file_tree import Tree


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a source.

    Attributes
    ----------
    number : int
        From 1, as a text editor or viewer counts: the line of a table, the
        place in a list.
    cells : mapping of str to object
        Text, number, list or bytes by column.
    error : KindredError, optional
        Why the row cannot be read; `cells` is then empty or has no values.
    reactions : tuple of Reaction
        Reactions of users to posts; a row with reactions alone has no cells.
    file : str
        The file of the row; paths of media are relative to it.
    notices : tuple of KindredError
        What was lost or guessed of a row that can be read.
    """

    number: int
    cells: Mapping[str, Any] = field(default_factory=dict)
    error: KindredError | None = None
    reactions: tuple[Reaction, ...] = ()
    file: str = ""
    notices: tuple[KindredError, ...] = ()


# Field of a post -> its columns.
ColumnMapping = Mapping[str, tuple[str, ...]]

# fmt: off
FIELDS = (
    "id", "text", "title", "image", "audio", "user", "name", "time", "language", "tags",
    "label", "licence", "url", "reply_to",
)
# fmt: on
SEVERAL = (
    "text",
    "tags",
    "label",
    "image",
    "audio",
    "time",
)  # fields that can have several columns


@dataclass(frozen=True, slots=True)
class Options:
    """The user's choices for an import.

    Attributes
    ----------
    mapping : mapping of str to tuple of str
        Columns by field of `FIELDS`; empty: guessed.
    pseudonymise : bool
        Replace names of users by a keyed hash.
    fetch : bool
        Download media behind web addresses.
    folders_as_labels : bool
        Use the folder of a file as the label of its post.
    licence : str
        Of every post without a licence of its own.
    table : str
        The file of the source to read; empty: chosen automatically.
    encoding, separator : str
        Of a table; empty: guessed.
    read, transcribe : bool or None
        Whether to read text in images and to transcribe sounds; None: as in the settings.
    vectors : tuple of str
        Files of vectors of the rows, as ``[FIELD=]PATH``; see `readers.vector_files`.
    widths : tuple of (str, int)
        Numbers in the vectors of each kind, as the check found them.
    encoders : tuple of (str, str)
        Kind of vectors and the name of the encoder that made them, for queries.
    """

    mapping: ColumnMapping = field(default_factory=dict)
    pseudonymise: bool = False
    fetch: bool = False
    folders_as_labels: bool = False
    licence: str = ""
    table: str = ""
    encoding: str = ""
    separator: str = ""
    read: bool | None = None
    transcribe: bool | None = None
    vectors: tuple[str, ...] = ()
    widths: tuple[tuple[str, int], ...] = ()
    encoders: tuple[tuple[str, str], ...] = ()


class Format(Protocol):
    """Interface of the module of a source format."""

    NAME: str
    TITLE: str

    def matches(self, tree: Tree) -> str | None:
        """Return why the source is of this format; None when it is not."""

    def read(self, tree: Tree, options: Options) -> Iterator[Row]:
        """Yield the rows in a fixed order."""

    def mapping(self, columns: list[str], samples: list[Row], /) -> ColumnMapping:
        """Return the columns of each field."""
