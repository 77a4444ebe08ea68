from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from backend import encoders
from backend.domain import KindredError, Sound
from backend.encoders import sound, spectrogram
from backend.media import excerpt, read_audio
from backend.settings import ASSETS
from tests.backend.encoders import signals

REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text())
AISFX = cast(sound.Aisfx, encoders.get("aisfx", device="cpu"))
MUSICNN = cast(sound.Musicnn, encoders.get("musicnn", device="cpu"))
BOTH = cast(sound.AisfxMusicnn, encoders.get("aisfx+musicnn", device="cpu"))


def noise(seconds: float, rate: int = 44_100, seed: int = 0) -> Sound:
    samples = np.random.default_rng(seed).normal(size=int(seconds * rate)) * 0.1
    return Sound(samples.astype(np.float32), rate)


def test_mel_bands_are_essentia_s() -> None:
    mel = spectrogram.aisfx(signals.reference(44_100, 3.0))
    found = mel[:113:16, ::8] * 9.457798957824707
    np.testing.assert_allclose(found, REFERENCE["essentia"], atol=2e-4)


def test_aisfx_is_the_original_network() -> None:
    cut = Sound(signals.reference(44_100, 3.0)[: 99 * 1024 + 1000], 44_100)
    vector = AISFX.encode([cut]).vectors[0]
    np.testing.assert_allclose(vector, REFERENCE["aisfx"], atol=0.01)


def test_musicnn_is_the_original_network() -> None:
    mel = spectrogram.musicnn(signals.reference(16_000, 3.0))[:187]
    with torch.inference_mode():
        tags = MUSICNN._net.tags(MUSICNN._net(torch.from_numpy(mel)[None, None]))[0].numpy()
    np.testing.assert_allclose(tags, REFERENCE["musicnn"], atol=1e-3)


def test_slaney_bands() -> None:
    bands = spectrogram._slaney_bands()
    assert bands.shape == (96, 257)
    centres = bands.argmax(1) * 16_000 / 512
    assert (np.diff(centres) >= 0).all()
    # librosa.filters.mel(sr=16000, n_fft=512, n_mels=96), computed once
    np.testing.assert_allclose(bands.sum(), 3.071914, rtol=1e-4)


def test_both_is_one_after_the_other() -> None:
    item = noise(3)
    vector = BOTH.encode([item]).vectors[0]
    assert vector is not None
    assert vector.shape == (BOTH.dim,) == (562,)
    assert np.array_equal(vector[:512], AISFX.encode([item]).vectors[0])
    assert np.array_equal(vector[512:], MUSICNN.encode([item]).vectors[0])
    assert len(BOTH.tags) == 50
    assert isinstance(BOTH, encoders.Tagger)
    assert not isinstance(AISFX, encoders.Tagger)
    assert {"fast", "loud", "drums", "slow", "quiet", "soft", "ambient"} <= set(BOTH.tags)


@pytest.mark.parametrize("seconds", [0.001, 0.1, 1.0, 2.32, 2.5, 3.1, 7.0])
def test_parts_average_to_the_vector_and_cover_the_sound(seconds: float) -> None:
    item = noise(seconds)
    vector, parts = BOTH.encode([item]).vectors[0], BOTH.parts(item)
    assert parts is not None
    np.testing.assert_allclose(parts.vectors.mean(0), vector, atol=1e-5)
    assert parts.where[0][0] == 0
    assert seconds - parts.where[-1][1] < 0.5
    assert all(0 <= start < end <= item.seconds + 1e-6 for start, end in parts.where)
    assert all(a[1] >= b[0] for a, b in zip(parts.where, parts.where[1:], strict=False))


def test_the_shortest_sounds_that_are_read_have_a_vector() -> None:
    tables = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["id", "audio"])
    clicks = ("pi-elec-flip", "pi-elec-pop", "pi-tabla-ke1", "pi-tabla-ke2", "pi-tabla-ke3")
    files = {row["id"]: row["audio"] for row in tables.to_pylist() if row["id"] in clicks}
    items = [read_audio(ASSETS / "corpus" / "media" / files[name]) for name in clicks]
    assert min(item.seconds for item in items) < 0.05
    items.append(noise(excerpt.SHORTEST))
    vectors = BOTH.encode(items).vectors
    again = BOTH.encode(items[::-1]).vectors[::-1]
    for vector, other in zip(vectors, again, strict=True):
        assert vector is not None
        assert np.isfinite(vector).all() and vector.any()
        assert np.array_equal(vector, other)


def test_the_rate_matters_little() -> None:
    slow, fast = (Sound(signals.reference(rate, 3.0), rate) for rate in (32_000, 48_000))
    a, b = MUSICNN.encode([slow, fast]).vectors
    np.testing.assert_allclose(a, b, atol=0.05)


def test_alone_or_in_a_batch_is_the_same_to_the_last_bit() -> None:
    items = [noise(0.5, seed=1), noise(2.4, 16_000, seed=2)]
    for item, vector in zip(items, BOTH.encode(items).vectors, strict=True):
        assert np.array_equal(vector, BOTH.encode([item]).vectors[0])


def test_no_parts_of_silence() -> None:
    assert BOTH.parts(Sound(np.zeros(9000, np.float32), 16_000)) is None


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (sound.WEIGHTS / "weights.json").read_bytes()
    monkeypatch.setattr(sound, "WEIGHTS", tmp_path)
    with pytest.raises(KindredError, match="missing") as missing:
        sound.Aisfx()
    assert missing.value.code == "no_weights"
    (tmp_path / "weights.json").write_bytes(listed)
    (tmp_path / "aisfx.safetensors").write_bytes(b"other")
    with pytest.raises(KindredError, match="has changed") as changed:
        sound.Aisfx()
    assert changed.value.code == "bad_weights"
