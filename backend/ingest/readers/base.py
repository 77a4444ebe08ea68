"""What every format gives: rows of named cells, and what went wrong with a row."""

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
        From 1, as the person who looks into the file counts: the line of a
        table, the place in a list.
    cells : mapping of str to object
        Column to text, number, list or bytes.
    error : KindredError, optional
        Why it could not be read; `cells` is then empty, or holds the columns without values.
    reactions : tuple of Reaction
        What the row says of users and posts; a row without cells is no post.
    file : str
        The file that the row is from; paths of media are relative to it.
    """

    number: int
    cells: Mapping[str, Any] = field(default_factory=dict)
    error: KindredError | None = None
    reactions: tuple[Reaction, ...] = ()
    file: str = ""


# Field of a post -> the columns that it is made of.
Mapped = Mapping[str, tuple[str, ...]]

FIELDS = (
    "id",
    "text",
    "title",
    "image",
    "audio",
    "user",
    "name",
    "time",
    "language",
    "tags",
    "label",
    "licence",
    "url",
)
SEVERAL = ("text", "tags", "label", "image", "audio")  # fields made of several columns


@dataclass(frozen=True, slots=True)
class Options:
    """What a person decides about an import.

    Attributes
    ----------
    mapping : mapping of str to tuple of str
        Field of `FIELDS` to columns; empty: as guessed.
    pseudonymise : bool
        Users get a keyed hash in place of their name.
    fetch : bool
        Media behind addresses are fetched.
    folders_as_labels : bool
        The folder of a medium becomes its label.
    licence : str
        Of every post that does not say.
    table : str
        The file of the source to read; empty: as found.
    encoding, separator : str
        Of a table; empty: as guessed.
    """

    mapping: Mapped = field(default_factory=dict)
    pseudonymise: bool = False
    fetch: bool = False
    folders_as_labels: bool = False
    licence: str = ""
    table: str = ""
    encoding: str = ""
    separator: str = ""


class Format(Protocol):
    """What a module of a source format has."""

    NAME: str
    TITLE: str

    def matches(self, tree: Tree) -> str | None:
        """Why the source is of this format; None when it is not."""

    def read(self, tree: Tree, options: Options) -> Iterator[Row]:
        """The rows, in a fixed order."""

    def mapping(self, columns: list[str], samples: list[Row]) -> Mapped:
        """Which columns make which field."""
