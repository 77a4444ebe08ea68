"""Someone records, photographs or films a post, and keeps it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import av
import numpy as np
import pytest
from playwright.sync_api import expect

from backend.media import read_audio, read_image
from tests.browser.pages import Open, settled, wait_for_params

WHEEL = re.compile("Emotion wheel: ")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, photo: Path, sound: Path) -> Path:
    """Two seconds of a real picture and a real sound as MP4, as a phone would send it."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    frame = read_image(photo).frames[0]
    frame = np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
    heard = read_audio(sound)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=10)
        pictures.height, pictures.width = frame.shape[:2]
        pictures.pix_fmt = "yuv420p"
        sounds = container.add_stream("aac", rate=heard.rate, layout="mono")
        for _ in range(20):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        samples = heard.samples[None, : 2 * heard.rate].astype(np.float32)
        block = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", "mono")
        block.sample_rate = heard.rate
        container.mux(sounds.encode(block))
        container.mux(pictures.encode())
        container.mux(sounds.encode())
    return path


def test_a_recording(visit: Open) -> None:
    page = visit("/analyse")
    recorder = page.get_by_test_id("stAudioInput")
    recorder.get_by_role("button", name="Record", exact=True).click()
    expect(recorder).to_contain_text(re.compile("0?0:0[1-9]"))  # seconds recorded so far
    recorder.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
    wait_for_params(page, lambda params: set(params) == {"sound"})
    expect(page.get_by_role("img", name=re.compile("Waveform of your sound"))).to_be_visible()


def test_a_camera_picture(visit: Open) -> None:
    page = visit("/analyse")
    settled(page)
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_text("Turn the camera on").click()
    # A photo that is asked for before the camera gives pictures is never taken.
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
    page.get_by_role("button", name="Take photo").click()
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
    wait_for_params(page, lambda params: set(params) == {"image"})


def test_a_video_brings_its_sound(visit: Open, film: Path) -> None:
    page = visit("/analyse")
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="Image, GIF or video")
    uploader.locator("input[type=file]").set_input_files(film)
    expect(page.get_by_text("Image + sound")).to_be_visible()
    wait_for_params(page, lambda params: set(params) == {"image", "sound"})
    settled(page)
    page.get_by_role("button", name="Remove sound").click()
    expect(page.get_by_text("Image + sound")).to_have_count(0)
    expect(page.get_by_role("img", name=WHEEL)).to_be_visible()


def test_kept_posts_are_found_again(visit: Open, photo: Path) -> None:
    ids = []
    page = visit("/analyse?" + urlencode({"text": "The lighthouse keeper waved at our ship."}))
    for text in (None, "Our ship came home past the lighthouse at last."):
        if text:
            box = page.get_by_role("textbox", name="What does the post say?")
            box.fill(text)
            box.press("Control+Enter")
            expect(page.locator(".k-quote")).to_have_text(text)
        expect(page.get_by_role("img", name=WHEEL)).to_be_visible()
        settled(page)
        page.get_by_role("button", name="Add to corpus").click()
        told = page.get_by_text(re.compile(r"Added as post \S+ to your corpus"))
        expect(told).to_be_visible()
        ids.append(told.inner_text())
        settled(page)
    assert len(set(ids)) == 2
    page.get_by_role("link", name="Find similar posts in your corpus").click()
    expect(page.get_by_text("The lighthouse keeper waved at our ship.").first).to_be_visible()
    wait_for_params(page, lambda params: params.get("corpus") == "mine")
