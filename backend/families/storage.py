"""Keep the families of a corpus in a table beside it, and read them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.corpus import Corpus
from backend.corpus.model_outputs import families_name
from backend.families.types import Families

SCHEMA = pa.schema(
    [
        ("id", pa.string()),  # every post that was looked at
        ("family", pa.string()),  # its first post; null: the post has no copy
        ("by", pa.string()),  # modalities in which it is a copy, joined by +
        ("text_variant", pa.int32()),  # equal for equal texts; below 0: not compared, -1: none
        ("image_variant", pa.int32()),
        ("audio_variant", pa.int32()),
    ]
)


def put(corpus: Corpus, bundle: str, table: pa.Table) -> None:
    """Store the families of a corpus; they replace earlier ones."""
    corpus.write_side_tables({families_name(bundle): table})


def get(corpus: Corpus, bundle: str) -> Families | None:
    """Read the families of a corpus; None where nobody has looked for them."""
    table = corpus.side_table(families_name(bundle))
    if table is None or not len(table):
        return None
    members = table.filter(pc.is_valid(table["family"]))
    posts = corpus.table(["id", "user", "time"])
    rows = members.join(posts, "id", join_type="inner").sort_by(
        [("time", "ascending"), ("id", "ascending")]
    )
    times = rows["time"].cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return Families(
        ids=_objects(rows["id"]),
        family=_objects(rows["family"]),
        users=_objects(rows["user"]),
        seconds=times / 1e6,
        by=tuple(tuple(one.split("+")) for one in rows["by"].to_pylist()),
        variants={name: rows[f"{name}_variant"].to_numpy() for name in ("text", "image", "audio")},
        looked_at=len(table),
        unseen=len(posts) - pc.sum(pc.is_in(posts["id"], table["id"].combine_chunks())).as_py(),
    )


def _objects(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.to_pylist(), dtype=object)
