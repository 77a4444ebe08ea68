"""What an import would bring: counts, columns, problems by row, the first posts."""

from __future__ import annotations

import streamlit as st

from app.common.markup import bar, esc, plain, post_text, show
from app.common.palette import MODALITY_NAMES, language
from app.components.corpora.corpus_cards import COLOURS, counted
from app.components.shared.charts import show_shares
from backend.domain import Modality, Post
from backend.ingest import FIELDS, SEVERAL, Report

NAMES = {
    "id": "Id",
    "text": "Text",
    "title": "Title",
    "image": "Image",
    "audio": "Sound",
    "user": "User",
    "name": "User's name",
    "time": "Time",
    "language": "Language",
    "tags": "Tags",
    "label": "Labels",
    "licence": "Licence",
    "url": "Link",
}
SHOWN = 200  # problems in the table


def show_report(report: Report) -> None:
    """Show a validation report."""
    title = _TITLES.get(report.format, report.format)
    lost = report.rows - report.usable
    left = f", {lost:,} {'does' if lost == 1 else 'do'} not" if lost else ""
    show(
        f'<div class="k-title">{report.usable:,} of {report.rows:,} rows give posts{left}</div>'
        f'<div class="k-meta">{esc(title)}: {esc(report.reason)}</div>'
    )
    one, two = st.columns([5, 7], gap="large")
    with one:
        _counts(report)
    with two:
        _columns(report)
    _problems(report)
    _preview(report)


_TITLES = {
    "csv": "Table (CSV)",
    "jsonl": "Table (JSON)",
    "parquet": "Table (Parquet)",
    "folder": "Images and sounds",
    "mastodon": "Mastodon archive",
    "yfcc": "YFCC100M",
    "mvsa": "MVSA",
    "shuttersong": "ShutterSong",
}


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
    facts += [("Same as another", report.duplicates), ("Missing media", report.missing_media)]
    facts += [("To fetch", report.to_fetch)]
    shown = "".join(f"<span>{esc(a)} <b>{n:,}</b></span>" for a, n in facts if n or a == "New")
    span = ""
    if report.since and report.until:
        span = f'<div class="k-meta">{report.since:%-d %b %Y} to {report.until:%-d %b %Y}</div>'
    show(
        f'<div class="k-rows k-narrow">{"".join(rows)}</div>'
        f'<div class="k-facts k-apart">{shown}</div>{span}'
    )
    if report.languages:
        told = {language(c) if c else "not known": n for c, n in report.languages.items()}
        show_shares("Languages", told, sum(report.languages.values()), most=5)


def _columns(report: Report) -> None:
    with st.container(border=True):
        st.markdown("**Which column is what**")
        with st.grid("auto", min_column_width=200):
            for field in FIELDS:
                _field(report, field)


def _field(report: Report, field: str) -> None:
    chosen = [c for c in report.mapping.get(field, ()) if c in report.columns]
    key = f"map_{field}_{report.source}"
    if field in SEVERAL:
        given = st.multiselect(
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
        given = [one] if one is not None else []
    if tuple(given) != tuple(chosen):
        mapping = dict(report.mapping) | {field: tuple(given)}
        kept = {f: c for f, c in mapping.items() if c}
        st.session_state[f"mapping_{st.session_state['import_source']}"] = kept
        st.rerun()


def _problems(report: Report) -> None:
    every = sum(report.problems.values())
    if every:
        summed = ", ".join(f"{code.replace('_', ' ')} {n:,}" for code, n in report.problems.items())
        with st.expander(
            f"{counted(every, 'problem', 'problems')}: {plain(summed)}", icon=":material/warning:"
        ):
            listed = report.notices[:SHOWN]
            st.dataframe(
                {
                    "Row": [n.number for n in listed],
                    "Post": ["left out" if n.skips_row else "kept" for n in listed],
                    "Why": [n.message for n in listed],
                },
                hide_index=True,
                column_config={"Row": st.column_config.NumberColumn(width="small")},
                alt="Rows with problems",
            )
            if every > len(listed):
                st.caption(f"The first {len(listed):,} of {every:,}.")
    if report.refused:
        files = counted(len(report.refused), "file is", "files are")
        with st.expander(f"{files} left out", icon=":material/block:"):
            st.dataframe(
                {
                    "File": [name for name, _ in report.refused[:SHOWN]],
                    "Why": [why for _, why in report.refused[:SHOWN]],
                },
                hide_index=True,
                alt="Files that are left out, with the reason",
            )


def _preview(report: Report) -> None:
    if not report.preview:
        return
    st.subheader("The first posts", anchor=False)
    with st.grid("auto", min_column_width=260):
        for i, post in enumerate(report.preview):
            with st.container(border=True, height="stretch", key=f"preview_{i}"):
                _post(post)


def _post(post: Post) -> None:
    if post.text:
        post_text(post.text, 4)
    facts = [f"by {post.user}"] if post.user else []
    facts += [f"{post.time:%-d %b %Y}"] if post.time else []
    facts += [language(post.language)] if post.language else []
    facts += [f"{name}: {value}" for name, value in post.labels.items()]
    files = [name.rpartition("/")[2][:60] for name in (post.image, post.audio) if name]
    chips = "".join(f"<span>{esc(word)}</span>" for word in (*files, *post.tags[:4]))
    show(
        f'<div class="k-meta">{" · ".join(map(esc, facts))}</div>'
        f'<div class="k-chips k-apart">{chips}</div>'
    )
