from __future__ import annotations

import subprocess
import sys

import pytest

from backend.core import device
from backend.domain import KindredError


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
