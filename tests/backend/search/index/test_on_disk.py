from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from filelock import FileLock

from backend.core.vectors import normalize
from backend.search import VectorIndex
from backend.search.index import build, build_ivf, scanners
from backend.search.index.ids import strings
from backend.search.index.on_disk import BYTE_OFFSETS, HEAD, LISTED, OnDiskIndex
from tests.waiting import PATIENCE

RNG = np.random.default_rng(11)
N, DIM = 900, 32
IDS = [f"p{i:04d}é" for i in RNG.permutation(N)]
# Around many middles, as real vectors are, and around one that all share.
RAW = RNG.standard_normal((60, DIM))[RNG.integers(0, 60, N)] + 0.5
RAW = (RAW + 0.3 * RNG.standard_normal((N, DIM))).astype(np.float16)
RAW[50:100] = RAW[0:50]  # equal vectors, far apart in the table
RAW[5] = 0
GROUPS = {id_: f"g{i % 100}" for i, id_ in enumerate(IDS) if i < 200}
QUERIES = (RAW[RNG.choice(N, 40)] - 0.5 + RNG.standard_normal((40, DIM))).astype(np.float32)


def stream(ids: list[str], raw: np.ndarray) -> Iterator[tuple[pa.LargeStringArray, np.ndarray]]:
    for start in range(0, len(ids), 200):
        yield strings(ids[start : start + 200]), raw[start : start + 200]


def groups(names: pa.Array) -> pa.Array:
    return strings([GROUPS.get(name) for name in names.to_pylist()])


def write(
    folder: Path, ids: list[str] = IDS, raw: np.ndarray = RAW, stamp: str = "1"
) -> OnDiskIndex:
    index = OnDiskIndex(folder)
    with index.writing():
        build.write(index, stamp, stream(ids, raw), len(ids), centre=True, groups=groups)
    return index


def update(index: OnDiskIndex, ids: list[str], raw: np.ndarray, stamp: str) -> bool:
    with index.writing():
        return build.update(index, stamp, stream(ids, raw), groups=groups)


def opened(index: OnDiskIndex, stamp: str = "1") -> VectorIndex:
    found = index.open(stamp)
    assert found is not None
    return found


def in_memory(ids: list[str], raw: np.ndarray) -> VectorIndex:
    single = [GROUPS.get(id_, id_) for id_ in ids]
    return VectorIndex(ids, raw, groups=single, centre=True, exact_limit=10 * N)


def shared(a: VectorIndex, b: VectorIndex, **given: object) -> float:
    """Share of the ten best of `b` that `a` finds."""
    hits = [
        len(set(a.search(q, 10, **given).ids) & set(b.search(q, 10, **given).ids))  # type: ignore[arg-type]
        for q in QUERIES
    ]
    return float(np.mean(hits)) / 10


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> OnDiskIndex:
    return write(tmp_path_factory.mktemp("kept") / "post")


@pytest.fixture
def listed(tmp_path: Path) -> OnDiskIndex:
    index = write(tmp_path / "post")
    assert build_ivf.make(index) is not None
    return index


def test_before_there_are_lists_all_vectors_are_compared(base: OnDiskIndex) -> None:
    index, exact = opened(base), in_memory(IDS, RAW)
    assert len(index) == len(exact) == N - 1
    np.testing.assert_allclose(index.mean, exact.mean, atol=1e-5)
    for query in QUERIES:
        for given in ({}, {"allowed": IDS[:300]}, {"exclude": IDS[:3], "distinct": True}):
            found, best = index.search(query, 10, **given), exact.search(query, 10, **given)
            assert not found.estimated and found.candidates == best.candidates
            # Half precision may swap what is nearly equal.
            np.testing.assert_allclose(found.scores, best.scores, atol=2e-3)
            np.testing.assert_allclose(found.percentiles, best.percentiles, atol=0.5)
    assert shared(index, exact) > 0.99


def test_lists_are_measured_and_find_nearly_all(listed: OnDiskIndex) -> None:
    head = listed.head()
    assert head is not None and head.lists is not None
    assert head.lists.recall >= build_ivf.GOAL and head.lists.queries >= 100
    index, exact = opened(listed), in_memory(IDS, RAW)
    assert index.search(QUERIES[0], 10).estimated
    assert shared(index, exact) > 0.97
    again = opened(listed)
    for query in QUERIES[:5]:
        assert again.search(query, 10).ids.tolist() == index.search(query, 10).ids.tolist()


def test_any_of_equal_vectors_will_do(tmp_path: Path) -> None:
    # Every vector is there thirty times: which of these come first is chance.
    raw = RAW[100:][np.arange(N) % (N // 30)]
    index = write(tmp_path / "post", IDS, raw)
    told = build_ivf.make(index)
    assert told is not None and told.recall >= build_ivf.GOAL and told.probes < told.lists / 2


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3, 0.8])
def test_filters_keep_recall(
    listed: OnDiskIndex, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanners, "FEW", 50)
    index, exact = opened(listed), in_memory(IDS, RAW)
    allowed = strings([id_ for id_ in IDS if RNG.random() < share])
    assert shared(index, exact, allowed=allowed) > 0.95 * min(1, len(allowed) / 10)
    found = index.search(QUERIES[0], 10, allowed=allowed)
    assert set(found.ids) <= set(allowed.to_pylist())
    assert found.candidates == exact.search(QUERIES[0], 10, allowed=allowed).candidates
    assert found.estimated == (share > 0.1)  # few are compared one by one


def test_more_hits_than_lists_should_be_read_for(listed: OnDiskIndex) -> None:
    index = opened(listed)
    everything = index.search(QUERIES[0], N)
    assert len(everything.ids) == N - 1 == len(set(everything.ids))
    assert (np.diff(everything.scores) <= 0).all()


def test_what_is_added_and_removed_shows(listed: OnDiskIndex) -> None:
    # One new, one changed, one gone; the lists stay what they were.
    ids = [*IDS[:-1], "new", IDS[3]]
    raw = np.concatenate([RAW[:-1], RAW[10:11], -RAW[10:11]])
    ids, raw = ids[:3] + ids[4:], np.delete(raw, 3, axis=0)
    before = listed.head()
    assert update(listed, ids, raw, "2")
    after = listed.head()
    assert before is not None and after is not None
    assert (before.base, before.lists) == (after.base, after.lists) and after.changes
    assert listed.open("1") is None
    index, exact = opened(listed, "2"), in_memory(ids, raw)
    assert len(index) == len(exact)
    assert shared(index, exact) > 0.97
    some = [*IDS[:40], "new"]
    assert shared(index, exact, allowed=some) > 0.97
    mixed = ["new", IDS[40], IDS[3], IDS[-1], IDS[20]]
    cosines = (index.vectors(mixed) * exact.vectors(mixed)).sum(axis=1)
    np.testing.assert_allclose(cosines, [1, 1, 1, 0, 1], atol=0.01)
    near = normalize(RAW[10].astype(np.float32)) - index.offset
    best = index.search(near, 3, exclude=[IDS[20]])
    assert best.ids.tolist() == sorted([IDS[10], IDS[60], "new"], key=str.encode)
    assert best.candidates == len(index) - 1
    same = index.search(near, 3, exclude=[IDS[10]], distinct=True)  # its group is excluded too
    assert not {IDS[10], IDS[110]} & set(same.ids) and same.candidates == len(index) - 2
    assert IDS[-1] not in index.search(-near, N).ids.tolist()
    assert index.search(-near, 1).ids.tolist() == [IDS[3]]
    assert index.search(QUERIES[0], 5, allowed=[IDS[-1]]).candidates == 0


def test_back_to_what_it_was(listed: OnDiskIndex) -> None:
    assert update(listed, [*IDS, "new"], np.concatenate([RAW, RAW[:1]]), "2")
    assert update(listed, IDS, RAW, "3")
    head = listed.head()
    assert head is not None and head.changes is None
    assert len(opened(listed, "3")) == N - 1
    assert {path.name for path in listed.folder.iterdir() if path.is_dir()} == head.folders


def test_after_many_changes_all_is_made_anew(listed: OnDiskIndex) -> None:
    share = int(N * build.CHANGED) + 1
    assert not update(listed, IDS[share + 1 :], RAW[share + 1 :], "2")
    assert not update(listed, IDS, np.roll(RAW, 1, axis=0), "2")
    assert not update(listed, IDS, RAW[:, :16], "2")
    opened(listed)  # still there
    write(listed.folder, IDS[share:], RAW[share:], "2")
    head = listed.head()
    assert head is not None and head.lists is None
    assert len(opened(listed, "2")) == N - share
    assert {path.name for path in listed.folder.iterdir() if path.is_dir()} == head.folders


@pytest.mark.parametrize("victim", [LISTED, BYTE_OFFSETS, "names.arrow", "hashes.npy", "near.npy"])
@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_a_damaged_file_is_noticed(
    listed: OnDiskIndex, victim: str, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = next(listed.folder.rglob(victim))
    if harm == "gone":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data if harm == "flip" else data[:-9])
    with caplog.at_level(logging.WARNING):
        assert listed.open("1") is None
    assert "damaged" in caplog.text
    assert update(listed, IDS, RAW, "1") is False


@pytest.mark.parametrize("head", ["", "{}", "[1]", '{"format": 99}', '{"format": 1, "graph": 3}'])
def test_another_versions_head_is_left_alone(tmp_path: Path, head: str) -> None:
    index = write(tmp_path / "post")
    (index.folder / HEAD).write_text(head)
    assert index.head() is None and index.open("1") is None
    write(index.folder)
    opened(index)


def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    index = write(tmp_path / "post")
    (index.folder / ".base-dead").mkdir()
    (index.folder / "base-dead").mkdir()
    write(index.folder)
    head = index.head()
    assert head is not None
    assert {path.name for path in index.folder.iterdir() if path.is_dir()} == head.folders


def test_an_open_index_outlives_its_files(listed: OnDiskIndex) -> None:
    index = opened(listed)
    before = index.search(QUERIES[0], 10).ids.tolist()
    write(listed.folder, IDS[:300], RAW[:300], "2")
    assert index.search(QUERIES[0], 10).ids.tolist() == before


@pytest.mark.parametrize("step", ["build_lists", "choose_probes"])
def test_lists_of_an_older_base_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    index = write(tmp_path / "post")
    real = getattr(build_ivf, step)

    def replaced(*given: object, **more: object) -> object:
        write(index.folder, IDS[:300], RAW[:300], "2")
        return real(*given, **more)

    monkeypatch.setattr(build_ivf, step, replaced)
    assert build_ivf.make(index) is None
    head = index.head()
    assert head is not None and head.lists is None and len(opened(index, "2")) == 299


def test_who_comes_while_another_lists_an_older_base_waits(tmp_path: Path) -> None:
    index = write(tmp_path / "post")
    with ThreadPoolExecutor(1) as pool:
        with FileLock(index.folder / build_ivf.LISTING, is_singleton=False):
            made = pool.submit(build_ivf.make, index)
            with pytest.raises(TimeoutError):
                made.result(0.3)
        assert made.result(PATIENCE) is not None


def test_two_processes_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "post"
    write(folder)
    command = [sys.executable, "-m", "backend.search.index", str(folder)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [p.communicate()[1] for p in both] == [b"", b""]
    assert [p.returncode for p in both] == [0, 0]
    index = OnDiskIndex(folder)
    head = index.head()
    assert head is not None and head.lists is not None
    assert {path.name for path in folder.iterdir() if path.is_dir()} == head.folders
    assert shared(opened(index), in_memory(IDS, RAW)) > 0.97
    assert json.loads((folder / HEAD).read_text())["files"]
