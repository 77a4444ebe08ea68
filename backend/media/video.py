"""Decode a video to a few evenly spread frames and its soundtrack."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from backend.domain import Picture, Sound
from backend.media.bombs import FRAME_PIXELS
from backend.media.errors import MediaError, decoding
from backend.media.excerpt import check_length
from backend.media.sniff import Family, Format
from backend.media.source import load_sniffed
from backend.settings import Limits

if TYPE_CHECKING:  # FFmpeg is only loaded when it is needed
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from backend.media.container import Track

log = logging.getLogger(__name__)


def read_video(
    source: Path | bytes, limits: Limits | None = None
) -> tuple[Picture | None, Sound | None]:
    """Decode a video: MP4, MOV, WebM, AVI, Windows Media, MPEG, Ogg or Flash video.

    The video is cut into ``limits.frames`` equal parts and one frame is taken
    of each: a key frame near the middle of the part, else the frame in the
    middle. Frames are turned upright and scaled to ``limits.image_side``. The
    soundtrack is treated as in `read_audio`; one that cannot be decoded is
    logged and left out.

    Parameters
    ----------
    source : pathlib.Path or bytes
    limits : Limits, optional
        Default: those of the settings.

    Returns
    -------
    picture : Picture or None
        None for a file with sound only.
    sound : Sound or None
        None for a silent video.

    Raises
    ------
    MediaError
        ``not_a_video``, ``unsupported``, ``too_many_pixels``, ``too_long``,
        ``too_short``, ``damaged``, and those of reading the source.
    """
    data, file_format, limits = load_sniffed(source, limits)
    if file_format.family is not Family.CONTAINER:
        raise MediaError(
            "not_a_video",
            f"This is {'an' if file_format.name[0] in 'AM' else 'a'} {file_format.name} file;"
            " choose a video, such as an MP4 or WebM, instead.",
        )
    return decode_video(data, file_format, limits)


def decode_video(
    data: bytes, file_format: Format, limits: Limits
) -> tuple[Picture | None, Sound | None]:
    """Decode bytes that were sniffed as a container; see `read_video`."""
    from backend.media import container

    with decoding("video"), container.opened(data, file_format) as file:
        tracks = container.tracks(file)
        video_track = next((t for t in tracks if t.stream.type == "video"), None)
        if video_track is None:
            sound = container.soundtrack(file, tracks, limits)
            if sound is None:
                raise MediaError("damaged", "There is neither a picture nor a sound in this file.")
            return None, sound
        container.check_codec(video_track)
        check_length(max(track.seconds for track in tracks), limits)
        picture = Picture(tuple(_frames(file, video_track, limits)))
        if not picture.frames:
            raise MediaError("damaged", "No picture in this video can be decoded; export it again.")
        return picture, _soundtrack(file, tracks, limits)


def _soundtrack(file: InputContainer, tracks: list[Track], limits: Limits) -> Sound | None:
    from backend.media import container

    try:
        with decoding("sound"):
            return container.soundtrack(file, tracks, limits)
    except MediaError as error:
        log.warning("The soundtrack of a video is left out: %s", error.message)
        return None


def _frames(file: InputContainer, track: Track, limits: Limits) -> Iterator[np.ndarray]:
    """Decode the frames of `_plan`, seeking to a key frame only where that is shorter."""
    from backend.media.container import rewind

    stream = cast("VideoStream", track.stream)
    context = stream.codec_context
    _check_pixels(context.width, context.height, limits)
    context.options = {"max_pixels": str(limits.image_pixels)}  # the header may be wrong
    spent = 0
    decoded: Iterator[VideoFrame] = iter(())
    key_before: int | None = None
    for key, target in _plan(track, context.width * context.height, limits):
        if key != key_before:
            rewind(file, track, key)
            decoded = file.decode(stream)
            key_before = key
        frame, pixels = _next(decoded, target)
        if frame is None:
            key_before = None  # the decoder gave up: seek again for the next frame
        else:
            yield _render(frame, stream.sample_aspect_ratio, limits.image_side)
        spent += pixels
        if spent > 2 * limits.motion_pixels:
            return  # frames grow beyond the plan: keep what was decoded


def _plan(track: Track, pixels: int, limits: Limits) -> list[tuple[int, int]]:
    """Return the times of the frames to take, each after the key frame to decode from.

    Parameters
    ----------
    pixels : int
        In one frame. When decoding from key frame to moment would cost more
        than ``limits.motion_pixels``, the nearest key frames are taken instead.
    """
    times, keys = track.times, track.keys or track.times[:1]
    count = min(limits.frames, len(times))
    first, length = times[0], max(track.end, times[-1] + 1) - times[0]
    plan: list[tuple[int, int]] = []
    cost = 0
    for part in range(count):
        # Skip the outer quarters of a part: a video's first key frame is often black.
        low, centre, high = (first + length * (4 * part + q) // (4 * count) for q in (1, 2, 3))
        inside = keys[bisect_left(keys, low) : bisect_left(keys, high)]
        if inside:
            nearest = min(inside, key=lambda key: abs(key - centre))
            plan.append((nearest, nearest))
            continue
        key = keys[max(0, bisect_right(keys, centre) - 1)]
        # The frame on screen at that moment.
        target = times[max(0, bisect_right(times, centre) - 1)]
        if (key, target) in plan:
            continue
        behind = plan[-1][1] if plan and plan[-1][0] == key else key
        cost += max(FRAME_PIXELS, pixels) * (
            bisect_right(times, target) - bisect_left(times, behind)
        )
        plan.append((key, target))
    if cost > limits.motion_pixels:
        nearest_keys = {keys[max(0, bisect_right(keys, time) - 1)] for _, time in plan}
        return [(key, key) for key in sorted(nearest_keys)]
    return plan


def _next(frames: Iterator[VideoFrame], target: int) -> tuple[VideoFrame | None, int]:
    """Decode up to `target`; return the last frame and how many pixels that took."""
    import av

    last, pixels = None, 0
    try:
        for frame in frames:
            last = frame
            pixels += frame.width * frame.height
            if frame.pts is None or frame.pts >= target:
                break
    except av.error.FFmpegError as error:
        log.info("A video is damaged: %r", error)
    return last, pixels


def _check_pixels(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.image_pixels:
        raise MediaError(
            "too_many_pixels",
            f"The video has {width} x {height} pixels and the limit is"
            f" {limits.image_pixels / 1e6:.3g} million; scale it down.",
        )


def _render(frame: VideoFrame, pixel_shape: Fraction | None, side: int) -> np.ndarray:
    """Scale a frame to square pixels, turn it to RGB and upright."""
    stretch = float(pixel_shape or 1)
    width = frame.width * (stretch if 0.2 < stretch < 5 else 1)
    scale = min(1.0, side / max(width, frame.height))
    picture = frame.reformat(
        width=max(1, round(width * scale)),
        height=max(1, round(frame.height * scale)),
        format="rgb24",
        interpolation="AREA",
    ).to_ndarray()
    # Both count counter-clockwise; phones write quarter turns only.
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)), dtype=np.uint8)
