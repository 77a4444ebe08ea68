import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import KindredError
from backend.text.tokens import clean_words
from backend.word_spaces.autoencoder_model import AutoencoderConfig, DualAutoencoder
from backend.word_spaces.fit_word_image import placed
from backend.word_spaces.placed_words import PlacedWords, vocabulary
from backend.word_spaces.word_image_model import WordImageConfig, WordImageSpace

WORDS = ["king", "queen", "man", "woman", "dog"]


def words_network() -> WordImageSpace:
    torch.manual_seed(0)
    space = WordImageSpace(WordImageConfig(len(WORDS), 6, 8))
    gender, royal = torch.eye(8)[0], torch.eye(8)[1]
    rows = [gender + royal, -gender + royal, gender, -gender, torch.eye(8)[2]]
    with torch.no_grad():
        space.inputs.weight.copy_(torch.stack(rows))
    return space


def small() -> PlacedWords:
    return placed(WORDS, words_network())


@given(st.text())
def test_cleaning_is_stable_and_leaves_no_signs(text):
    words = clean_words(text)
    assert clean_words(" ".join(words)) == words
    assert all(not any(c.isspace() or c in ":;!?.,#@" for c in word) for word in words)


def test_the_rarest_go_first_and_clean_words_stay_longest():
    documents = [["red", "dog"], ["red", "dog"], ["red", "zzkx"], ["dog", "owl"]]
    assert vocabulary(documents, known=["owl"], pruned=0.25) == ["dog", "red", "owl"]


def test_images_stand_where_words_stand_and_gradients_reach_everything():
    space = WordImageSpace(WordImageConfig(5, 6, 8))
    with torch.no_grad():
        space.outputs.weight.normal_()
    placed = space.images(torch.randn(3, 6))
    assert placed.shape == (3, 8)
    scores = space(placed, torch.tensor([[0, 1], [2, 3], [4, 0]]))
    assert scores.shape == (3, 2)
    (scores.sum() + space(space.inputs.weight[:1], torch.tensor([[2]])).sum()).backward()
    for part in (space.inputs.weight, space.outputs.weight, space.map.weight):
        assert part.grad is not None and bool((part.grad != 0).any())


def test_arithmetic_over_words_and_images():
    words = small()
    found = words.neighbours([("king", 1), ("man", -1), ("woman", 1)], 1)
    assert found[0][0] == "queen"
    image = words.vectors[0]
    assert words.neighbours([(image, 1), ("man", -1), ("woman", 1)], 1)[0][0] == "queen"
    among = {"a": words.vectors[4], "b": words.vectors[1]}
    assert words.neighbours([("queen", 1)], 1, among=among)[0][0] == "b"
    with pytest.raises(KindredError, match="No post has"):
        words.query([("qwertz", 1)])


def test_saved_and_read_again(tmp_path):
    words = small()
    words.save(tmp_path / "words.safetensors")
    again = PlacedWords.load(tmp_path / "words.safetensors")
    raw = np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32)
    with torch.no_grad():
        told = torch.nn.functional.normalize(words_network().images(torch.from_numpy(raw)), dim=-1)
    assert np.allclose(words.images(raw), told.numpy(), atol=1e-5)
    assert again.words == words.words
    assert np.allclose(again.vectors, words.vectors, atol=1e-3)
    assert np.allclose(again.images(raw), words.images(raw), atol=2e-3)
    (tmp_path / "bad.safetensors").write_bytes(b"no tensors")
    with pytest.raises(KindredError) as error:
        PlacedWords.load(tmp_path / "bad.safetensors")
    assert error.value.code == "damaged"


def test_the_dual_autoencoder_draws_codes_together():
    torch.manual_seed(0)
    network = DualAutoencoder(AutoencoderConfig(12, 6, dim=4, hidden=8, noise=0.0))
    bags, images = (torch.rand(16, 12) > 0.7).float(), torch.randn(16, 6)

    def apart() -> float:
        with torch.no_grad():
            return float((network.code("words", bags) - network.code("images", images)).norm())

    before = apart()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(60):
        optimiser.zero_grad()
        network(bags, images).backward()
        optimiser.step()
    assert network.code("words", bags).shape == (16, 4)
    assert apart() < 0.7 * before
