from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.search.index import ids as keys
from backend.search.index.ids import Ids, LayeredIds, hash_ids, strings

HASHES = [16294208416658607535, 12822881965974818961, 652741221967075838]
names = st.text(min_size=0, max_size=12)


def made(ids: list[str]) -> Ids:
    return Ids.of(strings(sorted(set(ids), key=str.encode)))


@given(st.lists(names, max_size=60), st.lists(names, max_size=20))
def test_ids_are_found_at_their_place(here: list[str], others: list[str]) -> None:
    ordered = sorted(set(here), key=str.encode)
    index = made(here)
    wanted = others + here[:5]
    expected = [ordered.index(id_) if id_ in ordered else -1 for id_ in wanted]
    assert index.locate(wanted).tolist() == expected
    assert index.locate(pa.chunked_array([pa.array(wanted, pa.string())])).tolist() == expected
    assert index.take(np.arange(len(index))).tolist() == ordered


def test_ids_with_the_same_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "hash_ids", lambda ids: np.full(len(ids), 7, dtype=np.uint64))
    index = made(["a", "b", "c"])
    assert index.locate(["c", "x", "a", "b"]).tolist() == [2, -1, 0, 1]


def test_hashes_stay_what_they_are_and_rarely_meet() -> None:
    # They are kept on disk: another value would make every index unreadable.
    assert hash_ids(strings(["", "a", "é-1"])).tolist() == HASHES
    assert len(np.unique(hash_ids(strings([f"oca-{i:06d}" for i in range(200_000)])))) == 200_000


def test_an_id_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="repeated"):
        Ids.of(strings(["a", "a"]))


def test_kept_keys_are_the_same(tmp_path: Path) -> None:
    index = made([f"p{i}" for i in range(500)])
    index.save(tmp_path)
    opened = Ids.open(tmp_path)
    assert opened.names.equals(index.names)
    assert opened.locate(["p7", "x", "p499"]).tolist() == index.locate(["p7", "x", "p499"]).tolist()


def test_what_came_later_counts() -> None:
    layered = LayeredIds(made(["a", "c", "e"]), made(["b", "c"]), np.array([1, 2]))
    assert layered.locate(["a", "b", "c", "e"]).tolist() == [0, 3, 4, -1]
    assert layered.take(np.array([4, 0])).tolist() == ["c", "a"]
    assert layered.is_present(np.arange(5)).tolist() == [True, False, False, True, True]
    assert layered.ranks(np.array([4, 0, 3])).tolist() == [2, 0, 1]
