"""The one workspace of this process, and the corpus that the address names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data import preload
from backend.domain import Affect, Content, Explanation, Modality, Post, Prediction, User
from backend.settings import SHIPPED_CORPUS, settings
from backend.text.reading import Reading

if TYPE_CHECKING:
    from backend.workspace.moments import Moment
    from backend.workspace.workspace import Example, Overview, Workspace


@st.cache_resource(show_spinner="Opening the corpus …")
def workspace() -> Workspace:
    """Open the workspace once; every session shares it."""
    return preload.workspace()


def corpus() -> str | None:
    """Return the corpus that the address names; None for the default one."""
    return existing_corpus(st.query_params.get("corpus"))


def existing_corpus(name: str | None) -> str | None:
    """Return the name if there is a corpus of this name."""
    return name if name and workspace().has_corpus(name) else None


def missing_corpus() -> str:
    """Return the corpus that the address names if there is none such; empty otherwise."""
    return st.query_params.get("corpus", "") if corpus() is None else ""


def in_address(name: str) -> str | None:
    """Return the value of the address's ``corpus``: None for the default corpus."""
    return None if name == settings().corpus else name


def shipped() -> bool:
    """Whether the page shows *commons*."""
    return (corpus() or settings().corpus) == SHIPPED_CORPUS


def overview() -> Overview:
    """Describe the corpus and the bundle; counted once until the corpus changes."""
    with st.spinner("Counting …"):
        return workspace().overview(corpus())


def source_titles() -> dict[str, str]:
    """Map each source of the corpus to its title."""
    return {row.name: row.title for row in overview().sources}


@st.cache_resource(ttl=600, show_spinner=False)
def examples() -> Sequence[Example]:
    """Return example posts; their media are kept as uploads."""
    return workspace().examples()


def posts(ids: Sequence[str]) -> Mapping[str, Post]:
    """Read posts of the corpus, by id."""
    return workspace().posts(list(ids), corpus()) if ids else {}


def users(ids: Sequence[str]) -> Mapping[str, User]:
    """Read users of the corpus, by id."""
    return workspace().users(list(ids), corpus()) if ids else {}


def author_of(post: Post) -> User | None:
    """Read the author of a post, if it has one."""
    return users([post.user]).get(post.user) if post.user else None


def affects(ids: Sequence[str]) -> Mapping[str, Affect]:
    """Read stored predictions of posts of the corpus, by id."""
    return workspace().predictions(list(ids), corpus()) if ids else {}


def media(post: Post, modality: Modality) -> Path:
    """Return the path of a post's image or sound."""
    return workspace().corpus(corpus()).media_of(post, modality)


def content(text: str | None, image: str | None, audio: str | None) -> Content | None:
    """Decode a text and uploads, given by their keys; None if all three are empty.

    Raises
    ------
    backend.domain.KindredError
        If an upload is gone or unreadable.
    """
    text = (text or "").strip() or None
    if not (text or image or audio):
        return None
    decoded = workspace().content(text=text, image_key=image or None, audio_key=audio or None)
    if not audio and Modality.AUDIO in decoded.modalities and len(decoded.modalities) > 1:
        # The image is a video, and the visitor has removed its soundtrack.
        decoded = decoded.only(tuple(m for m in decoded.modalities if m is not Modality.AUDIO))
    return decoded


@st.cache_data(max_entries=200, show_spinner=False)
def analyse(text: str | None, image: str | None, audio: str | None, bundle: str) -> Prediction:
    """Predict from every subset of a post's modalities; `image` and `audio` are keys of uploads.

    The name of the active bundle is only part of the cache key.
    """
    decoded = content(text, image, audio)
    assert decoded is not None, "only posts with content are analysed"
    return workspace().analyse(decoded)


@st.cache_data(max_entries=200, show_spinner=False)
def irony(text: str | None, bundle: str) -> tuple[float, float] | None:
    """Return how positive words and emoji of a text are, if that hints at irony."""
    contrast = workspace().contrast(Content(text=text)) if text else None
    return (contrast.words, contrast.emoji) if contrast and contrast.ironic else None


@st.cache_data(max_entries=200, show_spinner=False)
def readings(
    text: str | None, image: str | None, audio: str | None, bundle: str
) -> dict[Modality, Reading]:
    """Return what is written and said in a post; parameters as for `analyse`."""
    decoded = content(text, image, audio)
    assert decoded is not None, "only posts with content are analysed"
    return dict(workspace().readings(decoded))


@st.cache_data(max_entries=200, show_spinner=False)
def explain(
    _content: Content, text: str | None, image: str, audio: str, target: str, bundle: str
) -> Explanation:
    """Explain the prediction of an emotion or a sentiment label; cached, as it takes seconds.

    The text, the keys of the uploads and the name of the active bundle are only the cache key.
    """
    return workspace().explain(_content, target=target)


@st.cache_data(max_entries=100, show_spinner=False)
def moments(
    _content: Content, _readings: Mapping[Modality, Reading], image: str, audio: str, bundle: str
) -> Sequence[Moment]:
    """Predict the parts of a sound or a video; the keys of the uploads are the cache key."""
    return workspace().moments(_content, _readings)
