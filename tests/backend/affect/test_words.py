"""What is written and said counts as text, and goes with its modality."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.bundles.embedder import Features
from backend.domain import Content, Kind, Modality, Prediction, Sound
from backend.text.reading import Passage, Reading
from backend.workspace.workspace import Workspace
from tests.backend.recognition.drawn import landscape, picture

GRIEF = "My dog died this morning and I cannot stop crying."
IMAGE, AUDIO = Modality.IMAGE, Modality.AUDIO


@pytest.fixture(scope="module")
def sound() -> Sound:
    random = np.random.default_rng(3)
    return Sound(random.normal(0, 0.1, 3 * 44_100).astype(np.float32), 44_100)


def features(workspace: Workspace, content: Content, **readings: Reading) -> Features:
    known = {Modality(name): reading for name, reading in readings.items()}
    return workspace.embedder.features([content], readings=[known])[0]


def predict(workspace: Workspace, one: Features, text: str | None = None) -> Prediction:
    return workspace.affect.predict([one], [text])[0]


def test_words_in_a_picture_carry_its_emotion(workspace: Workspace) -> None:
    (read,) = workspace.embedder.features(
        [Content(image=picture("My dog died today", "and I cannot", "stop crying"))], read={IMAGE}
    )
    affect = predict(workspace, read).affect
    assert affect.top == "sadness"
    assert affect.sentiment.label == "negative"
    unread = predict(workspace, replace(read, readings={}, words={})).affect
    assert unread.top != "sadness"


def test_a_subset_without_the_modality_has_none_of_its_words(
    workspace: Workspace, sound: Sound
) -> None:
    content = Content(text="look at this", image=landscape(), audio=sound)
    said = Reading(GRIEF, confidence=0.9, share=1.0)
    with_words = predict(workspace, features(workspace, content, audio=said), "look at this")
    without = predict(workspace, features(workspace, content), "look at this")
    for name, affect in with_words.subsets.items():
        if "audio" in name:
            assert affect != without.subsets[name]
        else:
            assert affect == without.subsets[name]
    alone = features(workspace, Content(audio=sound), audio=said)
    assert predict(workspace, alone).affect == with_words.subsets["audio"]


@pytest.mark.parametrize("confidence", [0.0, 0.2, 0.6, 1.0])
def test_the_confidence_of_a_reading_weighs_it(
    workspace: Workspace, sound: Sound, confidence: float
) -> None:
    def sadness(trust: float) -> float:
        reading = Reading(GRIEF, confidence=trust, share=1.0)
        read = features(workspace, Content(audio=sound), audio=reading)
        return predict(workspace, read).affect.emotion["sadness"]

    assert sadness(0.0) <= sadness(confidence) <= sadness(1.0)
    assert sadness(1.0) > 0.5 > sadness(0.0)


def test_a_misheard_sentence_still_counts_and_a_misheard_word_does_not(
    workspace: Workspace, sound: Sound
) -> None:
    def sadness(seconds: float) -> float:
        passages = (Passage(GRIEF, (0.0, seconds), 0.4),)
        reading = Reading(GRIEF, passages, confidence=0.05, share=1.0)
        read = features(workspace, Content(audio=sound), audio=reading)
        return predict(workspace, read).affect.emotion["sadness"]

    assert sadness(3.0) > 0.5 > sadness(0.4)


def test_capitals_mean_what_small_letters_mean(workspace: Workspace) -> None:
    def affect(text: str) -> object:
        reading = Reading(text, confidence=1.0, share=0.1)
        read = features(workspace, Content(image=landscape()), image=reading)
        return predict(workspace, read).affect

    assert affect(GRIEF.upper()) == affect(GRIEF.capitalize())


def test_a_voice_is_no_music(workspace: Workspace, sound: Sound) -> None:
    spoken = features(workspace, Content(audio=sound), audio=Reading(share=1.0, note="No words."))
    evidence = workspace.affect.evidence_of(AUDIO, [spoken], [None])
    assert not evidence.emotion.any()
    silent = features(workspace, Content(audio=sound), audio=Reading())
    assert workspace.affect.evidence_of(AUDIO, [silent], [None]).emotion.any()


def test_an_image_moves_towards_its_words(workspace: Workspace) -> None:
    content = Content(image=landscape())
    reading = Reading("The meeting is moved to Friday", confidence=1.0)
    moved, plain = workspace.embedder.joint(
        [features(workspace, content, image=reading), features(workspace, content)]
    )
    query = workspace.embedder.texts(["meeting moved to friday"])[0]
    assert moved[Kind.IMAGE] @ query > plain[Kind.IMAGE] @ query + 0.1
    assert moved[Kind.POST] @ query > plain[Kind.POST] @ query + 0.1
    assert np.linalg.norm(moved[Kind.IMAGE]) == pytest.approx(1.0, abs=1e-4)


def test_an_explanation_keeps_the_words(workspace: Workspace, sound: Sound) -> None:
    from backend.affect.explain import explain

    content = Content(audio=sound)
    read = features(workspace, content, audio=Reading(GRIEF, confidence=1.0, share=1.0))
    explanation = explain(workspace.affect, content, read, workspace.embedder)
    assert explanation.target == "sadness"
    assert explanation.sounds_like == ()
    assert all(abs(span.weight) < 0.05 for span in explanation.spans[AUDIO])
