"""Training of the text head's networks on labels of several kinds at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backend.affect.evidence import OUTPUTS
from backend.domain import SENTIMENTS
from backend.settings import SEED

HIDDEN = 256
BATCH = 512  # at most; a thirty-second of few texts, at least 32
RATE = 2e-3
KIND_RATE = 1e-2
DECAY = 0.05
DROPOUT = 0.4  # of hidden units; of features a quarter of it


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What the networks learn of each text.

    Attributes
    ----------
    emotion : numpy.ndarray
        ``(n, 9)`` in [0, 1], columns as in `OUTPUTS`; NaN where unlabelled.
    sentiment : numpy.ndarray
        ``(n, 3)`` shares of `SENTIMENTS`; rows of NaN where unlabelled.
    weight : numpy.ndarray
        ``(n,)``.
    kind : numpy.ndarray
        ``(n,)`` int64: texts of one kind have outputs of their own frequency; a network
        is that of kind 0.
    """

    emotion: np.ndarray
    sentiment: np.ndarray
    weight: np.ndarray
    kind: np.ndarray

    def take(self, rows: np.ndarray) -> Targets:
        """The targets at some indices."""
        return Targets(*(getattr(self, name)[rows] for name in self.__slots__))


def train(
    features: np.ndarray,
    targets: Targets,
    *,
    epochs: int,
    members: int = 1,
    step: Callable[[], None] = lambda: None,
) -> dict[str, np.ndarray]:
    """Train networks with one hidden layer and return their average as one wider network.

    Parameters
    ----------
    features : numpy.ndarray
        ``(n, f)`` float32.
    targets : Targets
    epochs, members : int
    step : callable
        Called after each epoch of each member.

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.text.outputs` takes them, where `h` is ``members * HIDDEN``, and
        ``kind_bias (kinds, 12)``, what the outputs of each kind have more than those of
        kind 0.
    """
    import torch

    trained = []
    with torch.random.fork_rng(devices=[]):
        for member in range(members):
            torch.manual_seed(SEED + member)
            trained.append(_train_one(features, targets, epochs, step))
    mean = {
        name: np.mean([m[name] for m in trained], axis=0)
        for name in ("output_bias", "direct_weight", "kind_bias")
    }
    return mean | {
        "hidden_weight": np.concatenate([m["hidden_weight"] for m in trained], axis=1),
        "hidden_bias": np.concatenate([m["hidden_bias"] for m in trained]),
        "output_weight": np.concatenate([m["output_weight"] for m in trained]) / members,
    }


def _train_one(
    features: np.ndarray, targets: Targets, epochs: int, step: Callable[[], None]
) -> dict[str, np.ndarray]:
    import torch
    from torch import nn
    from torch.nn import functional

    rows, weight = torch.from_numpy(features).float(), torch.from_numpy(targets.weight).float()
    known = [torch.from_numpy(~np.isnan(t)).float() for t in (targets.emotion, targets.sentiment)]
    emotion, sentiment = (
        torch.from_numpy(np.nan_to_num(t)).float() for t in (targets.emotion, targets.sentiment)
    )
    kind, size = torch.from_numpy(targets.kind), len(OUTPUTS) + len(SENTIMENTS)
    hidden, output = nn.Linear(rows.shape[1], HIDDEN), nn.Linear(HIDDEN, size)
    direct = nn.Linear(rows.shape[1], size, bias=False)
    of_kind = nn.Embedding(int(targets.kind.max()) + 1, size, padding_idx=0)
    for layer in (direct, of_kind):
        nn.init.zeros_(layer.weight)
    parameters = [p for layer in (hidden, output, direct) for p in layer.parameters()]
    optimiser = torch.optim.AdamW(
        [
            {"params": parameters, "weight_decay": DECAY},
            {"params": of_kind.parameters(), "weight_decay": 0.0},
        ],
        lr=RATE,
    )
    batch_size = min(max(len(rows) // 32, 32), BATCH)
    steps = epochs * -(-len(rows) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [RATE, KIND_RATE], total_steps=steps, pct_start=0.1
    )
    for _ in range(epochs):
        for batch in torch.randperm(len(rows)).split(batch_size):
            x = functional.dropout(rows[batch], DROPOUT / 4)
            inner = functional.dropout(functional.relu(hidden(x)), DROPOUT)
            odds = output(inner) + direct(x) + of_kind(kind[batch])
            of_emotion = functional.binary_cross_entropy_with_logits(
                odds[:, : len(OUTPUTS)], emotion[batch], weight=known[0][batch], reduction="none"
            ).sum(1)
            shares = functional.log_softmax(odds[:, len(OUTPUTS) :], dim=1)
            of_sentiment = -(shares * sentiment[batch] * known[1][batch]).sum(1)
            loss = (of_emotion + of_sentiment) * weight[batch]
            optimiser.zero_grad()
            (loss.sum() / weight[batch].sum()).backward()
            optimiser.step()
            schedule.step()
        step()
    with torch.no_grad():
        return {
            "hidden_weight": hidden.weight.T.numpy().copy(),
            "hidden_bias": hidden.bias.numpy().copy(),
            "output_weight": output.weight.T.numpy().copy(),
            "output_bias": output.bias.numpy().copy(),
            "direct_weight": direct.weight.T.numpy().copy(),
            "kind_bias": of_kind.weight.numpy().copy(),
        }
