"""The building blocks of the papers' networks in plain NumPy, to compare networks with."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def randomise(module: M, seed: int = 0, scale: float = 0.6) -> M:
    """Give every weight and statistic a value that matters; double precision, evaluation mode."""
    noise = torch.Generator().manual_seed(seed)
    module.double().eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape, generator=noise, dtype=torch.double) * scale)
        for name, buffer in module.named_buffers():
            if buffer.is_floating_point():
                drawn = torch.rand(buffer.shape, generator=noise, dtype=torch.double)
                buffer.copy_(drawn - 0.5 if "mean" in name else drawn + 0.5)
    return module


def array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy()


def linear(layer: nn.Module, x: np.ndarray) -> np.ndarray:
    assert isinstance(layer, nn.Linear)
    out = x @ array(layer.weight).T
    return out if layer.bias is None else out + array(layer.bias)


def softmax(x: np.ndarray) -> np.ndarray:
    shifted = np.exp(x - x.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def one_way_gru(layer: nn.GRU, name: str, rows: np.ndarray) -> np.ndarray:
    """States ``(l, hidden)`` in the order of reading (Cho et al. 2014, torch's order of gates)."""
    w, u, b, c = (
        array(getattr(layer, f"{part}_{name}"))
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    state, states = np.zeros(layer.hidden_size), []
    for row in rows:
        (xr, xz, xn), (hr, hz, hn) = np.split(w @ row + b, 3), np.split(u @ state + c, 3)
        reset, update = sigmoid(xr + hr), sigmoid(xz + hz)
        state = (1 - update) * np.tanh(xn + reset * hn) + update * state
        states.append(state)
    return np.array(states)


def bigru(layer: nn.GRU, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States of a sequence ``(l, d)`` in both directions, each ``(l, hidden)`` in order of time."""
    for place in range(layer.num_layers):
        forward = one_way_gru(layer, f"l{place}", rows)
        backward = one_way_gru(layer, f"l{place}_reverse", rows[::-1])[::-1]
        rows = np.concatenate([forward, backward], axis=1)
    return forward, backward


def attention(layer: nn.Module, states: np.ndarray) -> np.ndarray:
    """JTAV, Eq. 1, of states ``(l, d)``."""
    hidden = np.tanh(linear(layer.get_submodule("inner"), states))
    weights = softmax(hidden @ array(layer.get_parameter("context")))
    return sum(weight * state for weight, state in zip(weights, states, strict=True))


def standardised(module: nn.Module, name: str, rows: np.ndarray) -> np.ndarray:
    """What a fusion model reads of a modality."""
    mean, scale = (array(module.get_buffer(f"{part}_{name}")) for part in ("mean", "scale"))
    return (rows - mean) * scale
