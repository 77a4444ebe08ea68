"""The device to compute on.

`probe` answers without loading torch, so that a page can show the device at once;
`resolve` loads torch and decides.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from backend.core.threads import use_threads
from backend.domain import KindredError
from backend.settings import settings

NAMES = ("auto", "cpu", "cuda", "cuda:N", "mps")
_NAME = re.compile(r"cpu|mps|cuda(:\d+)?")
_NVIDIA = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True, slots=True)
class Device:
    """A device and why it was chosen.

    Attributes
    ----------
    name : str
        As in torch: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    reason : str
        One sentence for users who expect another device.
    final : bool
        False if `probe` chose it without torch.
    """

    name: str
    reason: str
    final: bool = True


# The index is that of the oldest CUDA that this version of PyTorch is built for.
CUDA = (
    "pip install --force-reinstall --no-deps torch==2.13.0 torchvision==0.28.0 --index-url "
    "https://download.pytorch.org/whl/cu126"
)


def probe(name: str | None = None) -> Device:
    """Return the device that `resolve` should choose, without loading torch.

    Takes the names that `resolve` takes and raises ``unknown_device``, too; the device has
    ``final=False`` unless torch is already loaded.
    """
    name = _checked(name)
    if elsewhere := settings().encoder_server:
        return Device("elsewhere", f"The encoders run at {elsewhere}.")
    if "torch" in sys.modules:
        return resolve(name)
    if name != "auto":
        return Device(name, "Set by KINDRED_DEVICE.", final=False)
    build = _torch_build()
    if build is None:
        return Device("cpu", "PyTorch is not installed.", final=False)
    if "+cpu" in build:
        return Device("cpu", _cpu_build(build), final=False)
    if _nvidia():
        return Device("cuda", "An NVIDIA driver is loaded.", final=False)
    if sys.platform == "darwin":
        return Device("mps", "macOS has Metal.", final=False)
    return Device("cpu", "No NVIDIA driver is loaded.", final=False)


def resolve(name: str | None = None) -> Device:
    """Choose the device; loads torch.

    Parameters
    ----------
    name : str, optional
        One of `NAMES`; the setting ``KINDRED_DEVICE`` when not given.

    Raises
    ------
    KindredError
        ``unknown_device``; ``no_such_device`` when this machine does not have it.
    """
    return _resolved(_checked(name))


@lru_cache(maxsize=8)
def _resolved(name: str) -> Device:
    use_threads()
    import torch

    use_threads()
    if name == "cpu":
        return Device("cpu", "Set by KINDRED_DEVICE.")
    if name.startswith("cuda"):
        index = int(name.partition(":")[2] or 0)
        if not torch.cuda.is_available() or index >= torch.cuda.device_count():
            message = f"There is no device {name}: {_no_cuda(torch)} Use auto or cpu."
            raise KindredError("no_such_device", message)
        return Device(name, f"Set by KINDRED_DEVICE: {torch.cuda.get_device_name(index)}.")
    metal = torch.backends.mps.is_available()
    if name == "mps":
        if not metal:
            message = "There is no device mps: this machine has no Metal. Use auto or cpu."
            raise KindredError("no_such_device", message)
        return Device("mps", "Set by KINDRED_DEVICE.")
    if torch.cuda.is_available():
        return Device("cuda", f"CUDA is available: {torch.cuda.get_device_name(0)}.")
    if metal:
        return Device("mps", "Metal is available.")
    return Device("cpu", _no_cuda(torch))


def _checked(name: str | None) -> str:
    name = (name or settings().device).strip().lower()
    if name != "auto" and not _NAME.fullmatch(name):
        message = f"There is no device named {name!r}; use {', '.join(NAMES)}."
        raise KindredError("unknown_device", message)
    return name


def _torch_build() -> str | None:
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def _nvidia() -> bool:
    return _NVIDIA.exists() or Path("/dev/nvidia0").exists() or Path("/dev/dxg").exists()


def _cpu_build(version: str) -> str:
    unused = f"; the NVIDIA GPU here stays unused. Use it: `{CUDA}`." if _nvidia() else "."
    return f"This PyTorch ({version}) is built without CUDA{unused}"


def _no_cuda(torch: Any) -> str:
    if torch.version.cuda is None:
        return _cpu_build(torch.__version__)
    if not _nvidia():
        return "No NVIDIA driver is loaded."
    return "CUDA does not start: the driver may be too old, or the GPU is in use."
