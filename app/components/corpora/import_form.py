"""Import posts: choose a source, read the report, start the import."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import counted
from app.components.corpora.import_report import show_report
from app.data import url_state
from app.data.session import workspace
from backend.domain import KindredError
from backend.ingest import Options, Report
from backend.ingest.first_look import TOO_SLOW
from backend.ingest.readers.file_tree import ARCHIVES
from backend.settings import SHIPPED_CORPORA, settings
from backend.workspace.read_jobs import Unread

FILES, FOLDER, INBOX = "Files", "A folder", "From the server"
SOURCE, TURN, WHOLE = "import_source", "import_turn", "import_whole"
Request = tuple[Path, str, Options]  # what is reported on: a source, for a corpus, in a way
# fmt: off
TABLES = ["csv", "tsv", "txt", "jsonl", "ndjson", "json", "js", "parquet", "xlsx", "ods", "xls",
          "car", "html", "htm", "zip", "gz", "tgz", "tar", "zst", "xz", "bz2", "npy", "npz",
          "safetensors"]
ENDINGS = tuple(f".{ending}" for ending in TABLES)
MEDIA = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "avif", "mp4", "mov",
         "webm", "wav", "mp3", "ogg", "opus", "flac", "m4a", "aac", "aiff"]
# fmt: on


def show_form() -> None:
    """Show the steps of an import."""
    st.header("Import your own posts", anchor=False)
    source: Path | None = st.session_state.get(SOURCE)
    if source is None or not source.exists():
        _choose_source()
        return
    corpus, options = _choices(source)
    request = (source, corpus, options)
    report = _checked(request)
    if report is None:
        return
    if not report.is_whole:
        _say_first_rows(request, report)
    show_report(report)
    _begin(source, corpus, report, options)


def _choose_source() -> None:
    st.markdown(
        "Upload a table (CSV, JSON, Parquet, XLSX, ODS), an export of a platform as it came (X, "
        "Instagram, WhatsApp, Reddit, Mastodon, …), or a folder, ZIP or TAR of images and sounds. "
        "Kindred recognises which it is. You see what it found before anything is imported."
    )
    imports = workspace().imports
    names = imports.inbox_names()
    ways = [FILES, FOLDER, *([INBOX] if names else [])]
    turn = st.session_state.get(TURN, 0)
    way = st.segmented_control(
        "Where from", ways, default=FILES, required=True, label_visibility="collapsed"
    )
    if way == INBOX:
        linked = url_state.get("from")
        name = st.selectbox(
            "File or folder in the inbox",
            names,
            index=names.index(linked) if linked in names else 0,
            help=f"The inbox is the folder {plain(str(imports.inbox))} on the server.",
        )
        st.button(
            "Check",
            type="primary",
            icon=":material/fact_check:",
            on_click=url_state.attempt,
            args=(_from_inbox, name),
        )
        return
    widget = f"import_files_{turn}_{way}"
    size = settings().limits.file_bytes // 2**20
    st.file_uploader(
        "One table or ZIP file, or a table with its images and sounds"
        if way == FILES
        else "A folder with all its files",
        type=[*TABLES, *MEDIA] if way == FILES else None,
        accept_multiple_files=True if way == FILES else "directory",
        key=widget,
        on_change=_uploaded,
        args=(widget,),
    )
    st.caption(
        f"Up to {size} MB per file. For larger files use `python -m backend ingest PATH`, "
        "or put them into the inbox on the server."
    )


def _uploaded(widget: str) -> None:
    files = st.session_state.get(widget) or []
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    packed = [file.name for file in files if file.name.lower().endswith(ARCHIVES)]
    if packed and len(files) > 1:
        message = f"{packed[0]} cannot be combined with other files. Upload it alone, or unpack it."
        url_state.problem(KindredError("packed", message))
    contents = [(file.name, file.getvalue()) for file in files]
    url_state.attempt(lambda: _use(workspace().imports.add_upload(contents)))


def _from_inbox(name: str) -> None:
    _use(workspace().imports.from_inbox(name))


def _use(source: Path) -> None:
    st.session_state[SOURCE] = source
    st.session_state.pop(WHOLE, None)
    for key in [k for k in st.session_state if str(k).startswith("map_")]:
        del st.session_state[key]


def _again() -> None:
    source = st.session_state.pop(SOURCE, None)
    if source is not None:
        workspace().imports.delete_upload(source)


def _name(source: Path) -> str:
    """Name a corpus after its source."""
    name = source.name.lower()
    while name.endswith(ENDINGS):  # posts.csv.gz, pictures.tar.gz
        name = name.rpartition(".")[0]
    name = unicodedata.normalize("NFKD", name)  # é is e and an accent
    name = "".join(c for c in name if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() and c.isascii() else "-" for c in name)
    slug = "-".join(filter(None, words.split("-")))[:40]
    return slug if slug and slug not in SHIPPED_CORPORA else "mine"


def _choices(source: Path) -> tuple[str, Options]:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            corpus = st.text_input(
                "Name of the corpus",
                value=url_state.get("into") or _name(source),
                key=f"into_{source}",
                max_chars=48,
                help="A new name creates a corpus. The name of an existing one adds new and "
                "changed posts to it.",
            )
            st.button("Choose another source", icon=":material/undo:", on_click=_again)
        with st.container(horizontal=True):
            pseudonymise = st.toggle(
                "Pseudonymise users",
                key=f"pseudo_{source}",
                help="Replace names and @mentions by keyed hashes. The key stays on this server.",
            )
            fetch = st.toggle(
                "Fetch media from the web",
                key=f"fetch_{source}",
                help="Download images and sounds whose web addresses are in the table. Private "
                "addresses are never contacted.",
            )
            labels = st.toggle(
                "Use folder names as labels",
                key=f"labels_{source}",
                help="The folder of an image or sound becomes its label.",
            )
        read, transcribe = _what_to_read(source)
    mapping = st.session_state.get(f"mapping_{source}") or {}
    options = Options(
        mapping=mapping,
        pseudonymise=pseudonymise,
        fetch=fetch,
        folders_as_labels=labels,
        read=read,
        transcribe=transcribe,
    )
    return corpus.strip(), options


def _what_to_read(source: Path) -> tuple[bool, bool]:
    """Ask whether to read text in images and to transcribe sounds."""
    reason = workspace().read_jobs.missing
    with st.container(horizontal=True):
        read = st.toggle(
            "Read text in images",
            value=settings().read,
            key=f"read_{source}",
            help="Text in images becomes searchable and counts as evidence. Slower: about "
            f"{Unread(1_000, 0).minutes:.0f} min for 1,000 images.",
        )
        transcribe = st.toggle(
            "Transcribe sounds",
            value=settings().transcribe and not reason,
            key=f"transcribe_{source}",
            disabled=bool(reason),
            help=reason
            or "Speech in sounds becomes searchable and counts as evidence. Slower: about "
            f"{Unread(0, 1_000).minutes:.0f} min for 1,000 sounds.",
        )
    return read, transcribe


def _checked(request: Request) -> Report | None:
    source, corpus, options = request
    last = st.session_state.get("import_report")
    whole = st.session_state.get(WHOLE) == request
    if last is not None and last[0] == request and (last[1].is_whole or not whole):
        return last[1]
    place = st.empty()

    def count(rows: int) -> None:
        place.caption(f"{rows:,} rows read …")

    try:
        with st.spinner("Reading the source …"):
            seconds = None if whole else settings().limits.report_seconds
            report = workspace().imports.check(
                source, corpus, options, progress=count, seconds=seconds
            )
    except KindredError as error:
        st.session_state.pop(WHOLE, None)
        st.error(with_commands(error.message), icon=":material/error:")
        if error.code == TOO_SLOW:
            _show_check_all(request)
        return None
    finally:
        place.empty()
    st.session_state["import_report"] = (request, report)
    return report


def _say_first_rows(request: Request, report: Report) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/hourglass_top: **The first {counted(report.rows, 'row')}.** There are "
            "more; the counts and problems below are those of these rows. The import reads all."
        )
        _show_check_all(request)


def _show_check_all(request: Request) -> None:
    st.button(
        "Check all rows",
        icon=":material/fact_check:",
        help="May take minutes.",
        on_click=_check_all,
        args=(request,),
    )


def _check_all(request: Request) -> None:
    st.session_state[WHOLE] = request


def _begin(source: Path, corpus: str, report: Report, options: Options) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        todo = report.new + report.changed + report.unsure
        st.button(
            _label(report),
            type="primary",
            icon=":material/download:",
            disabled=report.is_whole and not todo,
            on_click=url_state.attempt,
            args=(_start, source, corpus, report, options),
        )
        if report.is_whole and not todo and report.usable:
            st.caption(f"All of these posts are already in the corpus {plain(corpus)}.")
        if report.unsure:
            st.caption(
                f"{counted(report.unsure, 'post')} of the corpus {plain(corpus)} may have changed. "
                "The media are fetched and compared; unchanged posts stay as they are."
            )


def _label(report: Report) -> str:
    """Label the button with the changes that are known before media are fetched."""
    todo = report.new + report.changed
    if not report.is_whole:
        return "Import all rows"
    if not report.unsure:
        return f"Import {counted(todo, 'post')}"
    if not todo:
        return f"Fetch and compare {counted(report.unsure, 'post')}"
    return f"Import {counted(todo, 'post')}, compare {report.unsure:,}"


def _start(source: Path, corpus: str, report: Report, options: Options) -> None:
    job = workspace().imports.plan(source, corpus, report, options)
    workspace().warm()
    workspace().imports.start(job)
    # The button is at the end of a long report.
    st.toast(
        "The import has started. Its progress is at the top of this page.",
        icon=":material/download:",
    )
    st.session_state.pop(SOURCE, None)
    st.session_state.pop("import_report", None)
