"""A video and a sound part by part, and the words that carry the whole."""

from __future__ import annotations

import numpy as np
import pytest

from backend.domain import Content, Modality, Picture, Sound
from backend.text.reading import Passage, Reading
from backend.workspace.workspace import Workspace
from tests.backend.recognition.drawn import frame, landscape

GRIEF, JOY = "My dog died and I cannot stop crying.", "We won, I am so happy and proud!"
IMAGE, AUDIO = Modality.IMAGE, Modality.AUDIO


@pytest.fixture(scope="module")
def sound() -> Sound:
    random = np.random.default_rng(3)
    return Sound(random.normal(0, 0.1, 6 * 22_050).astype(np.float32), 22_050, duration=6.0)


@pytest.fixture(scope="module")
def said() -> Reading:
    passages = (Passage(GRIEF, (0.0, 2.9), 0.9), Passage(JOY, (3.2, 6.0), 0.9))
    return Reading(f"{GRIEF} {JOY}", passages, confidence=0.9, share=1.0)


def test_what_is_said_gives_a_sound_its_parts(
    workspace: Workspace, sound: Sound, said: Reading
) -> None:
    found = workspace.moments(Content(audio=sound), {AUDIO: said})
    assert [moment.affect.top for moment in found] == ["sadness", "joy"]
    assert (found[0].start, found[1].end) == (0.0, 1.0)
    quiet = workspace.moments(Content(audio=sound), {AUDIO: Reading()})
    assert [(m.start, m.end) for m in quiet] == [(0.0, 0.5), (0.5, 1.0)]
    assert workspace.moments(Content(image=landscape()), {}) == ()


def test_a_frame_has_its_own_words_and_what_is_said_meanwhile(
    workspace: Workspace, sound: Sound, said: Reading
) -> None:
    plain = landscape().frames[0][::2, ::2].copy()
    written = frame(["My dog died today", "and I cannot", "stop crying"])
    video = Content(image=Picture((plain, written)), audio=sound)
    shown = Reading("My dog died", (Passage("My dog died", (0, 0, 1, 1), 0.9, 1),), 0.9, 0.2)
    first, second = workspace.moments(video, {IMAGE: shown, AUDIO: said})
    assert (first.frame, second.frame) == (0, 1)
    assert first.affect.emotion["sadness"] > first.affect.emotion["joy"]  # only said
    silent = Content(image=video.image)
    before, after = workspace.moments(silent, {IMAGE: shown})
    assert after.affect.emotion["sadness"] > before.affect.emotion["sadness"]


def test_words_in_media_are_weighed(workspace: Workspace, sound: Sound, said: Reading) -> None:
    models = workspace.models
    content = Content(audio=sound)
    (features,) = models.embedder.features([content], readings=[{AUDIO: said}])
    explained = models.explain(content, features, "sadness")
    heaviest = max(explained.words[AUDIO], key=lambda span: span.weight)
    start, end = map(int, heaviest.where)
    assert said.text[start:end] in GRIEF
    assert heaviest.weight > 0.3
    assert explained.sounds_like == ()  # somebody speaks
