"""Streamlit entry point: sign-in, navigation and error display."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
# `streamlit run app/main.py` puts app/ on the path, not the repository.
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from app.common.markup import plain, with_commands  # noqa: E402
from app.data.preload import load_rest  # noqa: E402
from app.data.session import corpus, missing_corpus, workspace  # noqa: E402
from app.freeze_gc import freeze  # noqa: E402
from app.sign_in import admit  # noqa: E402
from backend.domain import KindredError  # noqa: E402
from backend.settings import settings  # noqa: E402

# file, title, icon, help
PAGES = (
    ("overview", "Overview", "home", "What the corpus holds, which models are in use, licences."),
    ("analyse", "Analyse a post", "psychology_alt",
     "Emotion and sentiment of any mix of text, image and sound, and why."),
    ("search", "Search", "search",
     "Find posts, texts, images, sounds, users and words with any mix of them."),
    ("users", "Users", "group", "A map of users by what they post. Select some to profile them."),
    ("posts", "Posts", "scatter_plot", "A map of posts. Select some to profile them."),
    ("words", "Words", "abc", "Words, images and sounds near a word, or near a sum of words."),
    ("user", "A user", "person", "One user: posts, emotions over time, interests, similar users."),
    ("corpora", "Corpora", "library_books", "Import your own posts, and manage corpora."),
    ("errors", "Errors", "troubleshoot", "Where models fail on labelled posts, and why."),
    ("train", "Train", "model_training", "Train models on your own labels and compare them."),
)  # fmt: skip

st.set_page_config(page_title="Kindred", page_icon=str(HERE / "brand" / "icon.png"), layout="wide")
st.logo(str(HERE / "brand" / "logo.svg"), size="large")
st.html(HERE / "brand" / "style.css")
admit()

page = st.navigation(
    [
        st.Page(
            HERE / "views" / f"{name}.py",
            title=title,
            icon=f":material/{icon}:",
            default=name == "overview",
            help=help_,
        )
        for name, title, icon, help_ in PAGES
    ],
    position="top",
)
try:
    workspace().corpus(corpus()).refresh()  # other processes may have written to it
    if name := missing_corpus():
        st.warning(
            f"Corpus {plain(name[:80])} was not found. Showing {plain(settings().corpus)} instead.",
            icon=":material/warning:",
        )
    page.run()
except KindredError as error:  # no corpus, no bundle: show the reason, not a stack trace
    st.error(with_commands(error.message), icon=":material/error:")
finally:
    freeze()
    load_rest()
