"""What the default bundle makes of the posts: vectors, readings, predictions, maps, words."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from assets.build import readings
from assets.build.corpus import files
from backend.corpus.readings import READINGS as TABLE
from backend.corpus.shipped import FOLDERS, REACTIONS, READINGS
from backend.corpus.side_tables import SIDE_TABLE_PREFIXES
from backend.domain import Modality
from backend.families import storage as families
from backend.families.find import find
from backend.maps import build, storage
from backend.search import corpus_users
from backend.settings import SHIPPED_CORPORA, SYNTHETIC_CORPUS, settings
from backend.word_spaces import build as words
from backend.workspace.read_corpus import read_corpus
from backend.workspace.reindex import reindex
from backend.workspace.workspace import Workspace

FOLDER = SHIPPED_CORPORA[SYNTHETIC_CORPUS]
PARTS = ("posts.parquet", "users.parquet", REACTIONS, "sources.json", "LICENCES", "media")


def main() -> None:
    """Encode, read, predict and lay out the corpus with the bundle that is shipped."""
    for part in (*FOLDERS, READINGS):  # made by another bundle
        path = FOLDER / part
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    checksums()
    name = settings().bundle
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        corpus = workspace.corpus(SYNTHETIC_CORPUS)
        reindex(workspace, corpus, lambda part: _progress)
        read_corpus(workspace, corpus, {Modality.IMAGE, Modality.AUDIO}, _progress)
        corpus_users.make(corpus, name)
        storage.put(corpus, name, {kind: build.make(corpus, name, kind) for kind in build.KINDS})
        words.put(corpus, name, words.make(corpus, name))
        families.put(corpus, name, find(corpus, name))
        tables = {f"{part}/{name}": f"{part}.{name}" for part in ("vectors", "predictions")}
        tables |= {f"kept/{prefix}{name}": f"{prefix}{name}" for prefix in SIDE_TABLE_PREFIXES}
        snapshot = corpus.snapshot()
        for file, table in {**tables, READINGS.removesuffix(".parquet"): TABLE}.items():
            rows = snapshot.side_table(table)
            if rows is None:
                continue
            target = FOLDER / f"{file}.parquet"
            target.parent.mkdir(exist_ok=True)
            if not file.startswith("kept/"):
                rows = readings.in_order(rows)
            pq.write_table(rows, target, compression="zstd", compression_level=9)
    checksums()


def checksums() -> None:
    """Record the sums of all files of the corpus that there are."""
    parts = (*PARTS, READINGS, *FOLDERS)
    files.checksums(FOLDER, [part for part in parts if (FOLDER / part).exists()])


def _progress(done: int, total: int) -> None:
    print(f"{done:,} of {total:,}", file=sys.stderr)
