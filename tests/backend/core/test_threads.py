from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from backend.core import threads
from backend.settings import Settings


def test_threads_follow_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "settings", lambda: Settings(threads=3))
    assert threads.threads() == 3
    monkeypatch.setattr(threads, "settings", lambda: Settings(threads=None))
    assert 1 <= threads.threads() <= (os.cpu_count() or 1)


def test_use_threads_sets_every_library() -> None:
    import faiss
    import torch

    before = threads.threads()
    try:
        assert threads.use_threads(1) == 1
        assert torch.get_num_threads() == 1
        assert faiss.omp_get_max_threads() == 1
        assert os.environ["OMP_NUM_THREADS"] == "1"
    finally:
        threads.use_threads(before)


def test_spread_keeps_order_and_computes_on_one_thread() -> None:
    import torch

    def work(n: int) -> tuple[int, int, str]:
        return n, torch.get_num_threads(), threading.current_thread().name

    found = threads.parallel_map(work, range(20))
    assert [n for n, _, _ in found] == list(range(20))
    assert {count for _, count, _ in found} == {1}
    assert len({name for _, _, name in found}) <= threads.threads()
    # Threads that come later compute on all of them.
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [threads.threads()]


def test_spread_inside_spread_does_not_wait_for_itself() -> None:
    def outer(n: int) -> int:
        return sum(threads.parallel_map(lambda m: n * m, range(5)))

    assert threads.parallel_map(outer, range(50)) == [10 * n for n in range(50)]
    assert threads.parallel_map(outer, []) == []


def test_spread_passes_errors_on() -> None:
    with pytest.raises(ZeroDivisionError):
        threads.parallel_map(lambda n: 1 // n, [1, 0])


def test_small_products_have_one_thread() -> None:
    code = (
        "import numpy, threadpoolctl; from backend.core.threads import single_thread_blas;"
        "single_thread_blas();"
        "print({x['num_threads'] for x in threadpoolctl.threadpool_info()"
        " if x['user_api'] == 'blas'})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert found.stdout.decode().strip() == "{1}"
