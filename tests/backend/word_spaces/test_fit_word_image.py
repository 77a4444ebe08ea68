from dataclasses import replace

import numpy as np
import pytest

from backend.evaluation.analogies import Questions, between_images
from backend.word_spaces import fit_autoencoder, fit_word_image
from backend.word_spaces.vocabulary import WordVectors
from backend.word_spaces.word_image_data import WordImages

WORDS = ("man", "woman", "cook", "pilot", "judge", "elf", "farmer", "singer", "hello")


def made() -> WordImages:
    """Every job once as a man and once as a woman, in two styles."""
    rng = np.random.default_rng(0)
    looks = rng.normal(size=(len(WORDS), 16)) * 2
    documents, features, groups, names = [], [], [], []
    for group, (sex, job) in enumerate((s, j) for j in range(2, 8) for s in (0, 1)):
        documents.append(np.array([sex, job]))
        for style in range(2):
            features.append(1.6 * looks[sex] + looks[job] + rng.normal(size=16) * 0.3)
            groups.append(group)
            names.append(f"{'moji' if style == 0 else 'other'}-{group}")
    return WordImages(
        words=WORDS,
        documents=tuple(documents),
        document_group=np.arange(12),
        names=np.array(names, dtype=object),
        features=np.array(features, dtype=np.float32),
        image_group=np.array(groups),
        group_words=tuple(documents),
        group_all=tuple(documents),
    )


@pytest.fixture(scope="module")
def data() -> WordImages:
    return made()


def test_images_come_to_stand_by_their_words(data):
    keep = np.ones(12, dtype=bool)
    clean = WordVectors(WORDS[:4], np.eye(4, 6, dtype=np.float32))
    space = fit_word_image.train_words(
        data, keep, clean=clean, config=replace(fit_word_image.WORDS, epochs=100, batch=12)
    )
    first = replace(fit_word_image.MAP, epochs=60, batch=24)
    words = fit_word_image.train_images(
        space, data, keep, map_config=first, joint_config=replace(first, epochs=20)
    )
    near = words.images(data.features) @ words.vectors[2:8].T
    right = near.argmax(axis=1) == data.image_group // 2
    assert right.mean() > 0.8


def test_a_training_goes_on_where_it_was(data, tmp_path):
    keep = np.arange(12) < 10
    config = replace(fit_word_image.WORDS, epochs=4, batch=4)
    whole = fit_word_image.train_words(data, keep, config=config)
    fit_word_image.train_words(data, keep, config=config, folder=tmp_path)
    again = fit_word_image.train_words(data, keep, config=config, folder=tmp_path)
    assert np.array_equal(whole.inputs.weight.detach(), again.inputs.weight.detach())


def test_the_autoencoder_takes_words_and_images(data):
    keep = np.ones(12, dtype=bool)
    codes = fit_autoencoder.train(data, keep, config=replace(fit_autoencoder.SCHEDULE, epochs=2))
    assert codes.words(np.array([0, 3])).shape == codes.images(data.features[:2]).shape


def test_a_step_learnt_from_other_pairs_answers_an_analogy(data):
    looks = data.features
    front = np.arange(0, 24, 2)
    asked = Questions(front[0::2], front[1::2], front, np.r_[0:12:2, 1:12:2])
    assert set(asked.of_fold(0, 3)) == {0, 1, 6, 7}
    unit = looks / np.linalg.norm(looks, axis=1, keepdims=True)
    figures = between_images(looks, asked, [(unit, np.ones(16))] * 3, {})
    value = {(f.system, f.metric): f.value for f in figures}
    assert value["images", "R@1"] > value["plain neighbour, encoder", "R@1"]
    gain = value["images", "R@1"] - value["plain neighbour, encoder", "R@1"]
    assert np.isclose(value["images - plain neighbour", "R@1"], gain)
