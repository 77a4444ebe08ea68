"""Every setting, path, limit and seed, in one place.

A setting is read from the environment (``KINDRED_…``) or from a ``kindred.env``
file in the working directory.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
SEED = 20190517


class Limits(BaseSettings):
    """What is accepted from outside; beyond it the post gets a clear error."""

    model_config = SettingsConfigDict(
        env_prefix="KINDRED_LIMIT_", env_file="kindred.env", extra="ignore"
    )

    text_characters: int = 20_000
    file_bytes: int = 50 * 2**20
    image_pixels: int = 50_000_000
    image_side: int = 1024  # a decoded frame is scaled down to this, in pixels
    frames: int = 8  # sampled from a GIF or a video
    motion_pixels: int = 1_000_000_000  # decoded in all for one GIF or video
    audio_seconds: float = 30.0  # a longer sound is cut to its middle
    audio_rate: int = 44_100
    media_seconds: float = 7_200.0  # a longer file is refused
    upload_cache_bytes: int = 512 * 2**20


class Settings(BaseSettings):
    """How this installation runs."""

    model_config = SettingsConfigDict(env_prefix="KINDRED_", env_file="kindred.env", extra="ignore")

    home: Path = Field(
        default_factory=lambda: Path.home() / ".local" / "share" / "kindred",
        description="Workspace directory: corpora, bundles, uploads.",
    )
    corpus: str = "commons"
    bundle: str = "commons-1"
    text_encoder: str | None = None  # None: what the bundle names
    image_encoder: str | None = None
    audio_encoder: str | None = None
    device: str = "auto"
    threads: int | None = None  # None: every core this process may use
    api_key: str | None = None  # None: whoever reaches the service may use it
    limits: Limits = Field(default_factory=Limits)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
