"""Corruptions of posts: modalities dropped, images and sounds degraded."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from backend.domain import Content, Modality, Picture
from backend.error_analysis.metadata_groups import EMOJI
from backend.settings import SEED

BLUR = 0.02  # radius as a share of the longer side
CROP = 0.6  # of either side, from the middle
JPEG = 10  # quality
NOISE_DB = 5.0  # signal-to-noise ratio


@dataclass(frozen=True, slots=True)
class Corruption:
    """One way to corrupt a post.

    Attributes
    ----------
    name : str
    modality : Modality
        The modality that it changes.
    change : callable
        Return the corrupted content, None where the corruption does not apply.
    """

    name: str
    modality: Modality
    change: Callable[[Content], Content | None]


def _dropped(modality: Modality) -> Callable[[Content], Content | None]:
    def change(post: Content) -> Content | None:
        rest = tuple(m for m in post.modalities if m is not modality)
        return post.only(rest) if rest and modality in post.modalities else None

    return change


def _without_emoji(post: Content) -> Content | None:
    text = " ".join(EMOJI.sub(" ", post.text or "").split())
    if not post.text or not EMOJI.search(post.text) or not text:
        return None
    return replace(post, text=text)


def _frames(
    change_frame: Callable[[Image.Image], Image.Image],
) -> Callable[[Content], Content | None]:
    def change(post: Content) -> Content | None:
        if post.image is None:
            return None
        frames = tuple(
            np.asarray(change_frame(Image.fromarray(frame)).convert("RGB"))
            for frame in post.image.frames
        )
        return replace(post, image=Picture(frames))

    return change


def _blur(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(BLUR * max(image.size)))


def _crop(image: Image.Image) -> Image.Image:
    width, height = image.size
    left, top = round(width * (1 - CROP) / 2), round(height * (1 - CROP) / 2)
    return image.crop((left, top, max(width - left, left + 1), max(height - top, top + 1)))


def _jpeg(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG)
    return Image.open(buffer)


def _noisy(post: Content) -> Content | None:
    if post.audio is None or not len(post.audio.samples):
        return None
    samples = post.audio.samples
    power = float(np.sqrt(np.mean(samples**2))) * 10 ** (-NOISE_DB / 20)
    hiss = np.random.default_rng(SEED).standard_normal(len(samples)) * power
    mixed = np.clip(samples + hiss, -1.0, 1.0).astype(np.float32)
    return replace(post, audio=replace(post.audio, samples=mixed))


def _silent(post: Content) -> Content | None:
    if post.audio is None or not len(post.audio.samples):
        return None
    return replace(post, audio=replace(post.audio, samples=np.zeros_like(post.audio.samples)))


CORRUPTIONS = (
    Corruption("text dropped", Modality.TEXT, _dropped(Modality.TEXT)),
    Corruption("emoji stripped", Modality.TEXT, _without_emoji),
    Corruption("image dropped", Modality.IMAGE, _dropped(Modality.IMAGE)),
    Corruption("image blurred", Modality.IMAGE, _frames(_blur)),
    Corruption("image cropped", Modality.IMAGE, _frames(_crop)),
    Corruption("image as a small JPEG", Modality.IMAGE, _frames(_jpeg)),
    Corruption("sound dropped", Modality.AUDIO, _dropped(Modality.AUDIO)),
    Corruption("noise over the sound", Modality.AUDIO, _noisy),
    Corruption("sound silent", Modality.AUDIO, _silent),
)
