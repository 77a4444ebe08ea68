"""An offer of larger models, where the shipped ones are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.data.session import workspace
from backend.settings import settings

if TYPE_CHECKING:
    from backend.workspace.overview import Overview


def show_better_models(loaded: Overview) -> None:
    """Say how to use CLIP, unless other models are in use."""
    setup = workspace().model_setup
    if settings().demo or loaded.encoders != setup.encoders("default"):
        return
    preset = setup.presets["clip"]
    with st.popover("Better pictures: use CLIP", icon=":material/upgrade:", type="tertiary"):
        st.markdown(
            f"{preset.title}, {preset.megabytes:,} MB to download. Run this in the folder of "
            "Kindred instead of `make run`; it fetches CLIP, encodes the posts and starts:"
        )
        st.code("make run MODELS=clip", language=None)
        others = ", ".join(f"`{name}`" for name in setup.presets if name != "clip")
        st.markdown(f"Also {others}, or any encoder by name. `MODELS=default` goes back.")
