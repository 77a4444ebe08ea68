"""Helpers for encoders named by users: weights files, the hub, half precision."""

from __future__ import annotations

import errno
import importlib.util
import logging
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

    The wheel on PyPI is linked with CUDA; next to a CPU build of torch its
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
        with _hub() if file is None else nullcontext(), _said_once():
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
        raise _explained(error, name, instead, message) from error


def _explained(error: Exception, name: str, instead: str, message: str) -> KindredError:
    """Return why a model of the hub was not loaded, and what to do."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = f"{message} {error.__cause__ or ''}".lower()
    if isinstance(error, ImportError) or "pip install" in text:
        package = next((p for p in _PACKAGES if p in text.replace("-", "_")), "")
        what = f"the package {package.replace('_', '-')}" if package else "another package"
        return KindredError(
            "no_library",
            f"{name} needs {what}: `pip install -r requirements-models.txt -c constraints.txt` "
            f"brings it, and so does `make run MODELS=…`. ({message[:160]})",
        )
    if "GatedRepoError" in kinds or "gated" in text:
        return KindredError(
            "no_weights",
            f"{name} is given only to people whom its owner has accepted: ask on its page at the "
            f"hub, then `hf auth login`; or give a local file as {instead}.",
        )
    if kinds & _UNKNOWN and "LocalEntryNotFoundError" not in kinds:
        return KindredError(
            "no_weights",
            f"The model hub has no {name}, or not its weights: check the name, or give a local "
            f"file as {instead}. ({message[:160]})",
        )
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return KindredError("no_space", f"There is no room for {name}: {message[:160]}")
    if kinds & _OFFLINE or any(word in text for word in _OFFLINE_WORDS):
        return KindredError(
            "no_weights",
            f"No connection to the model hub, and no earlier download of {name}. Give a local file "
            f"as {instead}, or use a default encoder. ({message[:160]})",
        )
    return KindredError(
        "bad_weights",
        f"{name} was found but cannot be loaded: {message[:300]} Give a local file as {instead}, "
        "or use another encoder.",
    )


_PACKAGES = ("sentence_transformers", "transformers", "sentencepiece", "tokenizers", "timm")
_UNKNOWN = {"RepositoryNotFoundError", "EntryNotFoundError", "RevisionNotFoundError"}
_OFFLINE = {"ConnectionError", "LocalEntryNotFoundError", "OfflineModeIsEnabled", "TimeoutError",
            "ConnectError", "URLError"}  # fmt: skip
_OFFLINE_WORDS = ("connection", "offline", "resolve host", "name or service", "internet",
                  "couldn't connect", "cached files", "timed out")  # fmt: skip


@contextmanager
def _said_once() -> Iterator[None]:
    """Keep open_clip from writing to the root logger what the error says a second time."""
    root = logging.getLogger()
    root.addFilter(_nothing)
    try:
        yield
    finally:
        root.removeFilter(_nothing)


def _nothing(record: logging.LogRecord) -> bool:
    return False


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


def on_device(rows: torch.Tensor, device: str) -> torch.Tensor:
    """Copy a batch to a device; to a GPU from pinned memory, while the host goes on."""
    if not device.startswith("cuda"):
        return rows.to(device)
    return rows.pin_memory().to(device, non_blocking=True)


def half(device: str) -> AbstractContextManager[Any]:
    """Autocast to half precision on a GPU; full precision on a CPU."""
    if not device.startswith("cuda"):
        return nullcontext()
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.autocast("cuda", dtype=dtype)
