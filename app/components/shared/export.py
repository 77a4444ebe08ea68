"""Hits as files for download, with names, authors and licences."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from app.common.palette import KIND_NAMES
from app.components.shared.actions import show_downloads
from app.data.session import corpus, workspace
from backend.domain import Affect, Hit, Kind, Post, User
from backend.selections.export import harmless

COLUMNS = (
    "rank", "kind", "id", "name", "author", "text", "written", "said", "score", "percentile",
    "relevance", "found_by", "emotion", "sentiment", "time", "language", "tags", "image", "audio",
    "source", "licence", "url",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of hits, by id: posts, authors and users, predictions, words that were read."""

    posts: Mapping[str, Post] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    affects: Mapping[str, Affect] = field(default_factory=dict)
    read: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def rows(hits: Sequence[Hit], known: Known) -> list[dict[str, object]]:
    """Return one row for each hit: the keys of `COLUMNS`, then every label of the posts."""
    labels = sorted({name for post in known.posts.values() for name in post.labels} - {*COLUMNS})
    table: list[dict[str, object]] = []
    for hit in hits:
        row: dict[str, object] = dict.fromkeys((*COLUMNS, *labels), "")
        row |= {"rank": hit.rank, "kind": hit.kind.value, "id": hit.id, "name": hit.id}
        row |= {"score": round(hit.score, 6), "percentile": round(hit.percentile, 3)}
        row |= {"relevance": hit.relevance, "found_by": ", ".join(hit.parts)}
        if hit.kind is Kind.USER and hit.id in known.users:
            user = known.users[hit.id]
            row |= {"name": user.name, "source": user.source or ""}
        elif hit.kind not in (Kind.USER, Kind.WORD) and hit.id in known.posts:
            row |= _of_post(known.posts[hit.id], known)
            row |= {n: v for n, v in known.posts[hit.id].labels.items() if n in labels}
        table.append(row)
    return table


def _of_post(post: Post, known: Known) -> dict[str, object]:
    author, affect = known.users.get(post.user or ""), known.affects.get(post.id)
    return {
        "name": post.title or "",
        "author": author.name if author else "",
        "text": post.text or "",
        **known.read.get(post.id, {}),
        "emotion": affect.top if affect else "",
        "sentiment": affect.sentiment.label if affect else "",
        "time": post.time.isoformat() if post.time else "",
        "language": post.language or "",
        "tags": ", ".join(post.tags),
        "image": post.image or "",
        "audio": post.audio or "",
        "source": post.source or "",
        "licence": post.licence or "",
        "url": post.url or "",
    }


def _columns(table: Sequence[Mapping[str, object]]) -> list[str]:
    return list(table[0]) if table else list(COLUMNS)


def as_csv(table: Sequence[Mapping[str, object]]) -> bytes:
    """Write rows as CSV that spreadsheets open as UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([harmless(name) for name in _columns(table)])
    writer.writerows([harmless(cell) for cell in row.values()] for row in table)
    return buffer.getvalue().encode("utf-8-sig")


def as_json(table: Sequence[Mapping[str, object]], query: str) -> bytes:
    """Write rows as JSON, with their query."""
    return json.dumps({"query": query, "hits": table}, ensure_ascii=False, indent=2).encode()


def as_parquet(table: Sequence[Mapping[str, object]]) -> bytes:
    """Write rows as Parquet; texts are texts, numbers numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: [row[name] for row in table] for name in _columns(table)}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue().to_pybytes())


def _file(find: Callable[[], Sequence[Hit]], query: str, corpus: str | None, form: str) -> bytes:
    hits = find()
    table = rows(hits, _known(hits, corpus))
    if form == "json":
        return as_json(table, query)
    return as_csv(table) if form == "csv" else as_parquet(table)


def _known(hits: Sequence[Hit], corpus: str | None) -> Known:
    ws = workspace()
    ids = [h.id for h in hits if h.kind not in (Kind.USER, Kind.WORD)]
    posts = ws.posts(ids, corpus) if ids else {}
    user_ids = {h.id for h in hits if h.kind is Kind.USER}
    user_ids |= {p.user for p in posts.values() if p.user}
    users = ws.users(sorted(user_ids), corpus) if user_ids else {}
    if not ids:
        return Known(posts, users)
    read = ws.corpus(corpus).table(["id", "written", "said"], ids=ids).to_pylist()
    words = {row.pop("id"): {name: text or "" for name, text in row.items()} for row in read}
    return Known(posts, users, ws.predictions(ids, corpus), words)


def show_export(
    find: Callable[[], Sequence[Hit]], kind: Kind, query: str, *, best: int | None = None
) -> None:
    """Offer all hits that `find` finds as files, written only when downloaded.

    `best` is their number where there are more results.
    """
    # The corpus is read here: the address is not known when the files are written.
    write = partial(_file, find, query, corpus())
    with st.popover("Export", icon=":material/download:"):
        which = f"The best {best:,} results" if best else "All results, best first"
        st.caption(f"{which}, with everything that is known of them.")
        show_downloads(
            write, f"kindred-{KIND_NAMES[kind][1]}", ("csv", "json", "parquet"), key="export"
        )
