from __future__ import annotations

import numpy as np
import pytest

from backend.domain import Content, KindredError, Modality, Sound
from backend.recognition import Recognizer, recognizer, wanted
from backend.recognition.whisper_weights import WITHOUT_SPEECH
from backend.text.reading import Reading
from tests.backend.recognition.drawn import landscape

IMAGE, AUDIO = Modality.IMAGE, Modality.AUDIO
SOUND = Sound(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32), 16_000)
POST = Content(text="hello", image=landscape(), audio=SOUND)


def test_only_what_is_wanted_is_read() -> None:
    both = Recognizer("cpu")
    assert both.read([POST], ()) == [{}]
    assert both.read([POST, Content(text="x")], {IMAGE}) == [{IMAGE: Reading()}, {}]
    assert wanted(read=False, transcribe=True) == {AUDIO}


def test_without_speech_recognition_it_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognizer, "missing", lambda: WITHOUT_SPEECH)
    (found,) = Recognizer("cpu").read([POST], {AUDIO})
    assert found == {AUDIO: Reading(note=WITHOUT_SPEECH)}


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("odd"), KindredError("x", "Why.")])
def test_what_cannot_be_read_costs_its_words_only(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(self: object, content: Content) -> Reading:
        raise error

    monkeypatch.setattr(Recognizer, "_picture", fail)
    (found,) = Recognizer("cpu").read([POST], {IMAGE})
    assert found[IMAGE].text == "" and found[IMAGE].note


def test_a_visitor_with_too_many_requests_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(self: object, content: Content) -> Reading:
        raise KindredError("too_many", "Wait.")

    monkeypatch.setattr(Recognizer, "_picture", busy)
    with pytest.raises(KindredError, match="Wait"):
        Recognizer("cpu").read([POST], {IMAGE})
