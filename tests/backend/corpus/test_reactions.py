"""Which posts reactions are to, and how much they weigh."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from backend.corpus import Corpus
from backend.corpus.model_outputs import REACTIONS
from backend.corpus.reactions import to_posts, weights
from backend.corpus.schema import REACTIONS as SCHEMA
from backend.domain import Post


def corpus(path: Path, *reactions: tuple[str, str, str]) -> Corpus:
    made = Corpus.create(path)
    made.add([Post(f"p{u}", text="x", user=u, url=f"https://x.example/{u}") for u in "abc"])
    rows = [dict(zip(SCHEMA.names, one, strict=True)) for one in reactions]
    made.write_side_tables({REACTIONS: pa.Table.from_pylist(rows, schema=SCHEMA)})
    return made


def test_a_post_is_known_by_its_id_or_its_address_and_mentions_are_to_none(tmp_path: Path) -> None:
    made = corpus(
        tmp_path / "c",
        ("z", "pa", "like"),
        ("b", "https://x.example/c", "reply"),
        ("b", "@a", "mention"),
        ("b", "elsewhere", "share"),
    )
    table = to_posts(made)
    assert table is not None
    assert sorted(map(tuple, map(dict.values, table.to_pylist()))) == [
        ("b", "pc", "reply"),
        ("z", "pa", "like"),
    ]


def test_the_reaction_that_says_most_counts_and_others_are_left_out(tmp_path: Path) -> None:
    made = corpus(
        tmp_path / "c",
        ("b", "pa", "like"),
        ("b", "pa", "share"),
        ("c", "pa", "like"),
        ("z", "pa", "reply"),
        ("a", "pc", "quote"),
    )
    table = to_posts(made)
    assert table is not None
    found = weights(table, ["pb", "pa"], ["a", "b", "c"])
    assert found.shape == (2, 3) and found.dtype == "float32"
    assert found.toarray().tolist() == [[0, 0, 0], [0, 1, 0.5]]


def test_a_corpus_without_reactions_to_its_posts_has_none(tmp_path: Path) -> None:
    assert to_posts(Corpus.create(tmp_path / "none")) is None
    assert to_posts(corpus(tmp_path / "c", ("a", "@b", "mention"))) is None
