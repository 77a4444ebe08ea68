"""Sound encoders: aisfx for sound effects, musicnn for music, and both together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch

from backend.core.threads import parallel_map, use_threads
from backend.domain import KindredError, Modality, Sound
from backend.encoders import sound_nets, spectrogram
from backend.encoders.base import Encoder, Pieces, Unusable
from backend.settings import ASSETS

WEIGHTS = ASSETS / "weights"
_DAMAGED = "this copy of Kindred is damaged. Download it again."

# One column of aisfx is 8 frames of 1024 samples at 44.1 kHz. Its networks were
# trained on 100 frames (12 columns, 2.3 s), musicnn's on 187 frames of 256 at
# 16 kHz (3 s); both are pooled around the same centres, half a window apart.
COLUMN = 8 * 1024 / 44_100
AISFX_FRAMES, AISFX_COLUMNS = 100, 12
MUSICNN_FRAME, MUSICNN_FRAMES = 256 / 16_000, 187


class _Windowed(Encoder):
    """Base of encoders whose vector of a sound is the mean over windows."""

    modality = Modality.AUDIO
    batch: ClassVar[int] = 8

    def __init__(self, device: str) -> None:
        use_threads()
        self._device = device

    def parts(self, item: Sound) -> Pieces | None:
        """Return windows of 2.3 s, overlapping by half, and their features."""
        try:
            sound = self._prepare(self._checked(item))
        except Unusable:
            return None
        windows = _windows(sound.seconds)
        (vectors,) = self._all_windows([sound])
        return Pieces([_bounds(window, sound.seconds) for window in windows], vectors)

    def _prepare(self, item: Sound) -> Sound:
        return item

    def _forward(self, prepared: list[Sound]) -> Sequence[np.ndarray]:
        return [windows.mean(0) for windows in self._all_windows(prepared)]

    def _all_windows(self, sounds: Sequence[Sound]) -> list[np.ndarray]:
        """Return the features ``(windows, dim)`` of each sound."""
        return parallel_map(self._windows, sounds)

    def _windows(self, sound: Sound) -> np.ndarray:
        raise NotImplementedError


class Aisfx(_Windowed):
    """512-d features of sound effects."""

    name = "aisfx"
    dim = 512
    licence = "CC-BY-4.0"

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        self._net = sound_nets.load(sound_nets.AisfxNet(), _tensors("aisfx.safetensors"), device)

    def _windows(self, sound: Sound) -> np.ndarray:
        mel = spectrogram.aisfx(spectrogram.resample(sound, 44_100))
        # As in the package: pad short sounds with silence.
        mel = np.pad(mel, ((0, max(0, AISFX_FRAMES - len(mel))), (0, 0)))
        with torch.inference_mode():
            x = torch.from_numpy(mel)[None, None].to(self._device)
            columns = self._net(x)[0].cpu().numpy()
        last = columns.shape[1] - AISFX_COLUMNS
        starts = [min(start, last) for start in _windows(sound.seconds)]
        return np.stack([columns[:, s : s + AISFX_COLUMNS].max(1) for s in starts])


class _Tagged(_Windowed):
    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Names of the 50 tags whose probabilities are the last 50 numbers."""
        path = WEIGHTS / "musicnn_tags.json"
        return tuple(json.loads(path.read_text(encoding="utf-8"))["names"])


class Musicnn(_Tagged):
    """Probabilities of the 50 music tags in `tags`."""

    name = "musicnn"
    dim = 50
    licence = "ISC"

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        weights = _tensors("musicnn.safetensors")
        self._net = sound_nets.load(sound_nets.MusicnnNet(), weights, device)

    def _windows(self, sound: Sound) -> np.ndarray:
        samples = spectrogram.resample(sound, 16_000)
        # As in training, a short sound is repeated until it fills a window.
        samples = np.resize(samples, max(len(samples), (MUSICNN_FRAMES - 1) * 256))
        mel = spectrogram.musicnn(samples)
        last = len(mel) - MUSICNN_FRAMES
        with torch.inference_mode():
            features = self._net(torch.from_numpy(mel)[None, None].to(self._device))[0]
            windows = []
            for window in _windows(sound.seconds):
                centre = (window + AISFX_COLUMNS / 2) * COLUMN / MUSICNN_FRAME
                start = min(max(0, round(centre - MUSICNN_FRAMES / 2)), last)
                windows.append(features[:, start : start + MUSICNN_FRAMES])
            return self._net.tags(torch.stack(windows)).cpu().numpy()


class AisfxMusicnn(_Tagged):
    """Both, at the same time: 512 features, then 50 tag probabilities."""

    name = "aisfx+musicnn"
    dim = Aisfx.dim + Musicnn.dim
    cores: ClassVar[int] = 2
    licence = "CC-BY-4.0 and ISC"

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        self._both = (Aisfx(device), Musicnn(device))

    def _all_windows(self, sounds: Sequence[Sound]) -> list[np.ndarray]:
        pairs = [(encoder, sound) for sound in sounds for encoder in self._both]
        features = parallel_map(lambda pair: pair[0]._windows(pair[1]), pairs)
        return [np.concatenate(two, 1) for two in zip(features[::2], features[1::2], strict=True)]


def _windows(seconds: float) -> list[int]:
    """Return the first columns of the windows: every half window, the last flush with the end."""
    columns = (1 + int(seconds * 44_100) // 1024) // 8
    last = max(0, columns - AISFX_COLUMNS)
    count = 1 + -(-last // (AISFX_COLUMNS // 2))
    return [round(start) for start in np.linspace(0, last, count)]


def _bounds(start: int, seconds: float) -> tuple[float, float]:
    return (start * COLUMN, min((start + AISFX_COLUMNS) * COLUMN, seconds))


def _tensors(name: str) -> dict[str, torch.Tensor]:
    from safetensors.torch import load

    try:
        checksums = json.loads((WEIGHTS / "weights.json").read_text(encoding="utf-8"))
        data = (WEIGHTS / name).read_bytes()
    except FileNotFoundError as error:
        raise KindredError("no_weights", f"{error.filename} is missing: {_DAMAGED}") from error
    if hashlib.sha256(data).hexdigest() != checksums[name]["sha256"]:
        raise KindredError("bad_weights", f"{WEIGHTS / name} has changed: {_DAMAGED}")
    return load(data)
