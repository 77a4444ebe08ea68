from __future__ import annotations

import struct

import numpy as np
import pytest
from scipy.signal import correlate

from backend.media import MediaError, read_audio
from backend.settings import Limits
from tests.backend.media import samples as make

LIMITS = Limits()
SHORT = Limits(audio_seconds=2.0)  # so that a few seconds count as long


def refused(data: bytes, limits: Limits = LIMITS) -> MediaError:
    with pytest.raises(MediaError) as error:
        read_audio(data, limits)
    return error.value


def wav(
    samples: np.ndarray, rate: int, *, claims: int | None = None, floats: bool = False
) -> bytes:
    """A WAV file by hand: any rate, any claim about its length, any number."""
    body = samples.tobytes()
    width = samples.dtype.itemsize
    head = struct.pack(
        "<HHIIHH", 3 if floats else 1, 1, rate, (rate * width) & 0xFFFFFFFF, width, 8 * width
    )
    size = len(body) if claims is None else claims
    return (
        b"RIFF" + struct.pack("<I", min(size + 36, 2**32 - 1)) + b"WAVEfmt " + struct.pack("<I", 16)
        + head + b"data" + struct.pack("<I", size) + body
    )  # fmt: skip


def lag(samples: np.ndarray, start: float, rate: int = 44_100) -> int:
    """By how many samples an excerpt of the chirp is late."""
    first, width, reach = len(samples) // 2, 20_000, 1_500
    piece = samples[first : first + width]
    truth = make.chirp(start + len(samples) / rate + 1, rate)
    begin = round(start * rate) + first - reach
    scores = correlate(truth[begin : begin + width + 2 * reach], piece, "valid")
    return reach - int(np.argmax(scores))


@pytest.mark.parametrize("form", make.SOUNDS)
def test_every_format(form: str) -> None:
    data = make.SOUNDS[form]()
    heard = read_audio(data, LIMITS)
    assert heard.rate == 44_100
    assert heard.samples.dtype == np.float32
    assert heard.seconds == pytest.approx(1.5, abs=0.06)
    assert heard.duration == pytest.approx(1.5, abs=0.06)
    assert heard.start == 0
    assert 0.4 < np.abs(heard.samples).max() <= 1
    assert abs(lag(heard.samples, 0)) <= (1200 if form == "AAC" else 45)  # ADTS hides its delay
    assert (read_audio(data, LIMITS).samples == heard.samples).all()


@pytest.mark.parametrize("form", make.ROUGH_SOUNDS)
def test_rough_sounds_are_heard(form: str) -> None:
    sound = read_audio(make.ROUGH_SOUNDS[form](), LIMITS)
    assert sound.seconds == pytest.approx(1.5, abs=0.1)
    # The tone rises from 200 to 800 Hz.
    middle = sound.samples[len(sound.samples) // 2 :][:4_410]
    loudest = np.abs(np.fft.rfft(middle)).argmax() * sound.rate / len(middle)
    assert loudest == pytest.approx(500, abs=60)


LONG = make.once(
    {
        "WAV": lambda: make.sound("WAV", "PCM_16", make.chirp(9.0), 44_100),
        "FLAC": lambda: make.sound("FLAC", "PCM_16", make.chirp(9.0), 44_100),
        "Ogg Vorbis": lambda: make.sound("OGG", "VORBIS", make.chirp(9.0), 44_100),
        "Ogg Opus": lambda: make.sound("OGG", "OPUS", make.chirp(9.0, 48_000), 48_000),
        "MP3": lambda: make.sound("MP3", "MPEG_LAYER_III", make.chirp(9.0), 44_100),
        "M4A": lambda: make.film("ipod", None, "aac", 9.0, rate=44_100),
        "MP4": lambda: make.film("mp4", "mpeg4", "aac", 9.0, rate=44_100),
        "WebM": lambda: make.film("webm", "libvpx", "libopus", 9.0),
    }
)


@pytest.mark.parametrize("form", LONG)
def test_long_sound_is_cut_to_exactly_its_middle(form: str) -> None:
    heard = read_audio(LONG[form](), SHORT)
    assert len(heard.samples) == 2 * 44_100
    assert heard.duration == pytest.approx(9.0, abs=0.05)
    assert heard.start == pytest.approx((heard.duration - 2) / 2, abs=1e-4)
    assert abs(lag(heard.samples, heard.start)) <= (
        45 if form == "WebM" else 2
    )  # WebM counts in ms


def test_the_middle_of_a_wav_is_exact() -> None:
    samples = (make.chirp(5.0) * 32767).astype("<i2")
    heard = read_audio(wav(samples, 44_100), SHORT)
    begin = round(1.5 * 44_100)
    expected = samples[begin : begin + 2 * 44_100] / 32768
    assert (heard.samples == expected.astype(np.float32)).all()


def test_only_the_middle_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    read, frames = soundfile.SoundFile.read, []

    def counting(self: soundfile.SoundFile, *args: object, **options: object) -> np.ndarray:
        block = read(self, *args, **options)
        frames.append(len(block))
        return block

    monkeypatch.setattr(soundfile.SoundFile, "read", counting)
    silence = make.sound("FLAC", "PCM_16", np.zeros(8_000 * 3_600, np.int16), 8_000)
    heard = read_audio(silence, LIMITS)
    assert (heard.start, heard.duration, len(heard.samples)) == (1785, 3600, 30 * 44_100)
    assert sum(frames) == 30 * 8_000


def test_mono_is_the_mean_of_the_channels() -> None:
    left, right = make.chirp(0.5), -0.5 * make.chirp(0.5)
    heard = read_audio(make.sound("WAV", "FLOAT", np.stack([left, right], 1), 44_100), LIMITS)
    assert np.allclose(heard.samples, left / 4, atol=1e-6)
    six = np.tile(make.chirp(0.5)[:, None], 6)
    assert np.allclose(
        read_audio(make.sound("WAV", "FLOAT", six, 44_100), LIMITS).samples, six[:, 0], atol=1e-6
    )


@pytest.mark.parametrize("rate", [8_000, 22_050, 32_000, 96_000, 192_000])
def test_resampling(rate: int) -> None:
    heard = read_audio(wav((make.chirp(1.0, rate) * 32767).astype("<i2"), rate), LIMITS)
    assert len(heard.samples) == 44_100
    assert np.allclose(heard.samples[500:-500], make.chirp(1.0)[500:-500], atol=2e-3)


def test_silence_is_a_sound() -> None:
    assert not read_audio(wav(np.zeros(44_100, "<i2"), 44_100), LIMITS).samples.any()


def test_numbers_that_are_none_become_silence() -> None:
    samples = make.chirp(0.5).astype("<f4")
    samples[100], samples[200], samples[300] = np.nan, np.inf, -np.inf
    heard = read_audio(wav(samples, 44_100, floats=True), LIMITS)
    assert (heard.samples[[100, 200, 300]] == 0).all()
    assert heard.samples[400] == samples[400]
    nothing = read_audio(wav(np.full(9_000, np.nan, "<f4"), 44_100, floats=True), LIMITS)
    assert not nothing.samples.any()


def test_floats_in_sixteen_bit_units_are_scaled() -> None:
    loud = (make.chirp(0.5) * 32768).astype("<f4")
    heard = read_audio(wav(loud, 44_100, floats=True), LIMITS)
    assert np.allclose(heard.samples, make.chirp(0.5) / np.abs(make.chirp(0.5)).max(), atol=1e-5)
    huge = read_audio(wav((make.chirp(0.5) * 6e38).astype("<f4"), 22_050, floats=True), LIMITS)
    assert np.abs(huge.samples).max() <= 1


def test_ten_hour_header() -> None:
    ten_hours = 10 * 3600 * 8_000
    second = (make.chirp(1.0, 8_000) * 32767).astype("<i2")
    heard = read_audio(wav(second, 8_000, claims=2 * ten_hours), LIMITS)
    assert heard.duration == pytest.approx(1.0)  # what is there counts, not the claim


def test_too_long() -> None:
    data = make.sound("FLAC", "PCM_16", np.zeros(1_000 * 7_300, np.int16), 1_000)
    error = refused(data)
    assert error.code == "too_long"
    assert "2.03 h" in error.message
    assert "2 h" in error.message
    compressed = make.film("ipod", None, "aac", 3.0)
    assert refused(compressed, Limits(media_seconds=2.0)).code == "too_long"


@pytest.mark.parametrize("rate", [0, 1, 999, 2**31 - 1])
def test_impossible_rates(rate: int) -> None:
    assert refused(wav(np.zeros(50_000, "<i2"), rate)).code in {"damaged", "too_long"}


def test_channels_of_opposite_phase_do_not_cancel_out() -> None:
    tone = make.chirp(0.5)
    both = np.stack([tone, -tone], axis=1)
    heard = read_audio(make.sound("WAV", "PCM_16", both, 44_100), LIMITS)
    alone = read_audio(make.sound("WAV", "PCM_16", tone, 44_100), LIMITS)
    assert np.allclose(np.abs(heard.samples), np.abs(alone.samples), atol=1e-3)


def test_too_short() -> None:
    assert refused(wav(np.zeros(0, "<i2"), 44_100)).code == "too_short"
    error = refused(wav(np.zeros(1_321, "<i2"), 44_100))
    assert error.code == "too_short"
    assert "0.030 s" in error.message
    click = read_audio(wav(np.zeros(1_323, "<i2"), 44_100), LIMITS)
    assert click.seconds == pytest.approx(0.03, abs=1e-4)


@pytest.mark.parametrize("form", LONG)
@pytest.mark.parametrize("share", [0.4, 0.7])
def test_of_a_truncated_file_what_is_there_is_taken(form: str, share: float) -> None:
    data = LONG[form]()
    part = data[: int(len(data) * share)]
    # The index of an MP4 is at the end, and Vorbis comes in pages of seconds.
    if form in ("M4A", "MP4") or (form, share) == ("Ogg Vorbis", 0.4):
        assert refused(part, SHORT).code in {"damaged", "no_sound", "too_short"}
        return
    heard = read_audio(part, SHORT)
    assert heard.seconds == pytest.approx(2.0, abs=0.05)
    assert heard.start == pytest.approx((heard.duration - 2) / 2, abs=0.05)
    assert abs(lag(heard.samples, heard.start)) <= 45


def test_truncated_to_almost_nothing() -> None:
    for form in ("WAV", "FLAC", "MP3", "Ogg Vorbis"):
        assert refused(LONG[form]()[:60]).code in {"too_short", "damaged", "no_sound"}


def test_damage_in_the_middle() -> None:
    data = bytearray(LONG["MP3"]())
    third = len(data) // 3
    data[third : third + 400] = bytes(400)
    assert read_audio(bytes(data), SHORT).seconds == pytest.approx(2.0, abs=0.01)


def test_cover_art_is_not_a_film() -> None:
    cover = make.image("PNG")
    frame = b"\0image/png\0\x03\0" + cover
    tag = b"APIC" + struct.pack(">I", len(frame)) + b"\0\0" + frame
    size = bytes(len(tag) >> shift & 0x7F for shift in (21, 14, 7, 0))
    data = b"ID3\x03\0\0" + size + tag + make.SOUNDS["MP3"]()
    assert read_audio(data, LIMITS).seconds == pytest.approx(1.5, abs=0.05)


def test_soundtrack_of_a_video_and_a_video_without_one() -> None:
    assert read_audio(make.FILMS["MOV"](), LIMITS).seconds == pytest.approx(2.0, abs=0.01)
    assert refused(make.film("mp4", "mpeg4")).code == "no_sound"


def test_not_a_sound() -> None:
    assert refused(make.IMAGES["PNG"]()).code == "not_a_sound"
