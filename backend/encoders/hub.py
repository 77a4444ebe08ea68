"""What the encoders that are named by hand share: weights files, the hub, half precision."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import torch

from backend.domain import KindredError

T = TypeVar("T")

HUB_SECONDS = 5.0

# Keeps the schemas alive that `torchvision_ready` defines.
_schemas: list[torch.library.Library] = []


def torchvision_ready() -> None:
    """Make ``import torchvision`` work where its compiled operators do not load.

    The wheel on PyPI is linked with CUDA; beside a CPU build of torch its
    operators are missing and the import stops at two of them. Their schemas
    are enough: no encoder calls them.
    """
    if _schemas:
        return
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise KindredError("no_library", "torchvision is missing: run `make run` again.")
    for library in sorted(Path(spec.origin).parent.glob("_C*.*")):
        try:
            torch.ops.load_library(str(library))
            return
        except OSError:
            continue
    schemas = torch.library.Library("torchvision", "DEF")
    schemas.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    schemas.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _schemas.append(schemas)


def weights_file(text: str) -> Path | None:
    """The file that a name points to, or None when it looks like no path.

    Raises
    ------
    KindredError
        ``no_weights`` when it looks like a path and there is no such file.
    """
    path = Path(text).expanduser()
    if path.is_file():
        return path
    if path.suffix in (".pt", ".pth", ".bin", ".safetensors", ".ckpt") or path.is_absolute():
        raise KindredError("no_weights", f"There is no weights file {path}.")
    return None


def load(name: str, how: Callable[[], T], *, file: Path | None, instead: str) -> T:
    """Call a library's loader and turn its failure into one sentence.

    Parameters
    ----------
    name : str
        The encoder that was asked for.
    how : callable
    file : pathlib.Path, optional
        The local file it reads; None when it asks the hub.
    instead : str
        How to name a local file for this kind of encoder.
    """
    try:
        with _hub() if file is None else nullcontext():
            return how()
    except KindredError:
        raise
    # The libraries raise everything from OSError to pickle errors here, and
    # every one of them means: no weights.
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        if file is not None:
            raise KindredError(
                "bad_weights",
                f"{file} does not fit {name}: {first[:300]} Give weights of this architecture, "
                "as .safetensors or as a plain state dict.",
            ) from error
        raise KindredError(
            "no_weights",
            f"No connection to the model hub, or no such model there: {name}. Give a local file as "
            f"{instead}, or use a default encoder. (The hub's library says: {first[:160]})",
        ) from error


@contextmanager
def _hub() -> Iterator[None]:
    """Ask the hub only when it answers; else take what was downloaded before.

    Without this, every file costs 25 s of retries where there is no network.
    """
    from huggingface_hub import constants, get_session

    before = constants.HF_HUB_OFFLINE
    if not before:
        try:
            get_session().head(constants.ENDPOINT, timeout=HUB_SECONDS)
        except Exception:  # whatever it is, the hub cannot be asked
            constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def half(device: str) -> AbstractContextManager[Any]:
    """Autocast to half precision on a GPU; full precision on a CPU."""
    if not device.startswith("cuda"):
        return nullcontext()
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.autocast("cuda", dtype=dtype)
