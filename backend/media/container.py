"""Videos, MP3, AAC and AMR through FFmpeg: tracks, and the sound in them.

Headers are not trusted. Demuxing the packets without decoding them takes a few
microseconds each and shows how long a track really is and where its key frames
are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import TypeVar

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from backend.domain import Sound
from backend.media.errors import MediaError
from backend.media.excerpt import check_length, check_not_short, check_rate, mono, to_sound
from backend.media.sniff import Format
from backend.settings import Limits

# FFmpeg has hundreds of decoders, many of them hardly maintained. These are what
# phones, browsers and editors write, and wrote.
_VIDEO = {"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "prores", "h263"}
_VIDEO |= {"mpeg1video", "mpeg2video", "wmv1", "wmv2", "wmv3", "vc1", "msmpeg4", "msmpeg4v2", "flv"}
_VIDEO |= {"theora", "vp6f"}
_AUDIO = {"aac", "alac", "mp3", "mp3float", "mp2", "mp2float", "opus", "libopus", "vorbis", "flac"}
_AUDIO |= {"libvorbis", "ac3", "eac3", "amrnb", "amrwb", "adpcm_ima_wav", "adpcm_ms", "speex"}
_AUDIO |= {"wmav1", "wmav2", "wmapro", "libopencore_amrnb", "libopencore_amrwb", "nellymoser"}

_WITHOUT_INDEX = {"mpegts", "mpeg"}
_MARGIN = 1.0  # seconds

_PACKETS = 5_000_000  # two hours have less than a million
_PREROLL = 0.25  # seconds decoded and discarded while the decoder warms up


T = TypeVar("T")


@dataclass(slots=True)
class Track:
    """One stream of a container, measured by its packets.

    Attributes
    ----------
    stream : av.stream.Stream
    times : list of int
        When each packet is shown, in units of the stream's time base.
    keys : list of int
        Times of the key frames, where decoding can start.
    end : int
        When the last packet is over.
    """

    stream: av.stream.Stream
    times: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    end: int = 0

    @property
    def tick(self) -> float:
        """Seconds in a unit of the time base."""
        return float(self.stream.time_base or 0)

    @property
    def origin(self) -> int:
        """Time zero; packets before it only warm the decoder up."""
        start = self.stream.start_time
        return min(self.times, default=0) if start is None else start

    @property
    def seconds(self) -> float:
        """Length of the track in seconds."""
        return max(0, self.end - self.origin) * self.tick


@contextmanager
def opened(data: bytes, file_format: Format) -> Iterator[InputContainer]:
    """Open a file with the demuxer of its format.

    Left to guess, FFmpeg might take the bytes for a playlist and open other files
    and addresses.
    """
    with av.open(BytesIO(data), "r", format=file_format.decoder, metadata_errors="replace") as file:
        yield file


def tracks(file: InputContainer) -> list[Track]:
    """List the video and audio tracks of a file with their real lengths.

    Reads the file to its end: `rewind` before decoding.

    Raises
    ------
    MediaError
        ``too_long`` when the file has more than `_PACKETS` packets.
    """
    tracks_by_index = {
        stream.index: Track(stream)
        for stream in file.streams
        if stream.type in ("audio", "video")
        # FFmpeg also lists cover art as a stream.
        and not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
    }
    if not tracks_by_index:
        return []
    packets = file.demux([track.stream for track in tracks_by_index.values()])
    for count, packet in enumerate(_until_damage(packets)):
        if count > _PACKETS:
            raise MediaError(
                "too_long", f"The file has more than {_PACKETS} packets; use a shorter clip."
            )
        time = packet.dts if packet.pts is None else packet.pts
        if time is None:
            continue
        track = tracks_by_index[packet.stream.index]
        track.times.append(time)
        track.end = max(track.end, time + (packet.duration or 0))
        if packet.is_keyframe:
            track.keys.append(time)
    for track in tracks_by_index.values():
        track.times.sort()
        track.keys.sort()
    return [track for track in tracks_by_index.values() if track.times]


def check_codec(track: Track) -> None:
    """Refuse, as ``unsupported``, a codec that is not listed above."""
    context = track.stream.codec_context
    name = context.name if context is not None else "unknown"
    known = _VIDEO if track.stream.type == "video" else _AUDIO
    if name not in known and not name.startswith("pcm_"):
        raise MediaError(
            "unsupported",
            f"The {track.stream.type} in this file is coded as {name}, which is not supported;"
            " save it as MP4 with H.264 and AAC.",
        )


def rewind(file: InputContainer, track: Track, time: float) -> None:
    """Seek to the last key frame at or before `time`, in units of the track's time base."""
    if file.format.name in _WITHOUT_INDEX:
        # They find a packet near the time, often the one after it.
        file.seek(int(time - _MARGIN / track.tick), stream=track.stream)
        return
    # Some demuxers refuse a time before the first packet.
    file.seek(max(track.times[0], int(time)), stream=track.stream)


def soundtrack(file: InputContainer, tracks: list[Track], limits: Limits) -> Sound | None:
    """Decode the middle of the first sound in a file; return None if there is none.

    Raises
    ------
    MediaError
        ``unsupported``, ``too_long``, ``too_short``, ``damaged``.
    """
    track = next((t for t in tracks if isinstance(t.stream, AudioStream)), None)
    if track is None:
        return None
    check_codec(track)
    check_length(track.seconds, limits)
    begin = max(0.0, (track.seconds - limits.audio_seconds) / 2)
    sound = _decode(file, track, begin, limits)
    if sound is None and begin:
        sound = _decode(file, track, 0.0, limits)  # the middle is damaged: decode from the start
    check_not_short(0.0 if sound is None else sound.seconds)
    return sound


def _decode(file: InputContainer, track: Track, begin: float, limits: Limits) -> Sound | None:
    """Decode ``limits.audio_seconds`` from `begin` (seconds) on; None if nothing decodes."""
    rewind(file, track, track.origin + (begin - _PREROLL) / track.tick)
    blocks: list[np.ndarray] = []
    layout: tuple[int, int] | None = None  # rate and channels
    rate = skip = left = 0
    for frame in _frames(file, track):
        if layout is None:
            # Trust the decoder, not the header: HE-AAC doubles the rate.
            layout = rate, _ = frame.sample_rate, frame.layout.nb_channels
            check_rate(rate)
            time = track.origin if frame.pts is None else frame.pts
            skip = round((begin - (time - track.origin) * track.tick) * rate)
            begin += max(0, -skip) / rate
            # Codecs pad their last frame: take no more than the track has.
            left = min(round(limits.audio_seconds * rate), round((track.seconds - begin) * rate))
            skip = max(0, skip)
        elif layout != (frame.sample_rate, frame.layout.nb_channels):
            break
        block = mono(_samples(frame))[skip:]
        skip = max(0, skip - frame.samples)
        blocks.append(block[:left])
        left -= len(blocks[-1])
        if left <= 0:
            break
    if not sum(map(len, blocks)):
        return None
    return to_sound(
        np.concatenate(blocks), rate, start=begin, duration=track.seconds, limits=limits
    )


def _frames(file: InputContainer, track: Track) -> Iterator[AudioFrame]:
    for packet in _until_damage(file.demux(track.stream)):
        try:
            for frame in packet.decode():
                if isinstance(frame, AudioFrame):
                    yield frame
        except av.error.FFmpegError:
            continue  # one damaged packet is only a click


def _until_damage(items: Iterator[T]) -> Iterator[T]:
    """Yield items until the demuxer fails; those before are good."""
    try:
        yield from items
    except av.error.FFmpegError:
        return


def _samples(frame: AudioFrame) -> np.ndarray:
    """Return the samples of a frame as ``(n, channels)`` float in [-1, 1]."""
    values: np.ndarray = frame.to_ndarray()
    channels = frame.layout.nb_channels
    values = values.T if frame.format.is_planar else values.reshape(-1, channels)
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - 128) / 128
    if values.dtype.kind == "i":
        return values / -float(np.iinfo(values.dtype).min)
    return values
