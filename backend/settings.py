"""Every setting, path, limit and seed, in one place.

A setting is read from the environment (``KINDRED_…``) or from a ``kindred.env``
file in the working directory.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
SEED = 20190517
SHIPPED_CORPUS = "commons"


class Limits(BaseSettings):
    """What is accepted from outside; beyond it the post gets a clear error."""

    model_config = SettingsConfigDict(
        env_prefix="KINDRED_LIMIT_", env_file="kindred.env", extra="ignore"
    )

    text_characters: int = 20_000
    explained_characters: int = 2_000  # the default text encoder reads no further
    file_bytes: int = 50 * 2**20
    image_pixels: int = 50_000_000
    image_side: int = 1024  # a decoded frame is scaled down to this, in pixels
    frames: int = 8  # sampled from a GIF or a video
    motion_pixels: int = 1_000_000_000  # decoded in all for one GIF or video
    audio_seconds: float = 30.0  # a longer sound is cut to its middle
    audio_rate: int = 44_100
    media_seconds: float = 7_200.0  # a longer file is refused
    upload_cache_bytes: int = 512 * 2**20
    session_bytes: int = 100 * 2**20  # what one visitor of a demo may have uploaded at a time
    encodings_a_minute: int = 600  # that one visitor may ask for; 0: as many as they like
    rows: int = 10_000_000  # of one import
    line_bytes: int = 2**20  # of one row of a table
    columns: int = 1_000
    archive_files: int = 300_000
    archive_ratio: int = 200  # how much larger a packed file may become
    problems: int = 1_000  # of an import that are listed; all are counted
    fetch_seconds: float = 20.0  # for one address, redirects included


class Settings(BaseSettings):
    """How this installation runs."""

    model_config = SettingsConfigDict(env_prefix="KINDRED_", env_file="kindred.env", extra="ignore")

    home: Path = Field(
        default_factory=lambda: Path.home() / ".local" / "share" / "kindred",
        description="Workspace directory: corpora, bundles, uploads.",
    )
    corpus: str = SHIPPED_CORPUS
    bundle: str = "commons-1"
    text_encoder: str | None = None  # None: what the bundle names
    image_encoder: str | None = None
    audio_encoder: str | None = None
    exact_vectors: int = 50_000  # of one kind; of more only the nearest lists are read
    # Vectors of one kind that take more than this in half precision stay on disk: the
    # store's own index searches them, slower.
    index_bytes: int = 8 * 2**30
    backend: str | None = None  # http://host:8600 of `serve`; None: encode in this process
    device: str = "auto"
    threads: int | None = None  # None: every core this process may use
    demo: bool = False  # everyone may look and analyse; nothing that they bring is stored
    sign_in: bool = False  # only who signs in (OIDC, see .streamlit/secrets.toml) gets in
    allow: str = ""  # who may: "anna@example.org, @example.net"; "": anyone who can sign in
    inbox: Path | None = None  # a folder on the server to import from; None: home / "inbox"
    log: Literal["text", "json"] = "text"
    log_content: bool = False  # whether logs may quote what posts say
    api_key: str | None = None  # None: whoever reaches the service may use it
    limits: Limits = Field(default_factory=Limits)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
