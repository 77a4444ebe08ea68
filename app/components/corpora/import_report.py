"""The report before an import: counts, columns, problems by row, the first posts."""

from __future__ import annotations

import streamlit as st

from app.common.markup import bar, esc, plain, post_text, show
from app.common.palette import MODALITY_NAMES, counted
from app.components.corpora.corpus_cards import COLOURS
from app.components.shared.charts import show_shares
from backend.domain import Modality, Post
from backend.ingest import FIELDS, SEVERAL, VECTORS, Report
from backend.ingest.summary import recognised, unread
from backend.ingest.survey import TABLES
from backend.text.language_names import language

NAMES = {
    "id": "Id",
    "text": "Text",
    "title": "Title",
    "image": "Image",
    "audio": "Sound",
    "user": "User",
    "name": "User name",
    "time": "Date",
    "language": "Language",
    "tags": "Tags",
    "label": "Labels",
    "licence": "Licence",
    "url": "Link",
    "reply_to": "Replies to (id)",
    "vector": "Vectors",
    "text_vector": "Text vectors",
    "image_vector": "Image vectors",
    "audio_vector": "Sound vectors",
    "user_vector": "User vectors",
}
SHOWN = 200  # problems in the table
_UNUSED = 30  # columns that are named


def show_report(report: Report) -> None:
    """Show a validation report."""
    lost = report.rows - report.usable
    said = [f"Recognised: {report.reason}"]
    if lost:
        said.append(f"{lost:,} of {report.rows:,} rows give no post; see the problems below")
    said += [unread(report)] if report.unread else []
    lines = "".join(f'<div class="k-meta">{esc(line)}</div>' for line in said)
    st.subheader(plain(recognised(report)), anchor=False)
    show(lines)
    _preview(report)
    one, two = st.columns([5, 7], gap="large")
    with one:
        _counts(report)
    with two:
        _columns(report)
    _problems(report)


def _counts(report: Report) -> None:
    rows = []
    for modality in Modality:
        n = report.modalities[modality.value]
        share = n / report.usable if report.usable else 0.0
        rows.append(
            f"<b>{esc(MODALITY_NAMES[modality])}</b>"
            f"{bar(share, COLOURS[modality])}<span>{n:,}</span>"
        )
    facts = [("New", report.new), ("Changed", report.changed), ("Unchanged", report.same)]
    facts += [("May have changed", report.unsure)]
    facts += [("Users", report.users), ("Reactions", report.reactions)]
    facts += [("Duplicates", report.duplicates), ("Missing media", report.missing_media)]
    facts += [("Files to fetch", report.to_fetch)]
    shown = "".join(f"<span>{esc(a)} <b>{n:,}</b></span>" for a, n in facts if n or a == "New")
    span = ""
    if report.since and report.until:
        span = f'<div class="k-meta">{report.since:%-d %b %Y} to {report.until:%-d %b %Y}</div>'
    show(
        f'<div class="k-rows k-narrow">{"".join(rows)}</div>'
        f'<div class="k-facts k-apart">{shown}</div>{span}'
    )
    if report.languages:
        names = {language(c): n for c, n in report.languages.items()}
        show_shares("Languages", names, sum(report.languages.values()), most=5)


def _columns(report: Report) -> None:
    # The columns of an export of a platform are known; those of a table are guessed.
    with st.expander("What each column is", expanded=report.format in TABLES):
        st.caption("Is something wrong above? Choose other columns here; nothing is written yet.")
        with st.grid("auto", min_column_width=200):
            for field in FIELDS:
                _field(report, field)
            for field in [f for f in VECTORS if report.mapping.get(f)]:
                _field(report, field)
        if report.unused:
            st.caption(f"Not used: {plain(', '.join(report.unused[:_UNUSED]))}")


def _field(report: Report, field: str) -> None:
    chosen = [c for c in report.mapping.get(field, ()) if c in report.columns]
    key = f"map_{field}_{report.source}"
    if field in SEVERAL:
        picked = st.multiselect(
            NAMES[field], report.columns, default=chosen, key=key, placeholder="None"
        )
    else:
        one = st.selectbox(
            NAMES[field],
            report.columns,
            index=report.columns.index(chosen[0]) if chosen else None,
            key=key,
            placeholder="None",
        )
        picked = [one] if one is not None else []
    if tuple(picked) != tuple(chosen):
        mapping = dict(report.mapping) | {field: tuple(picked)}
        st.session_state[f"mapping_{st.session_state['import_source']}"] = {
            f: c for f, c in mapping.items() if c
        }
        st.rerun()


def _problems(report: Report) -> None:
    total = sum(report.problems.values())
    if total:
        summed = ", ".join(f"{code.replace('_', ' ')} {n:,}" for code, n in report.problems.items())
        with st.expander(
            f"{counted(total, 'problem')}: {plain(summed)}", icon=":material/warning:"
        ):
            listed = report.notices[:SHOWN]
            st.dataframe(
                {
                    "Row": [n.number or None for n in listed],  # none: all of the source
                    "Post": ["skipped" if n.skips_row else "imported" for n in listed],
                    "Problem": [n.message for n in listed],
                },
                hide_index=True,
                column_config={"Row": st.column_config.NumberColumn(width="small")},
                alt="Rows with problems",
            )
            if total > len(listed):
                st.caption(f"The first {len(listed):,} of {total:,}.")
    if report.refused:
        files = counted(len(report.refused), "file")
        with st.expander(f"Left out of {files}", icon=":material/block:"):
            st.dataframe(
                {
                    "File": [name for name, _ in report.refused[:SHOWN]],
                    "Reason": [why for _, why in report.refused[:SHOWN]],
                },
                hide_index=True,
                alt="What is left out, and why",
            )


def _preview(report: Report) -> None:
    if not report.preview:
        return
    st.markdown("**The first posts, as they will look**")
    with st.grid("auto", min_column_width=210):
        for i, post in enumerate(report.preview):
            with st.container(border=True, height="stretch", key=f"preview_{i}"):
                _post(post, report.thumbnails.get(post.id))


def _post(post: Post, picture: bytes | None) -> None:
    if picture:
        st.image(picture, width="stretch", alt=post.title or "Picture of this post")
    if post.text:
        post_text(post.text, 4)
    facts = [f"by {post.user}"] if post.user else []
    facts += [f"{post.time:%-d %b %Y}"] if post.time else []
    facts += [language(post.language)] if post.language else []
    facts += [f"{name}: {value}" for name, value in post.labels.items() if name != "links"]
    shown = post.audio if picture else post.image
    files = [name.rpartition("/")[2][:60] for name in dict.fromkeys((shown, post.audio)) if name]
    chips = "".join(f"<span>{esc(word)}</span>" for word in (*files, *post.tags[:4]))
    show(
        f'<div class="k-meta">{" · ".join(map(esc, facts))}</div>'
        f'<div class="k-chips k-apart">{chips}</div>'
    )
