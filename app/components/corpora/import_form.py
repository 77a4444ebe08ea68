"""Bring posts: files, a folder or the inbox; then the report, and only then the import."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.common.markup import plain, with_commands
from app.components.corpora.corpus_cards import counted
from app.components.corpora.import_report import show_report
from app.data import url_state
from app.data.imports import begin, bring, check, drop, from_inbox, inbox, offered
from backend.domain import KindredError
from backend.ingest import Options, Report
from backend.ingest.readers.file_tree import ARCHIVES
from backend.settings import SHIPPED_CORPUS, settings

FILES, FOLDER, INBOX = "Files", "A folder", "From the server"
SOURCE, TURN = "import_source", "import_turn"
# fmt: off
TABLES = ["csv", "tsv", "txt", "jsonl", "ndjson", "json", "parquet", "zip", "gz", "tgz", "tar"]
ENDINGS = tuple(f".{ending}" for ending in TABLES)
MEDIA = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "avif", "mp4", "mov",
         "webm", "wav", "mp3", "ogg", "opus", "flac", "m4a", "aac", "aiff"]
# fmt: on


def show_form() -> None:
    """Show the way of a source into a corpus."""
    st.header("Bring your own posts", anchor=False)
    source: Path | None = st.session_state.get(SOURCE)
    if source is None or not source.exists():
        _bring()
        return
    corpus, options, format_ = _choices(source)
    report = _checked(source, corpus, options, format_)
    if report is None:
        st.button("Bring something else", icon=":material/undo:", on_click=_again)
        return
    show_report(report)
    _begin(source, corpus, report, options)


def _bring() -> None:
    st.markdown(
        "A table (CSV, JSON lines, Parquet), a folder, ZIP or TAR of images and sounds, a Mastodon "
        "archive, YFCC100M, MVSA or ShutterSong. Nothing is written until you have seen what is "
        "in it."
    )
    ways = [FILES, FOLDER, *([INBOX] if offered() else [])]
    turn = st.session_state.get(TURN, 0)
    way = st.segmented_control(
        "Where from", ways, default=FILES, required=True, label_visibility="collapsed"
    )
    if way == INBOX:
        names = offered()
        asked = url_state.get("from")
        name = st.selectbox(
            "In the inbox",
            names,
            index=names.index(asked) if asked in names else 0,
            help=f"What lies in {plain(str(inbox()))} on the server.",
        )
        st.button(
            "Check", type="primary", icon=":material/fact_check:", on_click=_inbox, args=(name,)
        )
        return
    widget = f"import_files_{turn}_{way}"
    size = settings().limits.file_bytes // 2**20
    st.file_uploader(
        "One table or ZIP, or a table with its images and sounds"
        if way == FILES
        else "A folder with all that is in it",
        type=[*TABLES, *MEDIA] if way == FILES else None,
        accept_multiple_files=True if way == FILES else "directory",
        key=widget,
        on_change=_took,
        args=(widget,),
    )
    st.caption(
        f"Up to {size} MB a file. For more, `python -m backend ingest PATH` does the same, "
        "or put it into the inbox on the server."
    )


def _took(widget: str) -> None:
    files = st.session_state.get(widget) or []
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    packed = [file.name for file in files if file.name.lower().endswith(ARCHIVES)]
    if packed and len(files) > 1:
        said = (
            "is not opened beside other files: choose it alone, with the table in it, or unpack it."
        )
        url_state.problem(KindredError("packed", f"{packed[0]} {said}"))
    try:
        _use(bring([(file.name, file.getvalue()) for file in files]))
    except KindredError as error:
        url_state.problem(error)


def _inbox(name: str) -> None:
    try:
        _use(from_inbox(name))
    except KindredError as error:
        url_state.problem(error)


def _use(source: Path) -> None:
    st.session_state[SOURCE] = source
    for key in [k for k in st.session_state if str(k).startswith("map_")]:
        del st.session_state[key]


def _again() -> None:
    source = st.session_state.pop(SOURCE, None)
    if source is not None:
        drop(source)


def _name(source: Path) -> str:
    """A name for a corpus, made of that of the source."""
    name = source.name.lower()
    while name.endswith(ENDINGS):  # posts.csv.gz, pictures.tar.gz
        name = name.rpartition(".")[0]
    made = "".join(c if c.isalnum() and c.isascii() else "-" for c in name)
    made = "-".join(filter(None, made.split("-")))[:40]
    return made if made and made != SHIPPED_CORPUS else "mine"


def _choices(source: Path) -> tuple[str, Options, str]:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            corpus = st.text_input(
                "Into the corpus",
                value=url_state.get("into") or _name(source),
                key=f"into_{source}",
                max_chars=48,
                help="A new one, or one of yours: then new and changed posts are added to it.",
            )
            st.button("Bring something else", icon=":material/undo:", on_click=_again)
        with st.container(horizontal=True):
            pseudonymise = st.toggle(
                "Pseudonymise users",
                key=f"pseudo_{source}",
                help="Names and @mentions become keyed hashes; the key never leaves this server.",
            )
            fetch = st.toggle(
                "Fetch media from the web",
                key=f"fetch_{source}",
                help="Images and sounds that the table gives by address; never from private ones.",
            )
            labels = st.toggle(
                "Folders are labels",
                key=f"labels_{source}",
                help="The folder that an image or sound lies in becomes its label.",
            )
    mapping = st.session_state.get(f"mapping_{source}") or {}
    options = Options(
        mapping=mapping, pseudonymise=pseudonymise, fetch=fetch, folders_as_labels=labels
    )
    return corpus.strip(), options, ""


def _checked(source: Path, corpus: str, options: Options, format_: str) -> Report | None:
    asked = (str(source), corpus, options, format_)
    kept = st.session_state.get("import_report")
    if kept is not None and kept[0] == asked:
        return kept[1]
    try:
        with st.spinner("Reading all of it …"):
            report = check(source, corpus, options, format_)
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return None
    st.session_state["import_report"] = (asked, report)
    return report


def _begin(source: Path, corpus: str, report: Report, options: Options) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        todo = report.new + report.changed + report.unsure
        st.button(
            _label(report),
            type="primary",
            icon=":material/download:",
            disabled=not todo,
            on_click=_start,
            args=(source, corpus, report, options),
        )
        if not todo and report.usable:
            st.caption(f"The corpus {plain(corpus)} has all of these posts already.")
        if report.unsure:
            st.caption(
                f"{counted(report.unsure, 'post', 'posts')} of the corpus {plain(corpus)} may have "
                "changed: that is known when the media are fetched. Unchanged posts stay as they "
                "are."
            )


def _label(report: Report) -> str:
    """What the button does, without promising changes that nobody knows of yet."""
    todo = report.new + report.changed
    if not report.unsure:
        return f"Import {counted(todo, 'post', 'posts')}"
    if not todo:
        return f"Fetch and compare {counted(report.unsure, 'post', 'posts')}"
    return f"Import {counted(todo, 'post', 'posts')}, compare {report.unsure:,}"


def _start(source: Path, corpus: str, report: Report, options: Options) -> None:
    try:
        begin(source, corpus, report, options)
    except KindredError as error:
        url_state.problem(error)
        return
    # The button is at the end of a long report.
    st.toast("The import has begun; see the top of this page.", icon=":material/download:")
    st.session_state.pop(SOURCE, None)
    st.session_state.pop("import_report", None)
