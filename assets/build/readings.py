"""Read the images and sounds of the shipped corpus, and place and predict posts by their words."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.build.corpus import assemble, files
from backend.corpus.native import Native
from backend.corpus.readings import READINGS as TABLE
from backend.corpus.shipped import FOLDERS, NATIVE, READINGS
from backend.domain import Kind, Modality
from backend.settings import ASSETS, SHIPPED_CORPUS, settings
from backend.workspace.read_corpus import apply_readings, read_corpus
from backend.workspace.workspace import Workspace

FOLDER = ASSETS / "corpus"


def main() -> None:
    """Read what was not read yet; write readings, vectors, predictions and checksums."""
    checksums()
    name = settings().bundle
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        corpus = workspace.corpus(SHIPPED_CORPUS)
        apply_readings(workspace, corpus)
        read_corpus(workspace, corpus, {Modality.IMAGE, Modality.AUDIO}, _progress)
        snapshot = corpus.snapshot()
        for part, table in (("vectors", f"vectors.{name}"), ("predictions", f"predictions.{name}")):
            rows = in_order(snapshot.side_table(table))
            if part == "vectors":
                apart = pc.is_in(rows["kind"], value_set=pa.array([Native.LOOK, Native.SOUND]))
                native = FOLDER / NATIVE / f"{name}.parquet"
                pq.write_table(rows.filter(apart), native, compression="zstd")
                rows = rows.filter(pc.invert(apart))
            pq.write_table(rows, FOLDER / part / f"{name}.parquet", compression="zstd")
        rows = in_order(snapshot.side_table(TABLE))
        pq.write_table(rows, FOLDER / READINGS, compression="zstd", compression_level=9)
    checksums()


def checksums() -> None:
    """Record the sums of all files of the corpus that there are."""
    parts = (*assemble.PARTS, READINGS, *FOLDERS)
    files.checksums(FOLDER, [part for part in parts if (FOLDER / part).exists()])


def in_order(table: pa.Table | None) -> pa.Table:
    """Sort rows by kind, as the build writes them, and by id: the same bytes each time."""
    assert table is not None
    order = [kind.value for kind in (*Kind, *Native)]
    column = "kind" if "kind" in table.column_names else "modality"
    rank = (
        [order.index(value) for value in table[column].to_pylist()]
        if column in table.column_names
        else [0] * len(table)
    )
    keys = [("rank", "ascending"), ("id", "ascending")]
    ranked = table.append_column("rank", pa.array(rank, pa.int8()))
    return ranked.sort_by(keys).drop_columns(["rank"]).combine_chunks()


def _progress(done: int, total: int) -> None:
    print(f"read {done:,} of {total:,}", file=sys.stderr)
