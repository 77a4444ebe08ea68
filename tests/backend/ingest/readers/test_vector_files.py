"""Arrays beside a table are bounded before they are in memory."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from backend.domain import KindredError
from backend.ingest.readers import vector_files
from backend.ingest.readers.time_limit import OutOfTimeError, time_limit
from backend.settings import settings


def refused(path: Path) -> str:
    with pytest.raises(KindredError) as error:
        vector_files.arrays(path)
    assert error.value.code == "bad_vectors" and len(error.value.message) < 1_500
    return error.value.message


def packed(path: Path, rows: int, **more: np.ndarray) -> Path:
    np.savez_compressed(path, vector=np.zeros((rows, 64), np.float32), **more)
    return path


def test_packed_arrays_are_not_unpacked_into_memory(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.npz", 40_000, ids=np.arange(40_000))
    settings().limits.archive_ratio, before = 10**6, settings().limits.archive_ratio
    tracemalloc.start()
    try:
        (vector,) = vector_files.arrays(path)
        # Of 10 MB; the ids are what is kept.
        assert tracemalloc.get_traced_memory()[0] < 8_000_000
    finally:
        tracemalloc.stop()
        settings().limits.archive_ratio = before
    assert vector.rows[39_999].tolist() == [0.0] * 64
    assert vector.ids is not None and vector.ids["39999"] == 39_999


def test_an_array_of_nothing_is_one(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", vector=np.empty((0, 4), np.float32))
    (vector,) = vector_files.arrays(tmp_path / "x.npz")
    assert vector.rows.shape == (0, 4)


def test_what_would_grow_too_far_is_refused(tmp_path: Path) -> None:
    assert "a bomb?" in refused(packed(tmp_path / "x.npz", 400_000))


def test_unpacking_ends_at_the_limit_of_time(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.npz", 100)
    with time_limit(0), pytest.raises(OutOfTimeError):
        vector_files.arrays(path)


def test_a_file_of_very_many_arrays_is_refused_in_a_short_sentence(tmp_path: Path) -> None:
    for shape, said in (((1,), "no array of vectors"), ((1, 1), "500 arrays")):
        arrays = {f"{'n' * 200}{n}": np.zeros(shape, np.float32) for n in range(500)}
        save_file(arrays, tmp_path / "x.safetensors")
        assert said in refused(tmp_path / "x.safetensors")


def test_a_long_header_is_not_parsed(tmp_path: Path) -> None:
    """That of half a million arrays kept other threads waiting for a second."""
    head = b"{" + b" " * 2**20 + b"}"
    (tmp_path / "x.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    assert "its header is longer" in refused(tmp_path / "x.safetensors")


def test_headers_that_lie(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((4, 4), np.float32))
    data = (tmp_path / "x.npy").read_bytes()
    for shape in (b"(4000000, 40000)", b"(-4, -4)", b"(1e9, 4)"):
        end = b", }"
        lied = data.replace((b"(4, 4)" + end).ljust(len(shape + end)), shape + end)
        assert shape in lied and len(lied) == len(data)
        (tmp_path / "x.npy").write_bytes(lied)
        refused(tmp_path / "x.npy")
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
            file.writestr("vector.npy", lied)
        refused(tmp_path / "x.npz")


def test_ids_are_a_list_within_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(packed(tmp_path / "x.npz", 4, ids=np.array([["a"], ["b"], ["c"], ["d"]])))
    monkeypatch.setattr(settings().limits, "rows", 3)
    assert "at most 3" in refused(packed(tmp_path / "x.npz", 4, ids=np.array(list("abcd"))))
