"""Navigation and the page list, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
# `streamlit run app/main.py` puts app/ on the path, not the repository.
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from app.components.markup import plain  # noqa: E402
from backend.posts import KindredError  # noqa: E402

st.set_page_config(page_title="Kindred", page_icon=str(HERE / "brand" / "icon.png"), layout="wide")
st.logo(str(HERE / "brand" / "logo.svg"), size="large")
st.html(HERE / "brand" / "style.css")

page = st.navigation(
    [
        st.Page(
            HERE / "views" / "overview.py",
            title="Overview",
            icon=":material/home:",
            default=True,
            help="What is loaded: corpus, bundle, device, sources and licences.",
        ),
        st.Page(
            HERE / "views" / "analyse.py",
            title="Analyse a post",
            icon=":material/psychology_alt:",
            help="Emotion and sentiment of any mix of text, image and sound, and why.",
        ),
        st.Page(
            HERE / "views" / "search.py",
            title="Search",
            icon=":material/search:",
            help="From anything to anything: text, images, sounds, posts, users and words.",
        ),
    ],
    position="top",
)
try:
    page.run()
except KindredError as error:  # no corpus, no bundle: the reason, in place of a stack trace
    st.error(plain(error.message), icon=":material/error:")
