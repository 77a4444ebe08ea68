"""Vectors that came with the posts of a corpus: of what, how wide, from which encoder.

All vectors of a corpus have one width. Kinds of one width share their numbers, as those of CLIP
do; where widths differ, each has a block of its own and zeros elsewhere, so that cosines within
a kind stay what they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from backend.corpus.corpus import Corpus
from backend.domain import Kind, KindredError

TABLE = "own_vectors"
_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("offset", pa.int32()),
        ("width", pa.int32()),
        ("encoder", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the numbers of each kind stand.

    Attributes
    ----------
    blocks : mapping of Kind to (int, int)
        Offset and width.
    encoders : mapping of Kind to str
        Registry names, where they are known.
    """

    blocks: Mapping[Kind, tuple[int, int]]
    encoders: Mapping[Kind, str]

    @classmethod
    def of(cls, widths: Mapping[Kind, int], encoders: Mapping[Kind, str]) -> Layout:
        """Lay out vectors of some widths.

        Examples
        --------
        >>> Layout.of({Kind.TEXT: 384, Kind.IMAGE: 512}, {}).blocks[Kind.IMAGE]
        (384, 512)
        >>> Layout.of({Kind.TEXT: 512, Kind.IMAGE: 512}, {}).blocks[Kind.IMAGE]
        (0, 512)
        """
        offsets: dict[int, int] = {}
        for width in widths.values():
            offsets.setdefault(width, sum(offsets))
        return cls({kind: (offsets[w], w) for kind, w in widths.items()}, dict(encoders))

    @property
    def dim(self) -> int:
        """Numbers of each stored vector."""
        return max((offset + width for offset, width in self.blocks.values()), default=0)

    def place(self, kind: Kind, vector: np.ndarray) -> np.ndarray:
        """Put a vector of a kind into its block: ``(dim,)`` float32.

        Raises
        ------
        KindredError
            ``bad_vectors`` for another width.
        """
        offset, width = self.blocks[kind]
        if len(vector) != width:
            message = f"The {kind} vectors of this corpus have {width} numbers, not {len(vector)}."
            raise KindredError("bad_vectors", message)
        placed = np.zeros(self.dim, dtype=np.float32)
        placed[offset : offset + width] = vector
        return placed

    def describe(self) -> str:
        """Say in a few words which vectors there are.

        Examples
        --------
        >>> Layout.of({Kind.POST: 512}, {}).describe()
        'post 512'
        """
        return ", ".join(f"{kind} {width}" for kind, (_, width) in self.blocks.items())


def read(corpus: Corpus) -> Layout | None:
    """Return the layout of a corpus; None where no vectors came with it."""
    table = corpus.side_table(TABLE)
    if table is None or not len(table):
        return None
    rows = table.to_pylist()
    return Layout(
        {Kind(row["kind"]): (row["offset"], row["width"]) for row in rows},
        {Kind(row["kind"]): row["encoder"] for row in rows if row["encoder"]},
    )


def to_table(layout: Layout) -> pa.Table:
    """Return a layout as rows."""
    rows = [
        {"kind": k.value, "offset": o, "width": w, "encoder": layout.encoders.get(k)}
        for k, (o, w) in layout.blocks.items()
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)
