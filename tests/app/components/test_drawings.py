"""Wheel, tinted regions and waveform show what they are given."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from app.common.palette import EMOTION_COLOURS
from app.components.analyse.emotion_wheel import describe, drawing, petals, rim_of
from app.components.analyse.explanations import columns
from app.components.shared.charts import percent
from app.components.shared.pictures import as_wav, tint_regions
from backend.domain import EMOTIONS, Picture, Sound, Span

RATE = 8000


def sound(seconds: float = 3.0) -> Sound:
    t = np.arange(int(RATE * seconds)) / RATE
    return Sound((0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32), RATE)


def test_the_rim_of_the_wheel_is_a_fixed_scale() -> None:
    reach = petals(dict.fromkeys(EMOTIONS, 0.1) | {"joy": 0.8, "fear": 0.4})
    assert list(reach) == list(EMOTIONS)
    assert reach["joy"] == pytest.approx(0.8)
    assert reach["fear"] == pytest.approx(0.4)
    weak = dict.fromkeys(EMOTIONS, 0.05) | {"joy": 0.08}
    assert petals(weak)["joy"] == pytest.approx(0.08)
    assert rim_of(weak) == 0.1 and petals(weak, rim_of(weak))["joy"] == pytest.approx(0.8)


def test_the_rings_of_the_wheel_say_what_they_stand_for() -> None:
    some = dict.fromkeys(EMOTIONS, 0.01)
    assert ">50%</span>" in drawing(some) and ">100%</span>" in drawing(some)
    assert ">2.5%</span>" in drawing(some, 0.05) and ">5%</span>" in drawing(some, 0.05)


def test_wheel_names_every_petal() -> None:
    drawn = drawing(dict.fromkeys(EMOTIONS, 0.1) | {"anger": 0.9})
    assert all(f"<b>{e}</b>" in drawn and EMOTION_COLOURS[e] in drawn for e in EMOTIONS)
    assert 'aria-label="Emotion wheel: anger 90%' in drawn


def test_wheel_in_words_names_the_strongest_first() -> None:
    sentence = describe(dict.fromkeys(EMOTIONS, 0.1) | {"anger": 0.9})
    assert sentence.startswith("Emotion wheel: anger 90%")
    assert all(e in sentence for e in EMOTIONS)


def test_heat_tints_the_region_that_speaks_for_the_target() -> None:
    picture = Picture((np.full((210, 280, 3), 200, dtype=np.uint8),))
    image = np.asarray(
        tint_regions(picture, [((0, 0, 0.5, 1), 0.3), ((0.5, 0, 1, 1), 0.0)], "#FF0000")
    )
    assert image.shape == (210, 280, 3)
    left, right = image[:, 30:110].mean(axis=(0, 1)), image[:, 170:250].mean(axis=(0, 1))
    assert left[0] > left[1] + 60
    assert abs(right[0] - right[1]) < 25


def test_heat_without_weights_is_the_picture() -> None:
    picture = Picture((np.full((40, 40, 3), 128, dtype=np.uint8),))
    assert np.allclose(
        np.asarray(tint_regions(picture, [((0, 0, 1, 1), 0.0)], "#00FF00")), 128, atol=1
    )


def test_waveform_carries_the_weight_of_its_seconds() -> None:
    spans = [Span((0, 1), 0.0), Span((1, 2), 0.5), Span((2, 3), -0.2)]
    drawn = columns(sound(), spans, count=30)
    assert [weight for _, weight in drawn] == [0.0] * 10 + [0.5] * 10 + [-0.2] * 10
    assert max(loud for loud, _ in drawn) == 1.0


@pytest.mark.parametrize("seconds", [1 / RATE, 0.01])
def test_waveform_of_a_very_short_sound(seconds: float) -> None:
    assert columns(sound(seconds), [Span((0, seconds), 0.1)])


def test_wav_is_the_sound() -> None:
    with wave.open(io.BytesIO(as_wav(sound(0.5)))) as file:
        assert file.getframerate() == RATE and file.getnframes() == RATE // 2


def test_a_small_share_is_not_none() -> None:
    assert percent(1, 1000) == "<1%"
