"""All settings, paths, limits and seeds.

A setting is read from the environment (``KINDRED_…``) or from a ``kindred.env``
file in the working directory.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SUMMARY = (
    "Predict emotion and sentiment of social media posts, and search across text, images, sounds, "
    "users and words."
)
ROOT = Path(__file__).resolve().parent.parent
# The corpus, bundle, weights and labels that come with Kindred. Environment only.
ASSETS = Path(os.environ.get("KINDRED_ASSETS") or ROOT / "assets")
SEED = 20190517
SHIPPED_CORPUS = "commons"
SYNTHETIC_CORPUS = "larkhaven"  # made by a generator; pages say so wherever it is shown
SHIPPED_CORPORA = {SHIPPED_CORPUS: ASSETS / "corpus", SYNTHETIC_CORPUS: ASSETS / SYNTHETIC_CORPUS}


class Limits(BaseSettings):
    """Limits on input from outside; a post beyond one gets an error that names it."""

    model_config = SettingsConfigDict(
        env_prefix="KINDRED_LIMIT_", env_file="kindred.env", extra="ignore"
    )

    text_characters: int = 20_000
    explained_characters: int = 2_000  # the default text encoder reads no more
    file_bytes: int = 50 * 2**20
    image_pixels: int = 50_000_000
    image_side: int = 1024  # a decoded frame is scaled down to this, in pixels
    frames: int = 8  # sampled from a GIF or a video
    motion_pixels: int = 1_000_000_000  # decoded in total for one GIF or video
    decode_seconds: float = 5.0  # of one core, for one file
    decode_bytes: int = 640 * 2**20  # of memory, for one file
    audio_seconds: float = 30.0  # a longer sound is cut to its middle
    audio_rate: int = 44_100
    media_seconds: float = 7_200.0  # a longer file is refused
    upload_cache_bytes: int = 512 * 2**20
    session_bytes: int = 100 * 2**20  # uploads kept for one visitor of a demo
    encodings_a_minute: int = 600  # of one visitor; a long text is up to ten; 0: no limit
    request_characters: int = 500_000  # of all texts in one request of the API
    request_seconds: float = 8.0  # of one core, for one request of the API; then it ends
    rows: int = 10_000_000  # of one import
    report_seconds: float = 4.0  # of one core, for the report on the rows of a page's import
    line_bytes: int = 2**20  # of one row of a table
    columns: int = 1_000
    archive_files: int = 300_000
    archive_ratio: int = 200  # unpacked size over packed size of one file
    problems: int = 1_000  # listed for one import; all are counted
    fetch_seconds: float = 20.0  # for one URL, redirects included


class Settings(BaseSettings):
    """How this installation runs; see README.md for the ones that matter most."""

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
    read: bool = True  # what is written in pictures
    transcribe: bool = True  # what is said in sounds
    speech_model: str | None = None  # of faster-whisper, by name or folder; None: Whisper base
    exact_vectors: int = 50_000  # of one kind; above, search reads the nearest lists only
    # Above this size in half precision, vectors of one kind are searched by LanceDB's own
    # index on disk, which is slower.
    index_bytes: int = 8 * 2**30
    # http://HOST:8600 of `serve`; None: encode in this process. The second name is an older one.
    encoder_server: str | None = Field(
        default=None, validation_alias=AliasChoices("KINDRED_ENCODER_SERVER", "KINDRED_BACKEND")
    )
    device: str = "auto"
    threads: int | None = None  # None: every core this process may use
    demo: bool = False  # everybody may look and analyse; nothing that they bring is stored
    sign_in: bool = False  # people sign in first (OIDC, see .streamlit/secrets.example.toml)
    allow: str = ""  # who may sign in: "anna@example.org, @example.net"; "": anybody
    hosts: str = ""  # names under which the app is reached, "kindred.example.org, *.lan"; "*": any
    # Folder with train.tsv and dev.tsv of GoEmotions, which `fit` and the build learn from.
    goemotions: Path | None = None
    inbox: Path | None = None  # a folder on the server to import from; None: home / "inbox"
    log: Literal["text", "json"] = "text"
    log_content: bool = False  # whether logs may quote posts
    # Asked for by the API, by `serve`, and by the pages unless sign_in or demo is set.
    api_key: str | None = None
    limits: Limits = Field(default_factory=Limits)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
