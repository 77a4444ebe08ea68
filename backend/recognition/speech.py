"""Speech in sounds: Whisper in CTranslate2, from PyPI ``faster-whisper``.

Radford et al. 2022, arXiv:2212.04356. Voice activity is detected first (Silero VAD), so
that music and noise are not transcribed and do not load the network.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log
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
_POOR = 0.5  # mean probability of a text below which other languages are tried,
_OTHERS = 2  # at most so many, of those that it heard for more than 2,000 hours in training
_LEARNT = {"en", "zh", "de", "es", "ru", "fr", "pt", "ko", "ja", "tr", "pl", "it", "sv", "nl"}
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
            heard = self._loaded().transcribe(joined, spoken, language)
        return _reading(heard, min(1.0, count / len(samples)), sound.seconds)

    def _loaded(self) -> Any:
        if self._network is None:
            self._network = _Network(model_folder(), self._device)
        return self._network


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """A transcript in one language.

    Attributes
    ----------
    segments : list
        Of the library, with times in the whole sound.
    language : str
    odds : float
        Probability of the language.
    """

    segments: list[Any]
    language: str
    odds: float

    @property
    def usable(self) -> list[Any]:
        """The segments that are likely to be what was said."""
        return [segment for segment in self.segments if _is_usable(segment)]

    @property
    def sure(self) -> float:
        """Mean probability of the text of the usable segments; 0 without any."""
        weights = [len(segment.text) for segment in self.usable]
        if not weights:
            return 0.0
        return float(np.average([exp(s.avg_logprob) for s in self.usable], weights=weights))

    @property
    def score(self) -> float:
        """Log probability of the language and of the whole text in it.

        A mean would favour scripts whose letters are written as several tokens.
        """
        if not self.usable:
            return -inf
        return log(self.odds) + sum(s.avg_logprob * len(s.tokens) for s in self.usable)


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
            odds: Sequence[tuple[str, float]] = ()
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
                whole = sum(odds.values())
                ranked = sorted(odds, key=lambda name: -odds[name])
                self.odds = [(name, odds[name] / whole) for name in ranked]
                return *self.odds[0], every

        self._model = Hinted(
            folder,
            device="cuda" if on_gpu else "cpu",
            compute_type="float16" if on_gpu else "int8",
            cpu_threads=threads(),
        )

    def transcribe(self, samples: np.ndarray, spoken: list[dict], language: str | None) -> _Heard:
        """Transcribe the joined seconds in which somebody speaks.

        Where the text in the most probable language is unlikely, the next languages are tried.

        Parameters
        ----------
        samples : numpy.ndarray
            ``(n,)`` float32 at 16 kHz.
        spoken : list of dict
            First and last sample of each stretch in the whole sound.
        language : str or None
            Of the post.
        """
        # "en-GB" is "en" to the network
        self._model.hint = language.split("-")[0].lower() if language else None
        best = self._in_language(samples, spoken, None)
        if best.sure < _POOR:
            others = [pair for pair in self._model.odds[1:] if pair[0] in _LEARNT]
            for name, odds in others[:_OTHERS]:
                other = self._in_language(samples, spoken, name)
                best = max(best, replace(other, odds=odds), key=lambda heard: heard.score)
        self._model.encoded = None
        return best

    def _in_language(self, samples: np.ndarray, spoken: list[dict], name: str | None) -> _Heard:
        """Transcribe in a language; None: in the one that is detected."""
        from faster_whisper.transcribe import restore_speech_timestamps

        found, info = self._model.transcribe(
            samples,
            language=name,
            beam_size=_BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            max_new_tokens=_TOKENS,
        )
        segments = list(restore_speech_timestamps(found, spoken, RATE))  # works here
        return _Heard(segments, info.language, info.language_probability)


def _resampled(sound: Sound) -> np.ndarray:
    """Return the samples at 16 kHz, ``(n,)`` float32."""
    import soxr

    samples = np.asarray(sound.samples, dtype=np.float32)
    if sound.rate != RATE:
        samples = soxr.resample(samples, sound.rate, RATE)
    return np.ascontiguousarray(samples, dtype=np.float32)


def _is_usable(segment: Any) -> bool:
    loops = segment.compression_ratio > _REPEATS
    unlikely = segment.avg_logprob < _NO_WORDS
    silent = segment.no_speech_prob > _SILENCE and segment.avg_logprob < -0.7
    return any(c.isalnum() for c in segment.text) and not (loops or unlikely or silent)


def _reading(heard: _Heard, share: float, seconds: float) -> Reading:
    passages = []
    for segment in heard.usable:
        where = (round(max(0.0, segment.start), 2), round(min(seconds, segment.end), 2))
        text = " ".join(segment.text.split())
        passages.append(Passage(text, where, round(exp(segment.avg_logprob), 3)))
    if not passages:
        return Reading(share=share, note="Somebody seems to speak, but no words were recognised.")
    return Reading(
        text=" ".join(passage.text for passage in passages),
        passages=tuple(passages),
        confidence=_confidence(heard, share * seconds),
        share=round(share, 3),
        language=heard.language,
    )


def _confidence(heard: _Heard, spoken: float) -> float:
    """Return how far a transcript can be trusted; `spoken`: seconds in which somebody speaks."""
    fit = min(1.0, max(0.0, (heard.sure - 0.38) / 0.34))
    short = min(1.0, spoken / _LONG_ENOUGH)
    return round(fit * min(1.0, 0.4 + 0.6 * heard.odds) * (0.4 + 0.6 * short), 3)
