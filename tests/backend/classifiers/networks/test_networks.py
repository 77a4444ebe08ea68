"""The papers' networks: shape, gradient, determinism, save and load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from backend.classifiers.networks.bigru import AttBiGRU, BiGRU, BiGRUConfig
from backend.classifiers.networks.dcrnn import DCRNN, DCRNNConfig, DenseBlock
from backend.classifiers.networks.finetuned import FineTuned, FineTunedConfig
from backend.classifiers.networks.han import LyricsHAN
from backend.classifiers.networks.ngrams import Ngrams, NgramsConfig

WORDS = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0], [0, 0, 0, 0]])
SUPPORT = torch.tensor([[4, 0], [3, 2], [2, 0]])


def vectors(words: int = 12, size: int = 50) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(words, size)).astype(np.float32)


def made() -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.Flatten(), nn.Linear(48, 20))
    return {
        "bigru": (BiGRU(BiGRUConfig(12, classes=3), vectors()), (WORDS,)),
        "attbigru": (AttBiGRU(BiGRUConfig(12, classes=3), vectors()), (WORDS, SUPPORT)),
        "han": (LyricsHAN(BiGRUConfig(12, classes=3), vectors()), (WORDS.reshape(3, 2, 2),)),
        "ngrams": (Ngrams(NgramsConfig(12, classes=3, buckets=64), vectors()), (WORDS,)),
        "dcrnn": (DCRNN(DCRNNConfig(classes=3)), (torch.randn(3, 96, 216),)),
        "finetuned": (
            FineTuned(FineTunedConfig(20, classes=3), trunk),
            (torch.randn(3, 3, 4, 4),),
        ),
    }


@pytest.mark.parametrize("name", made())
def test_shape_gradient_and_file(name: str, tmp_path: Path) -> None:
    network, given = made()[name]
    scores = network(*given)
    assert scores.shape == (3, 3)
    assert network.represent(*given).shape == (3, network.dim)
    scores.square().sum().backward()
    for key, weight in network.named_parameters():
        if weight.requires_grad:
            assert weight.grad is not None and torch.isfinite(weight.grad).all(), key
    network.eval()
    wanted = network(*given)
    assert torch.equal(network(*given), wanted)
    save_file(network.state_dict(), tmp_path / "net.safetensors")
    torch.manual_seed(1)
    again = made()[name][0].eval()
    for weight in again.parameters():
        nn.init.normal_(weight)
    again.load_state_dict(load_file(tmp_path / "net.safetensors"))
    assert torch.equal(again(*given), wanted)


def test_padding_changes_nothing() -> None:
    for name in ("bigru", "attbigru", "ngrams"):
        network, given = made()[name]
        network.eval()
        more = torch.cat([given[0], torch.zeros(3, 5, dtype=torch.long)], dim=1)
        torch.testing.assert_close(network(more, *given[1:]), network(*given))
    network, (lines,) = made()["han"]
    network.eval()
    more = torch.cat([lines, torch.zeros(3, 2, 5, dtype=torch.long)], dim=2)
    torch.testing.assert_close(network(more), network(lines))


def test_lines_of_nothing_are_read() -> None:
    network = made()["han"][0].eval()
    nothing = torch.zeros(2, 3, 4, dtype=torch.long)
    assert torch.isfinite(network(nothing)).all()


def test_without_supporting_text_attbigru_is_bigru() -> None:
    network = made()["attbigru"][0].eval()
    plain = BiGRU(BiGRUConfig(12, classes=3)).eval()
    plain.load_state_dict(network.state_dict(), strict=False)
    nothing = torch.zeros(3, 2, dtype=torch.long)
    torch.testing.assert_close(network(WORDS, nothing), plain(WORDS))
    assert not torch.equal(network(WORDS, SUPPORT), plain(WORDS))


def test_equation_two_concatenates_first_and_third() -> None:
    block = DenseBlock(1, 4).eval()
    seen: list[Tensor] = []
    block.last.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    x = torch.randn(2, 1, 96, 216)
    assert block(x).shape == (2, 4, 16, 54)
    one = block.first(x)
    torch.testing.assert_close(seen[0], torch.cat([one, block.third(block.second(one))], 1))


def test_a_frozen_trunk_does_not_learn() -> None:
    trunk = nn.Linear(4, 8)
    network = FineTuned(FineTunedConfig(8, trunk_rate=0.0), trunk)
    network(torch.randn(2, 4)).sum().backward()
    assert trunk.weight.grad is None
    assert network.dense[1].weight.grad is not None
