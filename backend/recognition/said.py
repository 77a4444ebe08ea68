"""Speech in sounds: Whisper in CTranslate2, from PyPI ``faster-whisper``.

Radford et al. 2022, arXiv:2212.04356. Voice activity is detected first (Silero VAD), so
that music and noise are not transcribed and do not load the network.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from math import exp
from typing import Any

import numpy as np

from backend.core.threads import threads
from backend.domain import Sound
from backend.recognition.whisper_weights import model_folder
from backend.text.reading import Passage, Reading

RATE = 16_000
_LEAST_SPEECH = 0.4  # seconds
_VOICE = 0.6  # probability of a voice
_BEAM = 5
_TOKENS = 160  # of one window of 30 s; speech has about four a second
_REPEATS = 2.4  # compression ratio above which the network was caught in a loop
_SILENCE = 0.6  # probability of no speech above which an unlikely text is dropped
_HINT = 6.0  # how much more probable the language of the post makes itself
_NO_WORDS = -1.2  # mean log probability of a token below which a text is dropped
_LONG_ENOUGH = 1.5  # seconds; of single shouted words most are misheard


class SpeechReader:
    """Transcribes what is said in sounds. Safe to share between threads.

    Parameters
    ----------
    device : str
        As in the settings.
    """

    licence = "MIT"

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._lock = threading.Lock()
        self._network: Any = None

    def read(self, sound: Sound, language: str | None = None) -> Reading:
        """Transcribe a sound.

        Parameters
        ----------
        sound : Sound
        language : str, optional
            ISO 639-1 code of the post, which makes that language more probable.

        Returns
        -------
        Reading
            Without text where nobody speaks.
        """
        from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps

        samples = _resampled(sound)
        options = VadOptions(threshold=_VOICE, min_silence_duration_ms=500, speech_pad_ms=200)
        spoken = get_speech_timestamps(samples, options)
        count = sum(chunk["end"] - chunk["start"] for chunk in spoken)
        if count < _LEAST_SPEECH * RATE:
            return Reading()
        joined = np.concatenate(collect_chunks(samples, spoken)[0])
        with self._lock:
            segments, info = self._loaded().transcribe(joined, spoken, language)
        return _reading(segments, info, min(1.0, count / len(samples)), sound.seconds)

    def _loaded(self) -> Any:
        if self._network is None:
            self._network = _Network(model_folder(), self._device)
        return self._network


class _Network:
    """The Whisper network, loaded."""

    def __init__(self, folder: str, device: str) -> None:
        import ctranslate2
        from faster_whisper import WhisperModel

        wanted = device == "auto" or device.startswith("cuda")
        on_gpu = wanted and ctranslate2.get_cuda_device_count() > 0

        class Hinted(WhisperModel):
            """Encodes the first window once, and believes the hint about the language."""

            hint: str | None = None
            encoded: tuple[bytes, Any] | None = None

            def encode(self, features: np.ndarray) -> Any:
                """As the library, which encodes the first window twice."""
                key = features.tobytes()
                if self.encoded is None or self.encoded[0] != key:
                    self.encoded = key, super().encode(features)
                return self.encoded[1]

            def detect_language(self, *args: Any, **options: Any) -> Any:
                """As the library, with the hint."""
                *_, every = super().detect_language(*args, **options)
                odds = {name: p * (_HINT if name == self.hint else 1.0) for name, p in every}
                best = max(odds, key=lambda name: odds[name])
                return best, odds[best] / sum(odds.values()), every

        self._model = Hinted(
            folder,
            device="cuda" if on_gpu else "cpu",
            compute_type="float16" if on_gpu else "int8",
            cpu_threads=threads(),
        )

    def transcribe(
        self, samples: np.ndarray, spoken: list[dict], language: str | None
    ) -> tuple[list[Any], Any]:
        """Transcribe the joined seconds in which somebody speaks.

        Parameters
        ----------
        samples : numpy.ndarray
            ``(n,)`` float32 at 16 kHz.
        spoken : list of dict
            First and last sample of each stretch in the whole sound.
        language : str or None

        Returns
        -------
        tuple
            Segments, with times in the whole sound, and information about the language.
        """
        from faster_whisper.transcribe import restore_speech_timestamps

        # "en-GB" is "en" to the network
        self._model.hint = language.split("-")[0].lower() if language else None
        found, info = self._model.transcribe(
            samples,
            beam_size=_BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            max_new_tokens=_TOKENS,
        )
        segments = list(restore_speech_timestamps(found, spoken, RATE))  # works here
        self._model.encoded = None
        return segments, info


def _resampled(sound: Sound) -> np.ndarray:
    """Return the samples at 16 kHz, ``(n,)`` float32."""
    import soxr

    samples = np.asarray(sound.samples, dtype=np.float32)
    if sound.rate != RATE:
        samples = soxr.resample(samples, sound.rate, RATE)
    return np.ascontiguousarray(samples, dtype=np.float32)


def _reading(segments: Sequence[Any], info: Any, share: float, seconds: float) -> Reading:
    passages = []
    for segment in segments:
        text = " ".join(segment.text.split())
        loops = segment.compression_ratio > _REPEATS
        unlikely = segment.avg_logprob < _NO_WORDS
        silent = segment.no_speech_prob > _SILENCE and segment.avg_logprob < -0.7
        if not any(c.isalnum() for c in text) or loops or unlikely or silent:
            continue
        where = (round(max(0.0, segment.start), 2), round(min(seconds, segment.end), 2))
        passages.append(Passage(text, where, round(exp(segment.avg_logprob), 3)))
    if not passages:
        return Reading(share=share, note="Somebody seems to speak, but no words were recognised.")
    return Reading(
        text=" ".join(passage.text for passage in passages),
        passages=tuple(passages),
        confidence=_confidence(passages, share * seconds, info.language_probability),
        share=round(share, 3),
        language=info.language,
    )


def _confidence(passages: Sequence[Passage], spoken: float, language: float) -> float:
    """Return how far a transcript can be trusted.

    Parameters
    ----------
    passages : sequence of Passage
    spoken : float
        Seconds in which somebody speaks.
    language : float
        Probability of the language.
    """
    weights = [len(passage.text) for passage in passages]
    sure = float(np.average([passage.confidence for passage in passages], weights=weights))
    fit = min(1.0, max(0.0, (sure - 0.38) / 0.34))
    short = min(1.0, spoken / _LONG_ENOUGH)
    return round(fit * min(1.0, 0.4 + 0.6 * language) * (0.4 + 0.6 * short), 3)
