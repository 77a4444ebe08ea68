"""Helpers for encoders named by users: weights files, the hub, half precision."""

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

# Keeps the schemas of `torchvision_ready` alive.
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
    """Return the file that a name points to; None when it does not look like a path.

    Raises
    ------
    KindredError
        ``no_weights`` when it looks like a path and the file does not exist.
    """
    path = Path(text).expanduser()
    if path.is_file():
        return path
    if path.suffix in (".pt", ".pth", ".bin", ".safetensors", ".ckpt") or path.is_absolute():
        raise KindredError("no_weights", f"There is no weights file {path}.")
    return None


def load(name: str, loader: Callable[[], T], *, file: Path | None, instead: str) -> T:
    """Call the loader of a library and turn its failure into one message.

    Parameters
    ----------
    name : str
        The encoder to load.
    loader : callable
    file : pathlib.Path, optional
        The local file that it reads; None for the hub.
    instead : str
        How to name a local file for this kind of encoder, for the message.
    """
    try:
        with _hub() if file is None else nullcontext():
            return loader()
    except KindredError:
        raise
    # Libraries raise everything from OSError to pickle errors here; all mean that the
    # weights cannot be loaded.
    except Exception as error:
        message = (str(error).strip() or type(error).__name__).splitlines()[0]
        if file is not None:
            raise KindredError(
                "bad_weights",
                f"{file} does not fit {name}: {message[:300]} Give weights of this architecture, "
                "as .safetensors or as a plain state dict.",
            ) from error
        raise KindredError(
            "no_weights",
            f"No connection to the model hub, or no such model there: {name}. Give a local file as "
            f"{instead}, or use a default encoder. (Error of the hub's library: {message[:160]})",
        ) from error


@contextmanager
def _hub() -> Iterator[None]:
    """Go offline, to earlier downloads, when the hub does not answer.

    Else every file takes 25 s of retries without a network.
    """
    from huggingface_hub import constants, get_session

    was_offline = constants.HF_HUB_OFFLINE
    if not was_offline:
        try:
            get_session().head(constants.ENDPOINT, timeout=HUB_SECONDS)
        except Exception:  # for whatever reason, the hub is out of reach
            constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = was_offline


def half(device: str) -> AbstractContextManager[Any]:
    """Autocast to half precision on a GPU; full precision on a CPU."""
    if not device.startswith("cuda"):
        return nullcontext()
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.autocast("cuda", dtype=dtype)
