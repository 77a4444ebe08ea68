"""Speech: the sentence in ``spoken_en.ogg`` was spoken by espeak-ng 1.51, voice en-us."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.domain import KindredError, Sound
from backend.media import read_media
from backend.recognition import missing, whisper_weights
from backend.recognition.speech import SpeechReader
from backend.settings import Settings

SENTENCE = Path(__file__).with_name("spoken_en.ogg")
needs_whisper = pytest.mark.skipif(bool(missing()), reason=missing() or "")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def reader(home: Path) -> SpeechReader:
    patch = pytest.MonkeyPatch()
    patch.setattr(whisper_weights, "settings", lambda: Settings(home=home))
    reader = SpeechReader("cpu")
    reader._loaded()
    patch.undo()
    return reader


@pytest.fixture(scope="module")
def sentence() -> Sound:
    sound = read_media(SENTENCE)[1]
    assert sound is not None
    return sound


@needs_whisper
def test_a_sentence_with_its_seconds(reader: SpeechReader, sentence: Sound) -> None:
    reading = reader.read(sentence)
    words = reading.text.lower()
    assert "house" in words and "mother cried all night" in words
    assert reading.language == "en"
    assert reading.share > 0.8
    assert not reading.uncertain
    start, end = reading.passages[0].where[0], reading.passages[-1].where[1]
    assert 0 <= start < end <= sentence.seconds


@needs_whisper
def test_where_the_text_is_unlikely_the_next_language_is_tried(
    reader: SpeechReader, sentence: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = reader._loaded()
    detect = network._model.detect_language

    def misled(*args: object, **options: object) -> object:
        detect(*args, **options)
        model = network._model
        model.odds = [("th", 0.8), ("en", 0.19)]
        return "th", 0.8, model.odds

    monkeypatch.setattr(network._model, "detect_language", misled)
    reading = reader.read(sentence)
    assert reading.language == "en" and "mother cried" in reading.text


@needs_whisper
def test_words_after_a_silence_have_their_own_time(reader: SpeechReader, sentence: Sound) -> None:
    silence = np.zeros(4 * sentence.rate, dtype=np.float32)
    later = replace(sentence, samples=np.concatenate([silence, sentence.samples]))
    reading = reader.read(later)
    assert "mother" in reading.text
    assert reading.passages[0].where[0] > 3.0
    assert reading.share < 0.7


@needs_whisper
def test_noise_and_tones_are_no_speech(sentence: Sound) -> None:
    reader = SpeechReader("cpu")
    random = np.random.default_rng(0)
    time = np.arange(6 * 44_100) / 44_100
    chord = sum(np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6)) / 6
    for samples in (random.normal(0, 0.2, len(time)), chord, np.zeros(len(time))):
        assert reader.read(Sound(samples.astype(np.float32), 44_100)).text == ""
    assert reader._network is None  # the network is not even loaded


@needs_whisper
def test_one_short_word_is_uncertain(reader: SpeechReader, sentence: Sound) -> None:
    shout = replace(sentence, samples=sentence.samples[: int(0.55 * sentence.rate)])
    reading = reader.read(shout)
    assert not reading.text or reading.uncertain


@needs_whisper
def test_the_weights_are_joined_once(home: Path, reader: SpeechReader) -> None:
    folder = home / "weights" / whisper_weights.NAME
    model = folder / "model.bin"
    with model.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == whisper_weights._SHA256
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt"]
    )
    before = model.stat().st_mtime_ns
    whisper_weights._joined(folder)
    assert model.stat().st_mtime_ns == before


@needs_whisper
def test_a_damaged_half_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for half in (1, 2):
        (tmp_path / f"model.bin.part{half}").write_bytes(b"nothing")
    real = whisper_weights._data(whisper_weights._PACKAGES[0])
    for name in whisper_weights._BESIDE:
        (tmp_path / name).write_bytes((real / name).read_bytes())
    monkeypatch.setattr(whisper_weights, "_data", lambda package: tmp_path)
    with pytest.raises(KindredError, match="install them again"):
        whisper_weights._joined(tmp_path / "joined")
    assert not (tmp_path / "joined" / "model.bin").exists()


def test_a_folder_without_a_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        whisper_weights, "settings", lambda: Settings(speech_model=str(tmp_path), home=tmp_path)
    )
    with pytest.raises(KindredError, match=r"model\.bin"):
        whisper_weights.model_folder()


def test_without_the_packages_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper_weights.importlib.util, "find_spec", lambda name: None)
    assert whisper_weights.missing() == whisper_weights.WITHOUT_SPEECH
    assert whisper_weights.WITHOUT_SPEECH.count("SPEECH=no") == 1
