"""Navigation and the page list, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
# `streamlit run app/main.py` puts app/ on the path, not the repository.
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from app.common.markup import plain, with_commands  # noqa: E402
from app.data.preload import go_on  # noqa: E402
from app.data.session import default_corpus, look_again, missing  # noqa: E402
from app.freeze_gc import freeze  # noqa: E402
from app.sign_in import welcome  # noqa: E402
from backend.domain import KindredError  # noqa: E402

st.set_page_config(page_title="Kindred", page_icon=str(HERE / "brand" / "icon.png"), layout="wide")
st.logo(str(HERE / "brand" / "logo.svg"), size="large")
st.html(HERE / "brand" / "style.css")
welcome()

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
        st.Page(
            HERE / "views" / "users.py",
            title="Users",
            icon=":material/group:",
            help="A map of people by what they post; draw around a group to learn about it.",
        ),
        st.Page(
            HERE / "views" / "posts.py",
            title="Posts",
            icon=":material/scatter_plot:",
            help="A map of posts, with their pictures and sounds beside it.",
        ),
        st.Page(
            HERE / "views" / "words.py",
            title="Words",
            icon=":material/abc:",
            help="Neighbours of words among words, images and sounds; sums over words and images.",
        ),
        st.Page(
            HERE / "views" / "user.py",
            title="A user",
            icon=":material/person:",
            help="One person: posts, emotion over time, interests and who posts alike.",
        ),
        st.Page(
            HERE / "views" / "corpora.py",
            title="Corpora",
            icon=":material/library_books:",
            help="Bring your own posts: check, import, pause, delete.",
        ),
        st.Page(
            HERE / "views" / "errors.py",
            title="Errors",
            icon=":material/troubleshoot:",
            help="Where models fail on labelled posts, why, and what to do next.",
        ),
        st.Page(
            HERE / "views" / "train.py",
            title="Train",
            icon=":material/model_training:",
            help="Train the papers' models on labels of your own, compare them, use the best.",
        ),
    ],
    position="top",
)
try:
    look_again()
    if name := missing():
        st.warning(
            f"There is no corpus {plain(name[:80])} here, or it was deleted. This is "
            f"{plain(default_corpus())}.",
            icon=":material/warning:",
        )
    page.run()
except KindredError as error:  # no corpus, no bundle: the reason, in place of a stack trace
    st.error(with_commands(error.message), icon=":material/error:")
finally:
    freeze()
    go_on()
