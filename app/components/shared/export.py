"""Hits as files for download, with names, authors and licences."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from app.common.palette import KIND_NAMES
from app.components.shared.actions import show_downloads
from app.data.session import corpus, workspace
from backend.domain import Hit, Kind, Post, User
from backend.selections.export import harmless

COLUMNS = (
    "rank", "kind", "id", "name", "author", "text", "score", "percentile", "source", "licence",
    "url",
)  # fmt: skip


def rows(
    hits: Sequence[Hit], posts: Mapping[str, Post], users: Mapping[str, User]
) -> list[dict[str, object]]:
    """Return one row with the keys of `COLUMNS` for each hit.

    `users` holds the authors of the posts and the users among the hits.
    """
    table: list[dict[str, object]] = []
    for hit in hits:
        row: dict[str, object] = dict.fromkeys(COLUMNS, "")
        row |= {"rank": hit.rank, "kind": hit.kind.value, "id": hit.id, "name": hit.id}
        row |= {"score": round(hit.score, 6), "percentile": round(hit.percentile, 3)}
        if hit.kind is Kind.USER and hit.id in users:
            row |= {"name": users[hit.id].name, "source": users[hit.id].source or ""}
        elif hit.kind not in (Kind.USER, Kind.WORD) and hit.id in posts:
            post = posts[hit.id]
            author = users.get(post.user or "")
            row |= {
                "name": post.title or "",
                "author": author.name if author else "",
                "text": post.text or "",
                "source": post.source or "",
                "licence": post.licence or "",
                "url": post.url or "",
            }
        table.append(row)
    return table


def as_csv(table: Sequence[Mapping[str, object]]) -> bytes:
    """Write rows as CSV that spreadsheets open as UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    writer.writerows({k: harmless(v) for k, v in row.items()} for row in table)
    return buffer.getvalue().encode("utf-8-sig")


def as_json(table: Sequence[Mapping[str, object]], query: str) -> bytes:
    """Write rows as JSON, with their query."""
    return json.dumps({"query": query, "hits": table}, ensure_ascii=False, indent=2).encode()


def _file(hits: Sequence[Hit], query: str, corpus: str | None, form: str) -> bytes:
    ws = workspace()
    ids = [h.id for h in hits if h.kind not in (Kind.USER, Kind.WORD)]
    posts = ws.posts(ids, corpus) if ids else {}
    user_ids = {h.id for h in hits if h.kind is Kind.USER}
    user_ids |= {p.user for p in posts.values() if p.user}
    table = rows(hits, posts, ws.users(sorted(user_ids), corpus) if user_ids else {})
    return as_csv(table) if form == "csv" else as_json(table, query)


def show_export(hits: Sequence[Hit], kind: Kind, query: str) -> None:
    """Offer the hits as files, written only when downloaded."""
    # The corpus is read here: the address is not known when the files are written.
    write = partial(_file, list(hits), query, corpus())
    with st.popover("Export", icon=":material/download:"):
        st.caption("Ranks, scores, ids, names, authors, sources and licences of the results shown.")
        show_downloads(write, f"kindred-{KIND_NAMES[kind][1]}", ("csv", "json"), key="export")
