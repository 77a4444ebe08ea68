"""The objective of words and images: Mikolov et al. 2013, eq. 4, and the related images."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from backend.training.loop import Step
from backend.word_spaces import fit_autoencoder, fit_word_image
from backend.word_spaces.autoencoder_model import AutoencoderConfig, DualAutoencoder
from backend.word_spaces.fit_word_image import ImageTask, WordTask, noise_contrast
from backend.word_spaces.word_image_data import WordImages
from backend.word_spaces.word_image_model import WordImageConfig, WordImageSpace

WORDS = tuple("abcdefgh")
KEEP = np.array([True, True, False, True, True])


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def made() -> WordImages:
    """Five things with words and one to three images; the fifth has no English words."""
    groups = [np.array(some) for some in ([0, 1], [2, 3, 4], [5], [6, 7, 1], [4, 7])]
    image_group = np.array([0, 0, 1, 1, 1, 2, 3, 4])
    return WordImages(
        words=WORDS,
        documents=tuple(groups[i] for i in (0, 1, 3, 4, 2)),
        document_group=np.array([0, 1, 3, 4, 2]),
        names=np.arange(8).astype(str).astype(object),
        features=np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32),
        image_group=image_group,
        group_words=(*groups[:4], np.array([], dtype=np.int64)),
        group_all=tuple(groups),
    )


def network() -> WordImageSpace:
    torch.manual_seed(0)
    space = WordImageSpace(WordImageConfig(len(WORDS), 6, 5))
    with torch.no_grad():
        for weight in (*space.parameters(), space.get_buffer("mean")):
            weight.normal_()
        space.get_buffer("scale").uniform_(0.5, 1.5)
    return space


def sgns(
    space: WordImageSpace, centres: np.ndarray, positives: np.ndarray, negatives: np.ndarray
) -> float:
    """Eq. 4 for each positive; the negatives are shared by the positives of a centre."""
    outputs, losses = space.outputs.weight.detach().numpy(), []
    for centre, near, far in zip(centres, positives, negatives, strict=True):
        loss = -np.mean([np.log(sigmoid(outputs[w] @ centre)) for w in near])
        real = [w for w in far if w not in near]
        losses.append(loss - sum(np.log(sigmoid(-outputs[w] @ centre)) for w in real) / len(near))
    return float(np.mean(losses))


def placed(space: WordImageSpace, features: np.ndarray) -> np.ndarray:
    """W v_f."""
    mean, scale = (space.get_buffer(name).numpy() for name in ("mean", "scale"))
    return unit((features - mean) * scale) @ space.map.weight.detach().numpy().T


@pytest.mark.parametrize("count", [1, 3])
def test_words_that_go_together_attract_and_sampled_words_repel(count: int) -> None:
    space, noise = network(), np.random.default_rng(count)
    centres = noise.normal(size=(6, 5)).astype(np.float32)
    positives, negatives = noise.integers(0, 8, (6, count)), noise.integers(0, 8, (6, 5))
    assert (negatives[:, :, None] == positives[:, None]).any()  # some are both
    got = noise_contrast(space, torch.from_numpy(centres), positives, negatives)
    assert float(got.detach()) == pytest.approx(
        sgns(space, centres, positives, negatives), abs=1e-5
    )


def test_images_are_mapped_by_w() -> None:
    space, features = network(), made().features
    got = space.images(torch.from_numpy(features)).detach().numpy()
    np.testing.assert_allclose(got, placed(space, features), atol=1e-5)


def word_loss(task: WordTask, rows: np.ndarray, rng: np.random.Generator) -> float:
    """Two words of one document each: the first is the centre, the second its context."""
    drawn = task.sampler.draw(rows, 2 * fit_word_image.DRAWS, rng).reshape(-1, 2)
    negatives = task.sampler.negatives((len(drawn), fit_word_image.NEGATIVES), rng)
    centres = task.space.inputs.weight.detach().numpy()[drawn[:, 0]]
    return sgns(task.space, centres, drawn[:, 1:], negatives)


def test_words_learn_from_the_documents_that_are_kept() -> None:
    task = WordTask(network(), made(), KEEP)
    assert task.size == 4  # of five: one document belongs to a group that is held out
    rows = np.array([3, 0, 1])
    got = float(task.loss(rows, np.random.default_rng(4)).detach())
    assert got == pytest.approx(word_loss(task, rows, np.random.default_rng(4)), abs=1e-5)
    drawn = task.sampler.draw(np.arange(4), 60, np.random.default_rng(0))
    wanted = [made().documents[i] for i in range(4)]
    assert all(set(a) == set(b) for a, b in zip(drawn, wanted, strict=True))


def test_negatives_are_drawn_by_their_count_to_the_power_of_three_quarters() -> None:
    sampler = WordTask(network(), made(), KEEP).sampler
    counts = np.bincount(np.concatenate(made().documents), minlength=8)
    assert len(np.unique(counts)) > 1
    drawn = sampler.negatives((400, 500), np.random.default_rng(0))
    shares = np.bincount(drawn.ravel(), minlength=8) / drawn.size
    np.testing.assert_allclose(shares, counts**0.75 / (counts**0.75).sum(), atol=0.004)


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_images_predict_their_words_and_attract_related_images(words: bool, seed: int) -> None:
    space, data = network(), made()
    task = ImageTask(space, data, KEEP, words=words)
    assert task.group.tolist() == [0, 0, 1, 1, 1, 3, 4]
    rows, rng = np.array([0, 2, 5, 3, 6, 1, 4]), np.random.default_rng(seed)
    got = float(task.loss(rows, np.random.default_rng(seed)).detach())
    group, centres = task.group[rows], placed(space, task.features.numpy()[rows])
    positives = np.hstack([task.english.draw(group, 2, rng), task.all.draw(group, 2, rng)])
    assert all(set(p) <= set(data.group_all[g]) for p, g in zip(positives, group, strict=True))
    negatives = task.all.negatives((7, 4 * fit_word_image.NEGATIVES), rng)
    wanted = sgns(space, centres, positives, negatives)
    partners = np.array([rng.choice(np.flatnonzero(task.group == g)) for g in group])
    others = np.flatnonzero(partners != rows)
    assert 1 < len(others) < 7
    anchors = unit(centres[others])
    theirs = unit(placed(space, task.features.numpy()[partners[others]]))
    odds = np.exp(anchors @ theirs.T / fit_word_image.SHARPNESS)
    same = group[others][:, None] == group[others]
    related = -np.log((odds * same).sum(1) / odds.sum(1)).mean()
    assert related > 0.01
    wanted += fit_word_image.RELATED * related
    if words:
        assert task.words is not None
        documents = rng.integers(task.words.size, size=7)
        wanted += word_loss(task.words, documents, rng)
    assert got == pytest.approx(wanted, abs=1e-4)


def test_words_are_learnt_first_then_w_then_all_together() -> None:
    data, keep = made(), np.ones(5, dtype=bool)
    short = {
        name: replace(getattr(fit_word_image, name), epochs=2, batch=4)
        for name in ("WORDS", "MAP", "BOTH")
    }
    space = fit_word_image.train_words(data, keep, config=short["WORDS"])
    torch.manual_seed(fit_word_image.SEED)
    untrained = WordImageSpace(WordImageConfig(len(WORDS), 6))
    parts = ("inputs", "outputs", "map")

    def weights(some: WordImageSpace) -> list[np.ndarray]:
        return [some.get_submodule(p).weight.detach().numpy().copy() for p in parts]

    states, at_epoch = [weights(untrained), weights(space)], []

    def watch(step: Step) -> None:
        if step.done == 1.0:
            at_epoch.append(weights(space))

    fit_word_image.train_images(
        space,
        data,
        keep,
        map_config=short["MAP"],
        joint_config=short["BOTH"],
        on_progress=watch,
    )
    states += [at_epoch[1], at_epoch[3]]
    changed = [
        [not np.array_equal(a, b) for a, b in zip(one, other, strict=True)]
        for one, other in pairwise(states)
    ]
    assert changed == [[True, True, False], [False, False, True], [True, True, True]]


def test_training_everything_keeps_that_order(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []
    whole = fit_word_image.fit

    def watched(task: object, config: object, **options: object) -> object:
        learnt = {n for n, p in task.module.named_parameters() if p.requires_grad}  # type: ignore[attr-defined]
        seen.append({name.split(".")[0] for name in learnt})
        return whole(task, replace(config, epochs=1), **options)  # type: ignore[arg-type, type-var]

    monkeypatch.setattr(fit_word_image, "fit", watched)
    fit_word_image.train(made())
    assert seen == [{"inputs", "outputs"}, {"map"}, {"inputs", "outputs", "map"}]


def test_the_dual_autoencoder_rebuilds_both_and_pulls_their_codes_together() -> None:
    torch.manual_seed(0)
    net = DualAutoencoder(AutoencoderConfig(8, 6, dim=4, hidden=5, noise=0.4, pull=0.7)).double()
    noise = np.random.default_rng(0)
    bags = (noise.random((3, 8)) > 0.6).astype(np.float64)
    images = noise.normal(size=(3, 6))
    tensors = {k: v.numpy() for k, v in net.state_dict().items()}

    def layer(name: str, x: np.ndarray) -> np.ndarray:
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    codes, rebuilt = {}, {}
    for kind, x in (("words", bags), ("images", images)):
        codes[kind] = layer(f"encoders.{kind}.3", np.tanh(layer(f"encoders.{kind}.1", x)))
        hidden = np.tanh(layer(f"decoders.{kind}.1", np.tanh(codes[kind])))
        rebuilt[kind] = layer(f"decoders.{kind}.3", hidden)
    chance = sigmoid(rebuilt["words"])
    words = -(bags * np.log(chance) + (1 - bags) * np.log(1 - chance)).sum(1)
    pictures = ((rebuilt["images"] - images) ** 2).sum(1)
    apart = ((codes["words"] - codes["images"]) ** 2).sum(1)
    wanted = (0.3 * (words + pictures) + 0.7 * apart).mean()
    given = (torch.from_numpy(bags), torch.from_numpy(images))
    assert float(net.eval()(*given).detach()) == pytest.approx(wanted, abs=1e-6)
    noisy = {float(net.train()(*given).detach()) for _ in range(4)}
    assert len(noisy) == 4  # it rebuilds from damaged input


def test_the_autoencoder_learns_from_images_with_the_words_of_their_group() -> None:
    torch.manual_seed(0)
    data = made()
    task = fit_autoencoder.AutoencoderTask(data, KEEP)
    assert task.group.tolist() == [0, 0, 1, 1, 1, 3]  # the fifth thing has no English word
    rows = np.array([5, 0, 2])
    bags = np.zeros((3, task.words), dtype=np.float32)
    for i, row in enumerate(rows):
        bags[i, task.bag[data.group_words[task.group[row]]]] = 1.0
    assert sorted(task.bag) == list(range(8))
    features = data.features[[0, 1, 2, 3, 4, 6]]
    pictures = unit((features - features.mean(0)) / features.std(0, ddof=1))[rows]
    task.module.eval()
    wanted = task.module(torch.from_numpy(bags), torch.from_numpy(pictures))
    got = task.loss(rows, np.random.default_rng(0))
    assert float(got.detach()) == pytest.approx(float(wanted.detach()), abs=1e-4)
