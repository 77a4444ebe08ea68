"""The sound and the video of an analysed post: players with their time lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.common.markup import plain, show
from app.components.analyse.affect import first_target
from app.components.analyse.readings import describe
from app.components.analyse.timeline.mount import draw, passages_of
from app.components.analyse.tints import tints
from app.components.shared.pictures import as_wav
from app.data.analysed import Analysed
from app.data.session import moments, workspace
from backend.domain import Content, KindredError, Modality


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """A sound, or a video with its soundtrack.

    Attributes
    ----------
    content : Content
    data : bytes
        That browsers play.
    media_type : str
    start : float
        Second of `data` at which the decoded sound begins.
    seconds : float
        Of `data`; 0 where only the player knows.
    """

    content: Content
    data: bytes
    media_type: str
    start: float = 0.0
    seconds: float = 0.0

    @property
    def frames(self) -> Sequence[np.ndarray]:
        return self.content.image.frames if self.content.image else ()


def show_over_time(analysed: Analysed) -> None:
    """Show each sound and video with a player, what is said, and the emotion of its parts."""
    for track in _tracks(analysed.post, analysed.image, analysed.sound):
        video = bool(track.frames)
        show(
            f'<div class="k-label">{"The video" if video else "The sound"}, from start to end</div>'
        )
        player = f"analyse_{'video' if video else 'sound'}"
        with st.container(key=player):
            if video:
                muted = track.content.audio is None
                st.video(track.data, format=track.media_type, muted=muted, alt="Your video")
            else:
                st.audio(track.data, format=track.media_type, alt="Your sound")
        _show_timeline(track, player, analysed)


def _tracks(post: Content, image: str, sound: str) -> list[_Track]:
    """Return the video, if the image is one, and the sound, unless it is the video's."""
    tracks = []
    playable = None
    if post.image is not None and len(post.image.frames) > 1:
        playable = workspace().uploads.video(image)
    own = post.audio if sound in ("", image) else None
    if playable is not None:
        whole = max(own.duration, own.seconds) if own else 0.0
        content = Content(image=post.image, audio=own)
        tracks.append(_Track(content, *playable, own.start if own else 0.0, whole))
    if post.audio is not None and (playable is None or own is None):
        content = Content(audio=post.audio)
        tracks.append(_Track(content, as_wav(post.audio), "audio/wav", 0.0, post.audio.seconds))
    return tracks


@st.fragment(parallel=True)
def _show_timeline(track: _Track, player: str, analysed: Analysed) -> None:
    """Show what is below a player; runs in parallel to the rest of the page."""
    readings, prediction = analysed.readings, analysed.prediction
    reading = readings.get(Modality.AUDIO) if track.content.audio else None
    slot = st.container()
    with slot.skeleton(height=90 if track.frames else 60):
        known = {m: r for m, r in readings.items() if m in track.content.modalities}
        try:
            parts = moments(track.content, known, analysed.image, analysed.sound, prediction.bundle)
            said = []
            if reading is not None and reading.passages:
                why = analysed.explain(first_target(prediction.affect))
                tinted = [t for t in tints(why, why.words.get(Modality.AUDIO, ())) if t.share > 0]
                said = passages_of(reading, tinted, track.start, track.seconds)
        except KindredError as error:
            slot.caption(plain(error.message))
            return
    with slot:
        draw(player, track.seconds, parts, track.frames, said)
        if reading is not None and (sentences := describe(reading)):
            st.caption(plain(sentences))
