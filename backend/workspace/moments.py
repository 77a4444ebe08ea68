"""What a sound or a video shows, second by second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backend.corpus.readings import PostReadings
from backend.domain import Affect, Content, KindredError, Modality, Picture, Sound
from backend.recognition import wanted
from backend.text.reading import Passage, Reading

if TYPE_CHECKING:
    from backend.workspace.loaded_models import LoadedModels

PARTS = 8  # of a sound at most
SHORTEST = 2.5  # seconds of a part of a sound in which nobody speaks
_OVERLAP = 0.5  # of a passage, or of a part, that makes the words belong to the part


@dataclass(frozen=True, slots=True)
class Moment:
    """A part of a sound or a video, and its affect.

    Attributes
    ----------
    start, end : float
        As shares of the whole, 0 to 1; that of a sound is its analysed excerpt.
    affect : Affect
    frame : int or None
        Of a video.
    """

    start: float
    end: float
    affect: Affect
    frame: int | None = None


def moments(models: LoadedModels, content: Content, readings: PostReadings) -> tuple[Moment, ...]:
    """Predict each part of a sound or a video on its own.

    The parts of a video are those that its frames were taken from. Those of a sound are the
    passages of what is said, or equally long where nobody speaks.

    Parameters
    ----------
    models : LoadedModels
    content : Content
        A sound, or a video with or without its soundtrack.
    readings : mapping of Modality to Reading
        Of the content.

    Returns
    -------
    tuple of Moment
        In the order of time; empty for a still picture and for a short sound.
    """
    parts = _of_video(content, readings, models) or _of_sound(content, readings)
    if len(parts) < 2:
        return ()
    results = models.analyse_many([part.content for part in parts], [p.readings for p in parts])
    return tuple(
        Moment(part.start, part.end, result.affect, part.frame)
        for part, result in zip(parts, results, strict=True)
        if not isinstance(result, KindredError)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    start: float
    end: float
    content: Content
    readings: PostReadings
    frame: int | None = None


def _of_video(content: Content, readings: PostReadings, models: LoadedModels) -> list[_Part]:
    frames = content.image.frames if content.image is not None else ()
    if len(frames) < 2:
        return []
    pictures = [Content(image=Picture((frame,))) for frame in frames]
    written: Sequence[PostReadings] = [{} for _ in frames]
    if Modality.IMAGE in wanted() and (text := readings.get(Modality.IMAGE)) and text.text:
        # The reading of the whole names each line only once, where it appears.
        written = models.embedder.recognizer.read(pictures, {Modality.IMAGE})
    parts = []
    for number, (picture, found) in enumerate(zip(pictures, written, strict=True)):
        start, end = number / len(frames), (number + 1) / len(frames)
        sound, said = _heard(content.audio, readings.get(Modality.AUDIO), start, end)
        known = {**found, **({Modality.AUDIO: said} if said is not None and sound else {})}
        parts.append(_Part(start, end, replace(picture, audio=sound), known, number))
    return parts


def _of_sound(content: Content, readings: PostReadings) -> list[_Part]:
    sound, reading = content.audio, readings.get(Modality.AUDIO)
    if sound is None or content.image is not None or not len(sound.samples):
        return []
    whole = replace(sound, start=0.0, duration=sound.seconds)
    if reading is not None and len(reading.passages) > 1:
        edges = [(p.where[0] / whole.seconds, p.where[1] / whole.seconds) for p in reading.passages]
    else:
        count = min(PARTS, int(whole.seconds / SHORTEST))
        edges = [(i / count, (i + 1) / count) for i in range(count)]
    parts = []
    for start, end in edges:
        excerpt, said = _heard(whole, reading, start, end)
        if excerpt is not None:
            known = {} if said is None else {Modality.AUDIO: said}
            parts.append(_Part(start, end, Content(audio=excerpt), known))
    return parts


def _heard(
    sound: Sound | None, reading: Reading | None, start: float, end: float
) -> tuple[Sound | None, Reading | None]:
    """Return what is heard and said between two shares of the whole; None for nothing."""
    if sound is None:
        return None, None
    whole = max(sound.duration, sound.seconds)
    # Of a long video only the middle of the soundtrack was decoded.
    first, last = start * whole - sound.start, end * whole - sound.start
    samples = sound.samples[max(0, int(first * sound.rate)) : max(0, int(last * sound.rate))]
    excerpt = Sound(samples, sound.rate, 0.0, len(samples) / sound.rate) if len(samples) else None
    if reading is None:
        return excerpt, None
    said = [passage for passage in reading.passages if _belongs(passage, first, last)]
    return excerpt, replace(
        reading,
        text=" ".join(passage.text for passage in said),
        passages=tuple(said),
        share=reading.share if said else 0.0,
    )


def _belongs(passage: Passage, first: float, last: float) -> bool:
    """Whether a passage is said between two seconds, for a good part of it or of them."""
    start, end = passage.where
    common = min(end, last) - max(start, first)
    return common > 0 and common >= _OVERLAP * min(end - start, last - first)
