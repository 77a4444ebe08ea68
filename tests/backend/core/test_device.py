from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from backend.core import device
from backend.domain import KindredError
from backend.settings import Settings


def test_probe_needs_no_torch() -> None:
    code = (
        "import sys; from backend.core import device; d = device.probe('auto'); "
        "assert d.name in ('cpu', 'cuda', 'mps') and d.reason.endswith('.') and not d.final; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_probe_and_resolve_agree() -> None:
    probed, resolved = device.probe("auto"), device.resolve("auto")
    assert probed.name == resolved.name
    assert resolved.final
    assert resolved.reason.endswith(".")
    assert device.probe("auto") == resolved  # torch is loaded by now


FAULTS = """
import resource, threading
from backend.core import device
import torch
def work(times):
    for _ in range(times):
        layers = [torch.zeros(n * 2**18) for n in (9, 3, 5, 2)]  # 19 MB, all of them given back
        del layers
def begun(times):
    thread = threading.Thread(target=work, args=(times,))
    thread.start()
    thread.join()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
begun(3)
first = begun(5)
print(begun(105) - first)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
def test_freed_memory_is_kept_for_the_next_layer() -> None:
    def faults(**environment: str) -> int:
        told = {**os.environ, **environment}
        found = subprocess.run(
            [sys.executable, "-c", FAULTS], capture_output=True, check=True, env=told
        )
        return int(found.stdout)

    kept = faults()
    assert kept < 20_000  # pages; a hundred rounds of 19 MB are 486,400
    # Whoever says so by the environment has glibc's own ways.
    assert faults(MALLOC_TRIM_THRESHOLD_="131072", MALLOC_MMAP_THRESHOLD_="131072") > 10 * kept


def test_cpu_on_request() -> None:
    assert device.resolve("cpu").name == "cpu"
    assert device.resolve(" CPU ").name == "cpu"


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "tpu", "cpu0"])
def test_unknown_name(name: str) -> None:
    for function in (device.probe, device.resolve):
        with pytest.raises(KindredError, match="auto, cpu, cuda") as error:
            function(name)
        assert error.value.code == "unknown_device"


def test_absent_device() -> None:
    with pytest.raises(KindredError, match="Use auto or cpu") as error:
        device.resolve("cuda:63")
    assert error.value.code == "no_such_device"


def test_threads_follow_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "settings", lambda: Settings(threads=3))
    assert device.threads() == 3
    monkeypatch.setattr(device, "settings", lambda: Settings(threads=None))
    assert 1 <= device.threads() <= (os.cpu_count() or 1)


def test_use_threads_sets_every_library() -> None:
    import faiss
    import torch

    before = device.threads()
    try:
        assert device.use_threads(1) == 1
        assert torch.get_num_threads() == 1
        assert faiss.omp_get_max_threads() == 1
        assert os.environ["OMP_NUM_THREADS"] == "1"
    finally:
        device.use_threads(before)


def test_openmp_waits_without_spinning() -> None:
    assert os.environ["OMP_WAIT_POLICY"]


def test_spread_keeps_order_and_computes_on_one_thread() -> None:
    import torch

    def work(n: int) -> tuple[int, int, str]:
        return n, torch.get_num_threads(), threading.current_thread().name

    found = device.parallel_map(work, range(20))
    assert [n for n, _, _ in found] == list(range(20))
    assert {threads for _, threads, _ in found} == {1}
    assert len({name for _, _, name in found}) <= device.threads()
    # Threads that come later compute on all of them.
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [device.threads()]


def test_spread_inside_spread_does_not_wait_for_itself() -> None:
    def outer(n: int) -> int:
        return sum(device.parallel_map(lambda m: n * m, range(5)))

    assert device.parallel_map(outer, range(50)) == [10 * n for n in range(50)]
    assert device.parallel_map(outer, []) == []


def test_spread_passes_errors_on() -> None:
    with pytest.raises(ZeroDivisionError):
        device.parallel_map(lambda n: 1 // n, [1, 0])


def test_small_products_have_one_thread() -> None:
    code = (
        "import numpy, threadpoolctl; from backend.core import device; device.single_thread_blas();"
        "print({x['num_threads'] for x in threadpoolctl.threadpool_info()"
        " if x['user_api'] == 'blas'})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert found.stdout.decode().strip() == "{1}"
