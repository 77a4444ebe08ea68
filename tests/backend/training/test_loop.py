"""The training loop: it learns, stops, and goes on after a kill as if nothing had been."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from backend.domain import KindredError
from backend.training import checkpoints
from backend.training.loop import LoopConfig, Step, fit
from tests.backend.training.tiny import CONFIG, Tiny

ROOT = Path(__file__).resolve().parents[3]


def same(left: torch.nn.Module, right: torch.nn.Module) -> bool:
    a, b = left.state_dict(), right.state_dict()
    return all(torch.equal(a[key], b[key]) for key in a)


def test_it_learns_and_keeps_the_best_epoch() -> None:
    task, steps = Tiny(), list[Step]()
    history = fit(task, CONFIG, device="cpu", on_progress=steps.append)
    assert history.losses[-1] < history.losses[0]
    assert task.score() == max(s for s in history.scores if s is not None)
    assert steps[-1].epoch == len(history.losses)
    assert steps[-1].best == task.score()
    assert not task.module.training


def test_it_stops_early() -> None:
    history = fit(Tiny(), dataclasses.replace(CONFIG, epochs=100, patience=3), device="cpu")
    assert len(history.losses) == history.best + 3 < 100


def test_the_weights_of_the_best_epoch_are_those_that_stay() -> None:
    config = dataclasses.replace(CONFIG, epochs=100, patience=3, schedule="constant")
    stopped, at_best = Tiny(), Tiny()
    history = fit(stopped, config, device="cpu")
    assert history.best < len(history.losses)
    fit(at_best, dataclasses.replace(config, epochs=history.best), device="cpu")
    assert same(stopped.module, at_best.module)


def test_the_same_seed_gives_the_same_weights_whatever_was_drawn_before() -> None:
    one, other = Tiny(), Tiny()
    fit(one, CONFIG, device="cpu")
    torch.manual_seed(99)
    fit(other, CONFIG, device="cpu")
    assert same(one.module, other.module)
    third = Tiny()
    fit(third, dataclasses.replace(CONFIG, seed=6), device="cpu")
    assert not same(one.module, third.module)


def test_a_killed_training_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole = Tiny()
    wanted = fit(whole, CONFIG, device="cpu")
    program = [sys.executable, "-m", "tests.backend.training.tiny", str(tmp_path)]
    for at in (3, 7):
        killed = subprocess.run([*program, str(at)], cwd=ROOT, check=False)
        assert killed.returncode == -signal.SIGKILL
        done = checkpoints.read(tmp_path)
        assert done is not None
        assert at <= done["epoch"] < CONFIG.epochs
    resumed = Tiny(seed=1)  # its first weights must not matter
    history = fit(resumed, CONFIG, folder=tmp_path, device="cpu")
    assert history.resumed >= 7
    # Another process may share the sums out to its threads otherwise, and round otherwise.
    assert history.losses == pytest.approx(wanted.losses, rel=1e-4)
    assert history.scores == pytest.approx(wanted.scores)
    ours, theirs = resumed.module.state_dict(), whole.module.state_dict()
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_finished_training_is_only_read(tmp_path: Path) -> None:
    task = Tiny()
    fit(task, CONFIG, folder=tmp_path, device="cpu")
    again = Tiny(seed=1)
    history = fit(again, CONFIG, folder=tmp_path, device="cpu")
    assert history.resumed == len(history.losses)
    assert same(task.module, again.module)
    assert len(list(tmp_path.glob("*.safetensors"))) == 1


def test_another_training_in_the_folder_is_refused(tmp_path: Path) -> None:
    fit(Tiny(), LoopConfig(epochs=1), folder=tmp_path, device="cpu")
    with pytest.raises(KindredError) as error:
        fit(Tiny(), LoopConfig(epochs=2), folder=tmp_path, device="cpu")
    assert error.value.code == "other_training"


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    config = LoopConfig(epochs=2)
    fit(Tiny(), config, folder=tmp_path, device="cpu")
    (file,) = tmp_path.glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(KindredError) as error:
        fit(Tiny(), config, folder=tmp_path, device="cpu")
    assert error.value.code == "damaged"


def test_a_loss_that_is_no_number_stops_it() -> None:
    class Broken(Tiny):
        def loss(self, rows, rng):  # type: ignore[no-untyped-def]
            return super().loss(rows, rng) * float("nan")

    with pytest.raises(KindredError) as error:
        fit(Broken(), CONFIG, device="cpu")
    assert error.value.code == "diverged"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_it_learns_in_half_precision_on_a_gpu() -> None:
    class There(Tiny):
        def __init__(self) -> None:
            super().__init__()
            self.x, self.y = self.x.cuda(), self.y.cuda()

    task = There()
    history = fit(task, CONFIG, device="cuda")
    assert history.losses[-1] < history.losses[0]
