"""Checkpoints of a training run: tensors as safetensors, the rest as JSON.

The JSON names the tensor file and is moved into place last: whenever the process
dies, a reader finds either this checkpoint complete or the one before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from backend.core.files import atomic_write, write_atomically
from backend.domain import KindredError

STATE = "training.json"
FORMAT = 1
MODEL, BEST, OPTIMISER = "model.", "best.", "optimiser."


def write(
    folder: Path,
    epoch: int,
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    best: Mapping[str, Tensor],
    state: Mapping[str, Any],
) -> None:
    """Write the state after an epoch and delete the checkpoint before it.

    Parameters
    ----------
    folder : pathlib.Path
    epoch : int
        Number of epochs done.
    module : torch.nn.Module
    optimiser : torch.optim.Optimizer
    best : mapping of str to Tensor
        Weights of the best epoch.
    state : mapping
        Further fields of the JSON.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {MODEL + key: value for key, value in module.state_dict().items()}
    tensors |= {BEST + key: value for key, value in best.items()}
    for index, values in optimiser.state_dict()["state"].items():
        for key, value in values.items():
            tensors[f"{OPTIMISER}{index}.{key}"] = torch.as_tensor(value)
    # Tied weights share memory, which safetensors refuses; hence the copies.
    packed = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    file = folder / f"epoch-{epoch:04d}.safetensors"
    with atomic_write(file) as temporary:
        save_file(packed, temporary)
    raw = {"format": FORMAT, "epoch": epoch, "tensors": file.name, **state}
    write_atomically(folder / STATE, (json.dumps(raw, indent=1, sort_keys=True) + "\n").encode())
    for old in [*folder.glob("epoch-*.safetensors"), *folder.glob(".epoch-*")]:
        if old.name != file.name:
            old.unlink(missing_ok=True)


def read(folder: Path) -> dict[str, Any] | None:
    """Return the JSON of the last complete checkpoint, or None.

    Raises
    ------
    KindredError
        ``damaged`` when it cannot be read, ``training_format`` when another version
        wrote it.
    """
    try:
        raw = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise KindredError("damaged", f"{folder / STATE} cannot be read: {error}.") from None
    if raw.get("format") != FORMAT:
        raise KindredError(
            "training_format", f"{folder} is of another version. Train in an empty folder."
        )
    return dict(raw)


def restore(
    folder: Path, raw: Mapping[str, Any], module: nn.Module, optimiser: torch.optim.Optimizer
) -> dict[str, Tensor]:
    """Load a checkpoint into a network and its optimiser.

    Parameters
    ----------
    folder : pathlib.Path
    raw : mapping
        The result of `read`.
    module : torch.nn.Module
    optimiser : torch.optim.Optimizer

    Returns
    -------
    dict of str to Tensor
        Weights of the best epoch.

    Raises
    ------
    KindredError
        ``damaged`` when tensors are missing or do not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(folder / raw["tensors"])
        module.load_state_dict(_part(tensors, MODEL))
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _part(tensors, OPTIMISER).items():
            index, _, name = key.partition(".")
            state.setdefault(int(index), {})[name] = value
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": state, "param_groups": groups})
    except (OSError, RuntimeError, SafetensorError, ValueError) as error:
        raise KindredError(
            "damaged", f"The checkpoint in {folder} is damaged ({error}). Delete it and train anew."
        ) from error
    return _part(tensors, BEST)


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
